package admission_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/broker/kit"
	"naru/flow/admission"
	"naru/flow/catalog"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/link/provider"
	"naru/store"
)

var (
	operator = naru.Actor{User: "op", Role: "operator"}
	officer  = naru.Actor{User: "off", Role: "officer", Institution: "inst_1"}
	ministry = naru.Actor{User: "min", Role: "ministry"}
)

func seller(p catalog.ProviderID) naru.Actor {
	return naru.Actor{User: "seller", Role: "provider", Provider: string(p)}
}

// bed is a database with one registered broker.
type bed struct {
	*op.Runner
	t  *testing.T
	of catalog.ProviderID
}

func do[S, In, Out any](b *bed, a naru.Actor, o op.Op[S, In, Out], in In) Out {
	b.t.Helper()
	out, err := try(b, a, o, in)
	if err != nil {
		b.t.Fatalf("%s: %v", o.Info().Name, err)
	}
	return out
}

func try[S, In, Out any](b *bed, a naru.Actor, o op.Op[S, In, Out], in In) (Out, error) {
	return op.Do(b.t.Context(), b.Runner, b.CallFor(a), o, in)
}

func newBed(t *testing.T, db *store.DB, url, user, password string) *bed {
	t.Helper()
	b := &bed{Runner: testdb.Runner(db), t: t}
	p := do(b, operator, catalog.Register, catalog.RegisterIn{
		Name: naru.Text{Ko: "시험 센터", En: "Trial Centre"}, Venue: policy.Government, BrokerURL: url, BrokerUser: user, BrokerPassword: naru.NewSecret(password),
	})
	b.of = p.ID
	return b
}

// run lets the tasks there are do their work.
func (b *bed) run() {
	b.t.Helper()
	link := provider.New(provider.Config{Loopback: true, Timeout: 5 * time.Second})
	b.t.Cleanup(link.Close)
	work := op.Work{Handlers: []op.Handler{catalog.SyncHandler(link), admission.Handler(provider.Bench{Link: link, Now: func() time.Time { return testdb.Noon }})}}
	if err := b.Drain(b.t.Context(), work, 20); err != nil {
		b.t.Fatal(err)
	}
}

// sold gives a provider a catalogue and then a broker that is not there.
func (b *bed) sold() {
	b.t.Helper()
	l := catalog.Listing{Services: []catalog.ServiceOffer{{
		OSBID: "s1", Slug: "files", Name: naru.Text{Ko: "파일"}, Bindable: true,
		Plans: []catalog.PlanOffer{{OSBID: "p1", Slug: "small", Name: naru.Text{Ko: "소형"}}, {OSBID: "p2", Slug: "big", Name: naru.Text{Ko: "대형"}}},
	}}}
	in := catalog.RegisterIn{ID: b.of, Name: naru.Text{Ko: "시험 센터", En: "Trial Centre"}, Venue: policy.Government}
	do(b, operator, catalog.Register, in)
	do(b, operator, catalog.Load, catalog.LoadIn{Provider: b.of, Listing: l})
	in.BrokerURL, in.BrokerUser, in.BrokerPassword = "http://127.0.0.1:1/", "u", naru.NewSecret("p")
	do(b, operator, catalog.Register, in)
}

func refused(t *testing.T, err error, kind naru.Kind, key string) {
	t.Helper()
	var e *naru.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Message.Key != key {
		t.Errorf("got %v, want %s %s", err, kind, key)
	}
}

func TestARunOverAReferenceBrokerStandsOnItsCard(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		broker := testbroker.Serve(t, testbroker.Folders, kit.Config{SiteName: "trial", Venue: "government"})
		b := newBed(t, db, broker.URL, broker.Config.User, broker.Config.Password.Reveal())
		do(b, operator, catalog.Sync, catalog.ProviderIn{ID: b.of})
		b.run()
		before := do(b, officer, catalog.GetProvider, catalog.ProviderIn{ID: b.of})
		if before.Admission.Source != catalog.NotTested {
			t.Errorf("before any run: %+v", before.Admission)
		}
		in := admission.ProviderIn{Provider: b.of}
		planned := do(b, seller(b.of), admission.Preview, in)
		if len(planned.Plans) == 0 || planned.UnderWay != "" {
			t.Errorf("the preview: %+v", planned)
		}
		asked := do(b, ministry, admission.Ask, in)
		_, err := try(b, seller(b.of), admission.Ask, in)
		refused(t, err, naru.Conflict, "admission.under_way")
		b.run()
		full := do(b, seller(b.of), admission.Get, admission.RunIn{ID: asked.ID})
		if full.State != admission.Done || full.Report == nil || full.Report.Interrupted || full.Score.Must.Applicable < 20 {
			t.Fatalf("the run: %+v", full.Run)
		}
		for _, f := range full.Report.Failures(admission.Must) {
			t.Logf("failed: %s %s %v", f.ID, f.Plan, f.Why)
		}
		if len(full.Report.Results) < full.Score.Must.Applicable || len(full.Report.Leftovers) > 0 {
			t.Errorf("%d results, left over %v", len(full.Report.Results), full.Report.Leftovers)
		}
		b.shownPlainly(asked.ID, full)
	})
}

