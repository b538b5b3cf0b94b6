package conformance_test

import (
	"strings"
	"testing"
	"time"

	"naru/broker/kit"
	"naru/internal/testbroker"
	"naru/wire/osb"
	"naru/wire/osb/conformance"
)

// judge runs the suite against a broker that is close and quick.
func judge(t *testing.T, url, user string, password osb.Secret, change ...func(*conformance.Options)) *conformance.Report {
	t.Helper()
	report, err := conformance.Run(t.Context(), options(url, user, password, change...))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func options(url, user string, password osb.Secret, change ...func(*conformance.Options)) conformance.Options {
	o := conformance.Options{
		URL: url, User: user, Password: password, Now: time.Now, Seed: "t", PollEvery: 5 * time.Millisecond,
		Timeout: 20 * time.Second, Patience: 30 * time.Second,
	}
	for _, f := range change {
		f(&o)
	}
	return o
}

// failures lists what failed of a level, with the last exchange.
func failures(r *conformance.Report, level conformance.Level) string {
	var b strings.Builder
	for _, f := range r.Failures(level) {
		b.WriteString("\n" + f.ID + " [" + f.Plan + "]")
		if f.Why != nil {
			b.WriteString(" " + f.Why.Key)
			for name, value := range f.Why.Args {
				b.WriteString(" " + name + "=" + value)
			}
		}
		for _, x := range f.Exchanges {
			b.WriteString("\n    " + x.Method + " " + x.Path + " " + x.Sent + " -> " + x.Seen + x.Fault)
		}
	}
	return b.String()
}

func TestTheFoldersBrokerIsConformant(t *testing.T) {
	t.Parallel()
	b := testbroker.Serve(t, testbroker.Folders, kit.Config{})
	r := judge(t, b.URL, b.Config.User, b.Config.Password)
	if !r.Conformant() || len(r.Leftovers) != 0 {
		t.Errorf("MUST %+v SHOULD %+v, left %+v%s", r.Must, r.Should, r.Leftovers, failures(r, conformance.Must))
	}
	if bad := failures(r, conformance.Should); bad != "" {
		t.Errorf("SHOULD:%s", bad)
	}
	held, err := b.Client.ListInstances(t.Context(), osb.ListRequest{})
	if err != nil || len(held.Instances) != 0 {
		t.Errorf("the suite left %+v, %v", held, err)
	}
	for _, x := range r.Results {
		if x.Outcome == conformance.Skipped {
			t.Logf("skip %s %s %v", x.ID, x.Plan, x.Why)
		}
	}
	t.Logf("%d requests in %v", r.Requests, r.EndedAt.Sub(r.StartedAt))
}
