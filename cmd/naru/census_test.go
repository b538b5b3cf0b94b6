package main

import (
	"log/slog"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/flow/ledger"
	"naru/flow/provision"
)

func TestIntervalsAreForAllAndForSingleProviders(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text     string
		all, own time.Duration
		refused  bool
	}{
		"one for all":                 {"6h", 6 * time.Hour, 6 * time.Hour, false},
		"another for one":             {"6h, prv_1=30m", 6 * time.Hour, 30 * time.Minute, false},
		"none for one":                {"6h,prv_1=0", 6 * time.Hour, 0, false},
		"none at all":                 {"0", 0, 0, false},
		"a number without a unit":     {"6", 0, 0, true},
		"less than nothing":           {"-1h", 0, 0, true},
		"none for the others":         {"prv_1=1h", 0, 0, true},
		"two for all":                 {"1h,2h", 0, 0, true},
		"nothing where one is wanted": {"", 0, 0, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := parseIntervals("census_every", tt.text)
			if tt.refused {
				if naru.KindOf(err) != naru.Invalid {
					t.Errorf("%q: %v", tt.text, err)
				}
				return
			}
			if err != nil || v.of("prv_2") != tt.all || v.of("prv_1") != tt.own {
				t.Errorf("%q: %+v, %v", tt.text, v, err)
			}
		})
	}
}

// Every provider is counted once in its interval, also after a restart; and what runs is
// checked again once a day.
func TestTheScheduleCountsAndChecksOnce(t *testing.T) {
	t.Parallel()
	cfg := config{Dir: t.TempDir(), Origin: "naru.test/record", Loopback: true, Census: "6h"}
	begin := func() *system {
		t.Helper()
		s, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	entries := func(s *system, name string) (n int) {
		t.Helper()
		list, err := op.Do(t.Context(), s.runner, s.asNaru("test"), s.steps.Ledger.Entries, ledger.EntriesIn{Limit: naru.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list.Rows {
			if e.Op == name {
				n++
			}
		}
		return n
	}
	s := begin()
	p, err := op.Do(t.Context(), s.runner, s.asNaru("test"), catalog.Register, catalog.RegisterIn{
		Name: naru.Text{Ko: "꺼진 공급자"}, Venue: policy.Private, BrokerURL: "http://127.0.0.1:1", BrokerUser: "u", BrokerPassword: naru.NewSecret("p"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := s.count(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.recheck(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.runner.Drain(t.Context(), s.work(), 100); err != nil {
		t.Fatal(err)
	}
	list, err := op.Do(t.Context(), s.runner, s.asNaru("test"), s.steps.Provision.Censuses, provision.CensusesIn{Provider: p.ID})
	if err != nil || len(list.Rows) != 1 || list.Rows[0].Fault.Key == "" {
		t.Errorf("censuses of a provider that is down: %+v, %v", list.Rows, err)
	}
	if n := entries(s, "provision.recheck"); n != 1 {
		t.Errorf("asked for %d re-checks", n)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s = begin()
	if err := s.count(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := entries(s, "provision.census"); n != 1 {
		t.Errorf("asked for %d censuses over a restart", n)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}