// shownPlainly wants the score where people and programs look, and the exchanges nowhere
// but with who may see them.
func (b *bed) shownPlainly(id admission.RunID, full admission.Full) {
	b.t.Helper()
	card := do(b, officer, catalog.GetProvider, catalog.ProviderIn{ID: b.of}).Admission
	if card != full.Score || card.Source != catalog.Tested || card.On != naru.DateOf(testdb.Noon) || card.Suite == "" {
		b.t.Errorf("the card says %+v, the run %+v", card, full.Score)
	}
	rows := do(b, officer, catalog.ListServices, catalog.ListServicesIn{}).Rows
	if offer := do(b, officer, catalog.GetService, catalog.ServiceIn{ID: rows[0].ID}); rows[0].Admission != card || offer.Admission != card {
		b.t.Errorf("the catalogue says %+v and %+v", rows[0].Admission, offer.Admission)
	}
	part := do(b, officer, admission.Get, admission.RunIn{ID: id})
	for _, r := range part.Report.Results {
		if r.Level != admission.Must || r.Outcome != admission.Fail || len(r.Exchanges) > 0 {
			b.t.Errorf("an officer sees %+v", r)
		}
	}
	_, err := try(b, seller("prv_other"), admission.Get, admission.RunIn{ID: id})
	refused(b.t, err, naru.NotFound, "not_found")
	if list := do(b, seller("prv_other"), admission.List, admission.RunsIn{}); len(list.Rows) > 0 {
		b.t.Errorf("another provider lists %+v", list.Rows)
	}
}

func TestABrokerThatDoesNotAnswerAndARunCutOffSayWhatToDo(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db, "http://127.0.0.1:1/", "u", "p")
		in := admission.ProviderIn{Provider: b.of}
		_, err := try(b, operator, admission.Ask, in)
		refused(t, err, naru.Conflict, "admission.nothing_to_try")
		b.sold()
		asked := do(b, operator, admission.Ask, in)
		b.keepsToItsLane(db, asked)
		b.run()
		if r := do(b, operator, admission.Get, admission.RunIn{ID: asked.ID}); r.State != admission.Failed || r.Fault.Key != "admission.unreachable" || r.Report != nil {
			t.Errorf("a broker that does not answer: %+v", r)
		}
		cut := do(b, operator, admission.Ask, in)
		b.cutOff(db, cut)
		b.run()
		if r := do(b, operator, admission.Get, admission.RunIn{ID: cut.ID}); r.State != admission.Failed || r.Fault.Key != "admission.cut_off" {
			t.Errorf("a run that was cut off: %+v", r)
		}
		if card := do(b, officer, catalog.GetProvider, catalog.ProviderIn{ID: b.of}).Admission; card.Source != catalog.NotTested {
			t.Errorf("the card says %+v", card)
		}
	})
}

