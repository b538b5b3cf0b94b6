package campaign

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to look for secrets in PostgreSQL

	"naru"
	"naru/flow/catalog"
	"naru/flow/provision"
	"naru/internal/testnaru"
	"naru/wire/osb"
)

// prove compares what the platforms were told, what naru knows and what the broker holds.
func (h *house) prove(t *testing.T) {
	t.Helper()
	rows := h.settled(t)
	held := h.held(t)
	mine := map[string][]provision.InstanceOut{} // by the platform's id, the newest first
	known := map[string]provision.InstanceOut{}  // by naru's id, which is the broker's
	lives := map[string][]string{}
	for _, i := range rows {
		mine[i.PlatformID] = append(mine[i.PlatformID], i)
		known[string(i.ID)] = i
		if i.State.Live() {
			lives[string(i.Order)] = append(lives[string(i.Order)], string(i.ID))
		}
	}
	for order, ids := range lives {
		if len(ids) > 1 {
			h.history.fault(known[ids[0]].PlatformID, "order %s carries %d instances: %s", order, len(ids), ids)
		}
	}
	h.compare(known, held)
	for _, w := range h.workers {
		for _, s := range w.subjects {
			h.consistent(s, mine[s.id])
		}
	}
	h.creations(t, known)
	h.journal(t)
	h.census(t)
	h.Verify(t)
	h.secrets(t)
	h.report(t, mine)
}

// settled waits until nothing is under way, and returns everything naru knows.
func (h *house) settled(t *testing.T) []provision.InstanceOut {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); ; {
		rows, open := h.ledger(t)
		if len(open) == 0 {
			t.Logf("%s, %d instances; settled after %.0f s", h, len(rows), time.Since(began).Seconds())
			return rows
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			for _, i := range open {
				h.history.fault(i.PlatformID, "it does not settle: %s", describe(i))
			}
			return rows
		}
	}
}

// ledger reads everything that naru knows by its public door.
func (h *house) ledger(t *testing.T) (rows, open []provision.InstanceOut) {
	t.Helper()
	var page naru.Page
	for page.Limit = naru.MaxPage; ; {
		list := testnaru.Do[naru.List[provision.InstanceRow]](t, h.Naru, "provision.instances", provision.ListIn{Page: page})
		for _, row := range list.Rows {
			if !row.State.Settled() {
				open = append(open, provision.InstanceOut{InstanceRow: row})
			}
			rows = append(rows, provision.InstanceOut{InstanceRow: row})
		}
		if page.After = list.Next; list.Next == "" {
			break
		}
	}
	if len(open) > 0 {
		return rows, open
	}
	for n, row := range rows {
		rows[n] = testnaru.Do[provision.InstanceOut](t, h.Naru, "provision.instance", provision.InstanceRef{ID: row.ID})
		for _, b := range rows[n].Bindings {
			if !b.State.Settled() {
				open = append(open, rows[n])
			}
		}
	}
	return rows, open
}

// held is what the broker itself says.
func (h *house) held(t *testing.T) map[string]osb.InstanceSummary {
	t.Helper()
	list, err := h.broker.Client.ListInstances(t.Context(), osb.ListRequest{})
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]osb.InstanceSummary{}
	for _, i := range list.Instances {
		held[i.InstanceID] = i
	}
	return held
}

// compare wants the broker's list and naru's to be one, bindings included.
func (h *house) compare(known map[string]provision.InstanceOut, held map[string]osb.InstanceSummary) {
	for id, there := range held {
		i, ok := known[id]
		switch {
		case !ok:
			h.history.fault("", "the broker holds %s, which naru does not know", id)
		case i.State != provision.Ready:
			h.history.fault(i.PlatformID, "the broker holds it (%s), and naru says: %s", there.State, describe(i))
		}
	}
	for id, i := range known {
		there, ok := held[id]
		if i.State == provision.Ready && !ok {
			h.history.fault(i.PlatformID, "the broker does not hold it, and naru says: %s", describe(i))
			continue
		}
		if !ok {
			continue
		}
		if want := h.southern(i.Plan); there.PlanID != want {
			h.history.fault(i.PlatformID, "the broker holds plan %s, naru %s", there.PlanID, want)
		}
		var ready []string
		for _, b := range i.Bindings {
			if b.State == provision.Ready {
				ready = append(ready, string(b.ID))
			}
		}
		slices.Sort(ready)
		slices.Sort(there.BindingIDs)
		if !slices.Equal(ready, there.BindingIDs) {
			h.history.fault(i.PlatformID, "the broker holds the bindings %v, naru %v", there.BindingIDs, ready)
		}
	}
}

// consistent wants the end to be one that the platform's knowledge allows.
func (h *house) consistent(s *subject, rows []provision.InstanceOut) {
	live := 0
	var last provision.InstanceOut
	for _, i := range rows {
		if i.State.Live() {
			live++
			last = i
		}
	}
	if live > 1 {
		h.history.fault(s.id, "%d instances live under one id", live)
	}
	switch {
	case s.told == made && live == 0:
		h.history.fault(s.id, "the platform was told it is there, and it is not")
	case (s.told == gone || s.told == refused || s.told == leaving) && live > 0:
		h.history.fault(s.id, "the platform was told %q, and it lives: %s", s.told, describe(last))
	case s.told == promised && len(rows) == 0:
		h.history.fault(s.id, "the platform was told 202, and naru knows nothing")
	}
	if live != 1 || s.told != made {
		return
	}
	if s.plan != "" && string(last.Plan) != s.plan {
		h.history.fault(s.id, "the platform was told plan %s, and it has %s", s.plan, last.Plan)
	}
	for _, b := range s.bindings {
		n := slices.IndexFunc(last.Bindings, func(got provision.Binding) bool { return got.PlatformID == b.id && got.State == provision.Ready })
		switch {
		case b.told == made && n < 0:
			h.history.fault(s.id, "the platform was told that binding %s is there, and it is not", b.id)
		case (b.told == gone || b.told == refused || b.told == leaving) && n >= 0:
			h.history.fault(s.id, "the platform was told %q of binding %s, and it is there", b.told, b.id)
		}
	}
}

