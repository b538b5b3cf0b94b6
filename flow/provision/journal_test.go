package provision_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"naru"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
)

// calls is the journal of an instance, the oldest first.
func calls(r *testroad.Road, id provision.InstanceID) []provision.BrokerCall {
	r.T.Helper()
	list := testroad.Do(r, testroad.Operator(), r.Ops.Calls, provision.CallsIn{CallFilter: provision.CallFilter{Instance: id}}).Rows
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

func TestTheJournalHasEveryCallThatChangesSomething(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := create(r, "sync")
		before := calls(r, i.ID)
		if len(before) != 1 || before[0].State != provision.CallIntended || before[0].Digest == "" || !before[0].SentAt.IsZero() {
			t.Fatalf("before any task: %+v", before)
		}
		until(r, i.ID, provision.Ready)
		r.Advance(time.Second)
		b := testroad.Do(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: i.ID})
		r.Drain()
		r.Advance(time.Second)
		testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: i.ID}, Unbind: true})
		until(r, i.ID, provision.Deleted)
		got := calls(r, i.ID)
		want := map[string]int{"put": 201, "put " + string(b.ID): 201, "delete " + string(b.ID): 200, "delete": 200}
		if len(got) != len(want) {
			t.Fatalf("journal: %+v", got)
		}
		for _, k := range got {
			if status := want[strings.TrimSpace(string(k.Step)+" "+string(k.Binding))]; k.Status != status {
				t.Errorf("call: %+v, want status %d", k, status)
			}
			if k.State != provision.CallSettled || k.Code != provision.CodeDone || k.SettledAt.IsZero() || k.Provider != r.Provider || k.Institution != r.A {
				t.Errorf("call is not settled: %+v", k)
			}
		}
		if got[0].ID == before[0].ID || got[0].SentAt.IsZero() || got[0].IntendedAt != before[0].IntendedAt {
			t.Errorf("the intended call became %+v", got[0])
		}
		stranger := testroad.Do(r, r.Officer(r.B), r.Ops.Calls, provision.CallsIn{})
		if len(stranger.Rows) != 0 {
			t.Errorf("a stranger sees %+v", stranger.Rows)
		}
		mine := naru.Actor{User: "seller", Role: "provider", Provider: string(r.Provider)}
		if own := testroad.Do(r, mine, r.Ops.Calls, provision.CallsIn{Page: naru.Page{Limit: 3}}); len(own.Rows) != 3 || own.Next == "" {
			t.Errorf("the provider's page: %d rows, %q", len(own.Rows), own.Next)
		}
	})
}

func TestACallTheBrokerWorksOnIsKnown(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	let := testbroker.Shut(t, r.Broker)
	i := create(r, "async")
	r.Drain()
	if k := calls(r, i.ID); len(k) != 1 || k[0].State != provision.CallKnown || k[0].Code != "" || k[0].Status != 202 {
		t.Fatalf("while the broker works on it: %+v", k)
	}
	let()
	until(r, i.ID, provision.Ready)
	if k := calls(r, i.ID); len(k) != 1 || k[0].State != provision.CallSettled || k[0].Code != provision.CodeDone {
		t.Errorf("once it is done: %+v", k)
	}
	failing := create(r, "async")
	r.Front.Set(testbroker.FailedOperation)
	r.Drain()
	r.Advance(time.Minute)
	r.Drain()
	k := calls(r, failing.ID)[0]
	if k.State != provision.CallSettled || k.Code != provision.CodeFailed || k.BrokerWords != "it did not work" {
		t.Errorf("an operation that failed: %+v", k)
	}
}

func TestTheBrokersOwnAnswerStandsBesideNarusCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		mode   testbroker.Mode
		state  provision.CallState
		code   provision.Code
		status int
		words  string
	}{
		{"500 is unknown", testbroker.Error500, provision.CallUnknown, provision.CodeUnknown, 500, "the broker fell over"},
		{"a lost answer is unknown", testbroker.Drop, provision.CallUnknown, provision.CodeUnknown, 0, ""},
		{"an empty 200 is invalid", testbroker.Empty200, provision.CallUnknown, provision.CodeInvalid, 200, ""},
		{"half a 201 is unknown", testbroker.Malformed201, provision.CallUnknown, provision.CodeUnknown, 201, ""},
		{"410 is rejected", testbroker.Gone410, provision.CallSettled, provision.CodeRejected, 410, ""},
		{"busy is rejected", testbroker.Busy, provision.CallSettled, provision.CodeRejected, 422, "busy"},
		{"down is not sent or lost", testbroker.Down, provision.CallUnknown, provision.CodeUnknown, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := testroad.New(t, testdb.SQLite(t))
			r.Front.Set(tt.mode)
			i := create(r, "sync")
			r.Drain()
			list := calls(r, i.ID)
			k := list[slices.IndexFunc(list, func(k provision.BrokerCall) bool { return k.Step == provision.Put })]
			if k.State != tt.state || k.Code != tt.code || k.Status != tt.status || k.BrokerWords != tt.words {
				t.Fatalf("call: %+v", k)
			}
			if tt.mode == testbroker.Busy && k.BrokerCode != "ConcurrencyError" {
				t.Errorf("the broker's own code: %q", k.BrokerCode)
			}
			r.Front.Set(testbroker.Pass)
			for range 50 {
				r.Drain()
				r.Advance(time.Minute)
			}
			for _, k := range calls(r, i.ID) {
				if k.State != provision.CallSettled || k.SettledAt.IsZero() {
					t.Errorf("in the end: %+v", k)
				}
			}
		})
	}
}

