package conformance

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"naru/wire/osb"
)

// session is one run: the connection, what was chosen, what was made and what came of each rule.
type session struct {
	o      Options
	client *http.Client

	mu       sync.Mutex
	rules    map[string]Rule
	order    map[string]int
	found    map[place]*Result
	watched  map[string]bool // rules of every answer that had something to look at
	requests int
	serial   int
	made     []*instance

	catalog             osb.Catalog
	service             osb.Service
	plans               []osb.Plan
	syncPlan, asyncPlan osb.Plan
	subject             string // the plan under trial, as Result.Plan says it
}

// place is a rule on a plan.
type place struct{ rule, plan string }

func newSession(o Options) *session {
	s := &session{o: o, rules: map[string]Rule{}, order: map[string]int{}, found: map[place]*Result{}, watched: map[string]bool{}}
	for i, r := range Rules() {
		s.rules[r.ID], s.order[r.ID] = r, i
	}
	transport := o.Transport
	if transport == nil {
		transport = &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: o.Roots, InsecureSkipVerify: o.Insecure}, //nolint:gosec // asked for by name
			MaxIdleConnsPerHost: o.Concurrency, TLSHandshakeTimeout: 10 * time.Second, Proxy: http.ProxyFromEnvironment,
			MaxResponseHeaderBytes: 64 << 10,
		}
	}
	s.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

// why makes a reason of a key and pairs of names and values.
func why(key string, pairs ...string) *Why {
	w := &Why{Key: key}
	for i := 0; i+1 < len(pairs); i += 2 {
		if w.Args == nil {
			w.Args = map[string]string{}
		}
		w.Args[pairs[i]] = pairs[i+1]
	}
	return w
}

const maxEvidence = 3

// put keeps what became of a rule. A failure stays; a pass takes the place of a skip.
func (s *session) put(rule string, outcome Outcome, reason *Why, seen ...*answer) {
	s.mu.Lock()
	r, ok := s.rules[rule]
	if !ok {
		s.mu.Unlock()
		panic("conformance: no rule " + rule) // a mistake of the suite itself
	}
	at := place{rule, s.subject}
	old := s.found[at]
	if old != nil && (old.Outcome == Failed || outcome == Skipped || old.Outcome == outcome) {
		s.mu.Unlock()
		return
	}
	result := &Result{Rule: r, Plan: s.subject, Outcome: outcome, Why: reason}
	for _, x := range seen[max(0, len(seen)-maxEvidence):] {
		if x != nil && outcome == Failed {
			result.Exchanges = append(result.Exchanges, x.Exchange)
		}
	}
	s.found[at] = result
	s.mu.Unlock()
	if s.o.Progress != nil {
		s.o.Progress(*result)
	}
}

// check passes or fails a rule and returns whether it held.
func (s *session) check(rule string, held bool, reason *Why, seen ...*answer) bool {
	if held {
		s.put(rule, Passed, nil)
		return true
	}
	if last := lastOf(seen); last != nil && last.cut {
		s.put(rule, Skipped, why("interrupted"))
		return false
	}
	s.put(rule, Failed, reason, seen...)
	return false
}

func lastOf(seen []*answer) *answer {
	if len(seen) == 0 {
		return nil
	}
	return seen[len(seen)-1]
}

func (s *session) skip(rule, key string, pairs ...string) { s.put(rule, Skipped, why(key, pairs...)) }

func (s *session) skipAll(rules []string, key string, pairs ...string) {
	for _, rule := range rules {
		s.skip(rule, key, pairs...)
	}
}

// want holds an answer to the statuses a rule allows.
func (s *session) want(rule string, x *answer, statuses ...int) bool {
	return s.check(rule, slices.Contains(statuses, x.Status), statusWhy(x, statuses...), x)
}

// wantCode holds a refusal to 422 with one of the codes of the specification.
func (s *session) wantCode(rule string, x *answer, code string) bool {
	if x.Status != http.StatusUnprocessableEntity {
		return s.check(rule, false, statusWhy(x, http.StatusUnprocessableEntity), x)
	}
	return s.check(rule, x.text("error") == code, why("code", "want", code, "got", orElse(x.text("error"), "-")), x)
}

// wantRefusal holds an answer to any 4xx: the rule fixes no code.
func (s *session) wantRefusal(rule string, x *answer) bool {
	return s.check(rule, x.Status >= 400 && x.Status < 500, why("refusal", "got", x.statusText()), x)
}

func statusWhy(x *answer, statuses ...int) *Why {
	var words []string
	for _, status := range statuses {
		words = append(words, strconv.Itoa(status))
	}
	if x.Status == 0 {
		return why("no_answer", "want", strings.Join(words, ", "), "fault", x.Fault)
	}
	return why("status", "want", strings.Join(words, ", "), "got", strconv.Itoa(x.Status))
}

// results are those of every rule, in the order of the rules, then of the plans.
func (s *session) results() []Result {
	list := make([]Result, 0, len(s.found))
	for _, r := range s.found {
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b Result) int {
		return cmp.Or(s.order[a.ID]-s.order[b.ID], -cmp.Compare(a.Plan, b.Plan))
	})
	return list
}

// conclude gives every rule that nothing came of a reason.
func (s *session) conclude() {
	s.subject = ""
	seen := map[string]bool{}
	for at := range s.found {
		seen[at.rule] = true
	}
	for _, r := range Rules() {
		switch {
		case seen[r.ID]:
		case s.watched[r.ID]:
			s.put(r.ID, Passed, nil)
		default:
			s.skip(r.ID, "not_reached")
		}
	}
}

// newID returns an id that no other run and no other part of this one uses.
func (s *session) newID(kind string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	return fmt.Sprintf("conformance-%s-%s-%d", s.o.Seed, kind, s.serial)
}

// pause waits between two looks; it returns false when the run was interrupted.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