// creations counts what the broker really made: each id once, unless the broker itself was killed meanwhile.
func (h *house) creations(t *testing.T, known map[string]provision.InstanceOut) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(h.broker.Config.DataDir, "folders", "made"))
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for id := range strings.Lines(string(raw)) {
		times[strings.TrimSpace(id)]++
	}
	for id, n := range times {
		i, ok := known[id]
		if !ok {
			h.history.fault("", "the broker made %s, which naru does not know", id)
		}
		if n > 1+h.breakers {
			h.history.fault(i.PlatformID, "the broker made it %d times", n)
		}
	}
	t.Logf("%d creations at the broker; %d requests answered, %d cut off, %d found nobody", len(times), h.history.answered, h.history.cut, h.history.absent)
}

// southern is the broker's own id of a plan.
func (h *house) southern(id catalog.PlanID) string {
	for _, o := range h.Offers {
		for _, p := range o.Plans {
			if p.ID == id {
				return p.OSBID
			}
		}
	}
	return ""
}

// journal wants no call to be open when everything is settled.
func (h *house) journal(t *testing.T) {
	t.Helper()
	var page naru.Page
	n := 0
	for page.Limit = naru.MaxPage; ; {
		list := testnaru.Do[naru.List[provision.BrokerCall]](t, h.Naru, "provision.calls", provision.CallsIn{Page: page})
		for _, call := range list.Rows {
			if n++; call.State != provision.CallSettled {
				h.history.fault("", "a call is left open: %+v", call)
			}
		}
		if page.After = list.Next; list.Next == "" {
			break
		}
	}
	t.Logf("%d calls in the journal", n)
}

// census asks naru itself, which must find nothing.
func (h *house) census(t *testing.T) {
	t.Helper()
	testnaru.Do[any](t, h.Naru, "provision.census", provision.CensusIn{Provider: h.Provider})
	var last provision.Census
	testnaru.Until(t, "the census", func(context.Context) (bool, error) {
		list := testnaru.Do[naru.List[provision.Census]](t, h.Naru, "provision.censuses", provision.CensusesIn{Provider: h.Provider})
		if len(list.Rows) > 0 {
			last = list.Rows[0]
		}
		return len(list.Rows) > 0, nil
	})
	if last.Fault.Key != "" || len(last.Findings) > 0 {
		h.history.fault("", "the census found %+v (fault %q)", last.Findings, last.Fault.Key)
	}
}

// secrets looks for credentials in everything that naru wrote.
func (h *house) secrets(t *testing.T) {
	t.Helper()
	var needles [][]byte
	for _, w := range h.workers {
		for credentials := range w.secrets {
			var c struct{ Key string }
			if err := json.Unmarshal([]byte(credentials), &c); err != nil || c.Key == "" {
				t.Fatalf("credentials without a key: %v", err)
			}
			needles = append(needles, []byte(c.Key))
		}
	}
	if len(needles) == 0 {
		t.Error("no credentials were ever shown: the load is too thin")
	}
	look := func(where string, content []byte) {
		for _, n := range needles {
			if bytes.Contains(content, n) || bytes.Contains(content, []byte(hex.EncodeToString(n))) {
				t.Errorf("%s holds credentials in clear text", where)
				return
			}
		}
	}
	look("the log", []byte(h.Said()))
	err := filepath.WalkDir(h.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		look(filepath.Base(path), content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if h.Database != "" {
		h.tables(t, look)
	}
	t.Logf("%d credentials looked for", len(needles))
}

// tables reads every row of a PostgreSQL database as text.
func (h *house) tables(t *testing.T, look func(string, []byte)) {
	t.Helper()
	db, err := sql.Open("pgx", h.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	names := texts(t, db, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
	if len(names) == 0 {
		t.Error("no tables")
	}
	for _, name := range names {
		look("table "+name, []byte(strings.Join(texts(t, db, fmt.Sprintf("SELECT x::text FROM %q x", name)), "\n")))
	}
}

func texts(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// report fails with the history of everything that went wrong, a few at most.
func (h *house) report(t *testing.T, mine map[string][]provision.InstanceOut) {
	t.Helper()
	ids := slices.Sorted(maps.Keys(h.history.faults))
	for n, id := range ids {
		if n == 8 {
			t.Errorf("and %d more", len(ids)-n)
			break
		}
		var b strings.Builder
		for _, i := range mine[id] {
			fmt.Fprintf(&b, "  naru: %s\n", describe(i))
		}
		t.Errorf("instance %q: %s\n%s%s", id, strings.Join(h.history.faults[id], "; "), h.history.of(id), b.String())
	}
}

func describe(i provision.InstanceOut) string {
	w, _ := json.Marshal(i.Work) // a struct of plain fields
	text := fmt.Sprintf("%s %s", i.ID, w)
	for _, b := range i.Bindings {
		text += fmt.Sprintf("; binding %q %s", b.PlatformID, b.State)
	}
	return text
}