func TestAKilledCallIsUnknownAndSettledInTheEnd(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := create(r, "sync")
		killed(r, i.ID, afterCall)
		if k := calls(r, i.ID); len(k) != 1 || k[0].State != provision.CallSent {
			t.Fatalf("after the kill: %+v", k)
		}
		r.Restart()
		r.Advance(3 * time.Minute)
		r.Front.Set(testbroker.Busy)
		r.Drain()
		if k := calls(r, i.ID); len(k) != 2 || k[0].State != provision.CallUnknown || k[0].Code != provision.CodeUnknown {
			t.Fatalf("after the restart: %+v", k)
		}
		r.Front.Set(testbroker.Pass)
		until(r, i.ID, provision.Ready)
		for _, k := range calls(r, i.ID) {
			if k.State != provision.CallSettled {
				t.Errorf("not settled: %+v", k)
			}
		}
	})
}

func TestAWishTakenBackBeforeItLeftWasNotSent(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	i := create(r, "sync")
	testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: i.ID}})
	if k := calls(r, i.ID); len(k) != 1 || k[0].State != provision.CallSettled || k[0].Code != provision.CodeNotSent {
		t.Errorf("journal: %+v", k)
	}
}

// marker is in every secret that a broker of this test gives or gets.
const marker = "Zq7-marker-Zq7"

// A broker that repeats in its errors what it was sent, password and parameters, and gives
// credentials: neither stands anywhere in the clear, nor does the body of a binding.
func TestSecretsStandNowhereInTheClear(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "naru.db")
	db, err := store.Open(t.Context(), file, testdb.Sealer(t))
	if err != nil {
		t.Fatal(err)
	}
	r := testroad.New(t, db)
	i := create(r, "sync")
	until(r, i.ID, provision.Ready)
	bad := true
	talker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		_, password, _ := q.BasicAuth()
		switch {
		case bad:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"Bad`+password+`","description":"cannot bind with `+password+` and `+strings.ReplaceAll(string(body), `"`, `'`)+`"}`)
		case q.Method == http.MethodPut:
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"credentials":{"password":"`+marker+`"}}`)
		default:
			_, _ = io.WriteString(w, `{"credentials":{"password":"`+marker+`"}}`)
		}
	}))
	t.Cleanup(talker.Close)
	redirect(r, talker.URL, marker)
	refused := testroad.Do(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: i.ID})
	r.Drain()
	b := testroad.Do(r, testroad.Operator(), r.Ops.Binding, provision.BindingRef{ID: refused.ID})
	if b.State != provision.Failed || strings.Contains(b.Fault.Args["why"], marker) {
		t.Errorf("the refused binding: %+v", b.Work)
	}
	bad = false
	made := testroad.Do(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: i.ID})
	r.Drain()
	testroad.Do(r, r.Officer(r.A), r.Ops.Inspect, provision.InspectIn{Instance: i.ID, Binding: made.ID})
	r.Drain()
	seen := testroad.Do(r, r.Officer(r.A), r.Ops.Inspections, provision.InspectionsIn{Instance: i.ID}).Rows
	if len(seen) != 1 || seen[0].Found != provision.FoundThere {
		t.Errorf("looked: %+v", seen)
	}
	if shown := testroad.Do(r, r.Officer(r.A), r.Ops.Credentials, provision.BindingRef{ID: made.ID}); !strings.Contains(string(shown.Credentials), marker) {
		t.Error("the credentials are lost")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(file + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if at := bytes.Index(raw, []byte(marker)); at >= 0 {
			t.Errorf("%s holds a secret: %q", filepath.Base(f), raw[max(0, at-200):min(len(raw), at+60)])
		}
	}
}
