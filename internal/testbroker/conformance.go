package testbroker

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"naru/wire/osb"
	"naru/wire/osb/conformance"
)

// Options are those of a run of the conformance suite against a broker that is close and quick.
func Options(url, user string, password osb.Secret, change ...func(*conformance.Options)) conformance.Options {
	o := conformance.Options{
		URL: url, User: user, Password: password, Now: time.Now, Seed: "t", PollEvery: 5 * time.Millisecond,
		Timeout: time.Minute, Patience: 2 * time.Minute,
	}
	for _, f := range change {
		f(&o)
	}
	return o
}

// Conformant runs the conformance suite and fails the test for every MUST that does not hold, and for what
// the suite could not remove.
func Conformant(t testing.TB, o conformance.Options) *conformance.Report {
	t.Helper()
	r, err := conformance.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Conformant() || len(r.Leftovers) > 0 {
		t.Errorf("MUST %d/%d, left %+v%s", r.Must.Passed, r.Must.Applicable, r.Leftovers, Failures(r, conformance.Must))
	}
	t.Logf("MUST %d/%d SHOULD %d/%d in %d requests%s", r.Must.Passed, r.Must.Applicable, r.Should.Passed, r.Should.Applicable,
		r.Requests, Failures(r, conformance.Should))
	return r
}

// Failures lists what failed of a level, with what was sent and seen.
func Failures(r *conformance.Report, level conformance.Level) string {
	var b strings.Builder
	for _, f := range r.Failures(level) {
		fmt.Fprintf(&b, "\n%s [%s]", f.ID, f.Plan)
		if f.Why != nil {
			fmt.Fprintf(&b, " %s %v", f.Why.Key, f.Why.Args)
		}
		for _, x := range f.Exchanges {
			fmt.Fprintf(&b, "\n    %s %s %s -> %d %s%s", x.Method, x.Path, x.Sent, x.Status, x.Seen, x.Fault)
		}
	}
	return b.String()
}
