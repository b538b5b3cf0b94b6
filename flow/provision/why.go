package provision

import (
	"time"

	"naru"
	"naru/flow/contract"
)

// The grounds a census cites: what naru's ledger says, with its day, against what the
// provider says. A kind alone leaves the reader to guess which side said what.

// whyHere cites the day since which naru knows the state that the provider contradicts.
func whyHere(kind FindingKind, since time.Time) naru.Message {
	return naru.Msg("provision.why."+string(kind), "since", string(naru.DateOf(since)))
}

// whyUnordered cites the order that does not cover what runs.
func whyUnordered(i *Instance, o contract.Order, today naru.Date) naru.Message {
	if o.State != contract.Approved {
		return naru.Msg("provision.order_not_approved", "object", string(i.Order))
	}
	return naru.Msg("provision.order_not_covering", "object", string(o.ID), "from", string(o.From), "to", string(o.To), "today", string(today))
}

// whyUnbilled cites how far usage is known, and since when none is told of this one.
func whyUnbilled(through, since time.Time) naru.Message {
	return naru.Msg("provision.why.running_not_billed", "through", string(naru.DateOf(through)), "since", string(naru.DateOf(since)))
}

// whyBilled cites the last day that usage was told of.
func whyBilled(to time.Time) naru.Message {
	return naru.Msg("provision.why.billed_not_running", "to", string(naru.DateOf(to)))
}

func whyForeign() naru.Message { return naru.Msg("provision.why.foreign") }
