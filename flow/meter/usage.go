package meter

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"naru"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/provision"
)

// Reading is a line as a broker tells it, not yet believed.
type Reading struct {
	Line     string    `json:"line"`
	Instance string    `json:"instance"`
	Meter    string    `json:"meter"`
	Unit     string    `json:"unit"`
	Quantity string    `json:"quantity"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
}

// digest names the content of a reading, so that a line that changed is known.
func (r Reading) digest() string {
	text := strings.Join([]string{
		r.Line, r.Instance, r.Meter, r.Unit, r.Quantity,
		r.From.UTC().Format(time.RFC3339Nano), r.To.UTC().Format(time.RFC3339Nano),
	}, "\n")
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Usage is an accepted line (사용량): so much of a meter by an instance from one instant to
// another. Month is the month it is charged in; that is the month it lies in unless late.
type Usage struct {
	Provider    catalog.ProviderID      `json:"provider"`
	Line        string                  `json:"line"`
	Instance    provision.InstanceID    `json:"instance"`
	Order       contract.OrderID        `json:"order"`
	Institution inventory.InstitutionID `json:"institution"`
	Meter       string                  `json:"meter"`
	Unit        string                  `json:"unit"`
	Quantity    naru.Decimal            `json:"quantity"`
	From        time.Time               `json:"from"`
	To          time.Time               `json:"to"`
	Month       naru.Month              `json:"month"`
	Late        bool                    `json:"late"`
	SeenAt      time.Time               `json:"seen_at"`
	Digest      string                  `json:"digest"` // of the reading
}

// Aside is a reading that was set aside (보류) with the reason, until a person dismisses it.
type Aside struct {
	Provider    catalog.ProviderID `json:"provider"`
	Line        string             `json:"line"`
	Digest      string             `json:"digest"`
	Month       naru.Month         `json:"month"`
	Reason      naru.Message       `json:"reason"`
	Reading     Reading            `json:"reading"`
	SeenAt      time.Time          `json:"seen_at"`
	DismissedBy string             `json:"dismissed_by,omitempty"`
	Why         string             `json:"why,omitempty"` // it was dismissed
}

// clockSkew is how far a broker's clock may differ from naru's.
const clockSkew = 5 * time.Minute

// life is what a reading is held against: the instance and whether it is known.
type life struct {
	instance provision.Instance
	terms    []provision.Term // that have ended
	known    bool
	now      time.Time
}

// order is the one a reading is charged to: that in force at the middle of the reading. A
// broker cuts its lines a little before naru hears that a plan changed; a line that lies
// wholly on one side is charged there in any case.
func (l life) order(r Reading) contract.OrderID {
	return provision.OrderAt(l.terms, l.instance.Order, r.From.Add(r.To.Sub(r.From)/2))
}

// accept turns a reading into usage, or says why not. The order of the checks is from
// what is wrong in itself to what does not fit.
func (l life) accept(p catalog.ProviderID, r Reading) (Usage, *naru.Message) {
	refuse := func(m naru.Message) (Usage, *naru.Message) { return Usage{}, &m }
	quantity, err := naru.ParseDecimal(r.Quantity)
	switch {
	case r.Meter == "" || r.Unit == "" || r.Instance == "" || r.From.IsZero() || r.To.IsZero():
		return refuse(naru.Msg("meter.incomplete"))
	case err != nil:
		return refuse(naru.Msg("meter.bad_quantity", "quantity", fmt.Sprintf("%.40s", r.Quantity)))
	case quantity.Sign() < 0:
		return refuse(naru.Msg("meter.negative", "quantity", quantity.String()))
	case r.To.Before(r.From):
		return refuse(naru.Msg("meter.backwards"))
	case !l.known || l.instance.Provider != p:
		return refuse(naru.Msg("meter.unknown_instance", "instance", fmt.Sprintf("%.60s", r.Instance)))
	case !l.covers(r):
		return refuse(naru.Msg("meter.outside_life", "instance", string(l.instance.ID)))
	}
	i := l.instance
	return Usage{
		Provider: p, Line: r.Line, Instance: i.ID, Order: l.order(r), Institution: i.Institution,
		Meter: r.Meter, Unit: r.Unit, Quantity: quantity, From: r.From.UTC().Truncate(time.Microsecond), To: r.To.UTC().Truncate(time.Microsecond),
		SeenAt: l.now, Digest: r.digest(),
	}, nil
}

// covers reports whether a reading lies in the time the instance can have been used.
func (l life) covers(r Reading) bool {
	end := l.instance.DeletedAt
	if end.IsZero() {
		end = l.now
	}
	return !r.From.Before(l.instance.CreatedAt.Add(-clockSkew)) && !r.To.After(end.Add(clockSkew))
}
