package provider

import (
	"context"
	"encoding/json"
	"time"

	"naru"
	"naru/flow/admission"
	"naru/wire/osb"
	"naru/wire/osb/conformance"
)

// Bench runs the suite of wire/osb/conformance over providers' brokers: it is the port of
// admission. The suite's requests go through the link's connections, so that they reach
// only addresses that every other call may reach.
type Bench struct {
	Link *Link
	// Now tells the time of the report.
	Now func() time.Time
}

// benchPatience bounds one asynchronous operation of a run.
const benchPatience = 5 * time.Minute

// Try implements admission.Bench.
func (b Bench) Try(ctx context.Context, t admission.Trial) admission.Verdict {
	if err := b.Link.checkURL(t.Provider.BrokerURL); err != nil {
		return admission.Verdict{Fault: naru.Msg("admission.unreachable")}
	}
	ctx, stop := context.WithTimeout(ctx, admission.Patience)
	defer stop()
	report, err := conformance.Run(ctx, conformance.Options{
		URL: t.Provider.BrokerURL, User: t.Provider.BrokerUser, Password: osb.Secret(t.Provider.BrokerPassword.Open()),
		Service: t.Service, Plans: t.Plans, Seed: string(t.Run), Now: b.Now, Transport: b.Link.transport,
		Timeout: b.Link.config.Timeout, Patience: benchPatience,
	})
	if err != nil {
		return admission.Verdict{Fault: naru.Msg("admission.unreachable")}
	}
	return verdict(report)
}

// verdict carries the report over by its public form, which the two types share.
func verdict(report *conformance.Report) admission.Verdict {
	text, err := json.Marshal(report)
	var v admission.Verdict
	if err == nil {
		err = json.Unmarshal(text, &v.Report)
	}
	if err != nil {
		v.Fault = naru.Msg("admission.bad_report")
	}
	return v
}
