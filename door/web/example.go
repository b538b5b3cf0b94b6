package web

import (
	"net/http"
	"sync"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/inventory"
)

// exampleNation shows what the example nation was made from, each proportion with its
// source and with what came out.
func (s *server) exampleNation(q *request) error {
	if s.Proportions == nil {
		return s.lost(q)
	}
	list, err := s.Proportions()
	if err != nil {
		return err
	}
	p := q.page(page{Title: q.t("web.example.title")})
	return q.show(http.StatusOK, p, examplePage(p, list))
}

// useTone tells published proportions from configuration by colour; the word stands
// beside it.
func useTone(use string) string {
	switch use {
	case "drawn":
		return "success"
	case "calibrated":
		return "information"
	case "configured":
		return "warning"
	}
	return "gray"
}

// examples remembers by institution whether an actor's sight holds example data, so that
// a page need not ask: example data does not go away, and real data is asked about again
// after a minute.
type examples struct {
	mu    sync.Mutex
	known map[string]example
}

type example struct {
	has bool
	at  time.Time
}

// example reports whether what the actor sees is invented in part: every page says so,
// also those that show figures over many systems and no single one.
func (q *request) example() bool {
	if q.actor.User == "" {
		return len(q.Hints) > 0
	}
	if !q.may("inventory.read") {
		return false // what they see is marked row by row
	}
	call, e := q.call(), q.examples
	e.mu.Lock()
	defer e.mu.Unlock()
	last := e.known[q.actor.Institution]
	if last.has || !last.at.IsZero() && call.Now.Sub(last.at) < time.Minute {
		return last.has
	}
	in := inventory.ListSystemsIn{Filter: inventory.Filter{Synthetic: true}, Page: naru.Page{Limit: 1}}
	list, err := op.Do(q.r.Context(), q.Runner, call, inventory.ListSystems, in)
	if err != nil {
		return last.has // the page's own operation tells what is wrong
	}
	e.known[q.actor.Institution] = example{len(list.Rows) > 0, call.Now}
	return len(list.Rows) > 0
}
