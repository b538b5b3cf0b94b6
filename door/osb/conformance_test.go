package osb_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	door "naru/door/osb"
	"naru/internal/testdb"
	"naru/wire/osb/conformance"
)

// The suite that judges any broker judges naru's own northern face, with the real broker of the tests
// behind it.
func TestTheNorthernFaceIsConformant(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"answered at once": time.Second, "polled": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conformant(t, wait)
		})
	}
}

// conformant judges a door that waits so long for the provider's first answer.
func conformant(t *testing.T, wait time.Duration) {
	t.Helper()
	b := newBed(t, testdb.SQLite(t), time.Minute, func(c *door.Config) {
		c.AsyncWait, c.Report = wait, func(r *http.Request, err error) {
			if !errors.Is(err, context.Canceled) { // the suite goes away on purpose
				t.Errorf("%s %s: %v", r.Method, r.URL, err)
			}
		}
	})
	for _, slug := range []string{"sync", "bigger", "async"} {
		b.Order(slug, nil)
	}
	r, err := conformance.Run(t.Context(), conformance.Options{
		URL: b.url, User: "platform-a", Password: "secret", Now: time.Now, Seed: "t", PollEvery: 20 * time.Millisecond,
		Timeout: 30 * time.Second, Patience: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []conformance.Level{conformance.Must, conformance.Should} {
		for _, f := range r.Failures(level) {
			var seen strings.Builder
			for _, x := range f.Exchanges {
				seen.WriteString("\n    " + x.Method + " " + x.Path + " " + x.Sent + " -> " + x.Seen + x.Fault)
			}
			t.Errorf("%v %s [%s] %+v%s", level, f.ID, f.Plan, f.Why, seen.String())
		}
	}
	for _, x := range r.Results {
		if x.Outcome == conformance.Skipped {
			t.Logf("skip %s %s %v", x.ID, x.Plan, x.Why)
		}
	}
	if len(r.Leftovers) != 0 {
		t.Errorf("left: %+v", r.Leftovers)
	}
}