// keepsToItsLane wants a run, which may take many minutes, among the calls of its own
// provider: nothing else waits for it.
func (b *bed) keepsToItsLane(db *store.DB, r admission.Run) {
	b.t.Helper()
	err := db.Read(b.t.Context(), func(ctx context.Context, tx any) error {
		rows, err := tx.(*store.Tx).Tasks(ctx, 10)
		for _, row := range rows {
			if row.Subject == string(r.ID) && row.Lane != string(r.Provider) {
				b.t.Errorf("a run over %s waits in lane %q", r.Provider, row.Lane)
			}
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// cutOff stores a run as a process leaves it that dies while the suite runs.
func (b *bed) cutOff(db *store.DB, full admission.Run) {
	b.t.Helper()
	full.State, full.StartedAt = admission.Running, testdb.Noon
	err := db.Write(b.t.Context(), func(ctx context.Context, tx op.Tx) error {
		return tx.(*store.Tx).PutAdmission(ctx, full, nil)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// report is a report of a provider's own.
func report(change func(map[string]any)) string {
	r := map[string]any{
		"suite": "1.0.0", "specification": "2.17", "url": "http://user:secret@localhost", "started_at": "2026-03-01T00:00:00Z", "ended_at": "2026-03-01T00:10:00Z",
		"must": map[string]int{"passed": 99, "applicable": 99},
		"results": []map[string]any{
			{"id": "auth.required", "section": "Authentication", "level": "MUST", "outcome": "pass", "exchanges": []map[string]any{{"method": "GET", "path": "/", "sent": "hunter2"}}},
			{"id": "catalog.ids", "section": "Catalog", "level": "MUST", "outcome": "fail"},
			{"id": "error.object", "section": "Errors", "level": "SHOULD", "outcome": "pass"},
			{"id": "version.missing", "section": "Version", "level": "MAY", "outcome": "fail"},
			{"id": "bind.rotate", "section": "Binding", "level": "MUST", "outcome": "skip"},
		},
	}
	if change != nil {
		change(r)
	}
	text, _ := json.Marshal(r) // a map of plain values always marshals
	return string(text)
}

func TestAReportHandedInIsCalledSoAndGivesWayToATest(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db, "http://127.0.0.1:1/", "u", "p")
		b.sold()
		given := do(b, seller(b.of), admission.HandIn, admission.HandInIn{Provider: b.of, Report: report(nil)})
		want := catalog.Score{
			Source: catalog.SelfReported, Run: string(given.ID), On: "2026-03-01", Suite: "1.0.0",
			Must: catalog.Tally{Passed: 1, Applicable: 2}, Should: catalog.Tally{Passed: 1, Applicable: 1},
		}
		card := do(b, officer, catalog.GetProvider, catalog.ProviderIn{ID: b.of}).Admission
		if card != want {
			t.Errorf("the card says %+v, want %+v", card, want)
		}
		full := do(b, seller(b.of), admission.Get, admission.RunIn{ID: given.ID})
		if text, _ := json.Marshal(full); strings.Contains(string(text), "hunter2") || strings.Contains(string(text), "secret@") {
			t.Error("what went over the wire was kept unmasked")
		}
		tested := want
		tested.Source, tested.On = catalog.Tested, "2026-02-01"
		err := db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error { return tx.(*store.Tx).PutScore(ctx, b.of, tested) })
		if err != nil {
			t.Fatal(err)
		}
		do(b, seller(b.of), admission.HandIn, admission.HandInIn{Provider: b.of, Report: report(nil)})
		if card := do(b, officer, catalog.GetProvider, catalog.ProviderIn{ID: b.of}).Admission; card != tested {
			t.Errorf("a newer report took the place of a test: %+v", card)
		}
	})
}

func TestBadReportsAreRefused(t *testing.T) {
	t.Parallel()
	put := func(field string, v any) string { return report(func(r map[string]any) { r[field] = v }) }
	results := make([]map[string]any, 2001)
	for i := range results {
		results[i] = map[string]any{"id": fmt.Sprint(i), "level": "MUST", "outcome": "pass"}
	}
	tests := map[string]string{
		"no JSON":                "not a report",
		"nothing":                "",
		"another shape":          `[1,2]`,
		"no suite":               put("suite", ""),
		"no results":             put("results", []int{}),
		"too many results":       put("results", results),
		"an unknown level":       put("results", []map[string]any{{"id": "a", "level": "WILL", "outcome": "pass"}}),
		"an unknown outcome":     put("results", []map[string]any{{"id": "a", "level": "MUST", "outcome": "fine"}}),
		"a day to come":          put("ended_at", "2027-01-01T00:00:00Z"),
		"an end before it began": put("ended_at", "2026-02-28T00:00:00Z"),
		"no end":                 put("ended_at", "0001-01-01T00:00:00Z"),
		"a word too long":        put("suite", strings.Repeat("x", 300)),
	}
	b := newBed(t, testdb.SQLite(t), "http://127.0.0.1:1/", "u", "p")
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := try(b, seller(b.of), admission.HandIn, admission.HandInIn{Provider: b.of, Report: text})
			refused(t, err, naru.Invalid, "admission.bad_report")
		})
	}
	_, err := try(b, seller(b.of), admission.HandIn, admission.HandInIn{Provider: b.of, Report: strings.Repeat(" ", 5<<20)})
	refused(t, err, naru.Invalid, "admission.report_too_large")
	_, err = try(b, seller("prv_other"), admission.HandIn, admission.HandInIn{Provider: b.of, Report: report(nil)})
	refused(t, err, naru.NotFound, "not_found")
	_, err = try(b, officer, admission.HandIn, admission.HandInIn{Provider: b.of, Report: report(nil)})
	refused(t, err, naru.Denied, "identity.no_permission")
	bare := do(b, operator, catalog.Register, catalog.RegisterIn{Name: naru.Text{Ko: "브로커 없는 곳"}, Venue: policy.Private})
	_, err = try(b, operator, admission.Ask, admission.ProviderIn{Provider: bare.ID})
	refused(t, err, naru.Conflict, "admission.no_broker")
}
