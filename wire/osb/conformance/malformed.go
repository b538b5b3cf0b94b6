package conformance

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"naru/wire/osb"
)

// malformed sends creations that no broker may carry out, and looks whether any left something.
func (s *session) malformed(ctx context.Context) {
	plan := s.plans[0]
	wish := s.wish(plan)
	send := func(raw []byte, header map[string]string) (*answer, *instance) {
		i := s.begin(plan)
		a := s.putAsk(i, true)
		a.raw, a.header = raw, header
		return s.do(ctx, a), i
	}
	var tried []*instance
	refuse := func(rule string, raw []byte, header map[string]string) {
		x, i := send(raw, header)
		tried = append(tried, i)
		s.want(rule, x, http.StatusBadRequest)
	}
	refuse("malformed.json", []byte(`{"service_id":`), nil)
	refuse("malformed.object", []byte(`[]`), nil)
	for _, field := range []string{"service_id", "plan_id", "organization_guid", "space_guid"} {
		refuse("malformed.fields", bodyWith(wish, map[string]any{field: nil}), nil)
		refuse("malformed.fields", bodyWith(wish, map[string]any{field: ""}), nil)
	}
	refuse("malformed.plan", bodyWith(wish, map[string]any{"plan_id": s.newID("nobody")}), nil)
	refuse("malformed.plan", bodyWith(wish, map[string]any{"service_id": s.newID("nobody")}), nil)
	refuse("malformed.parameters", bodyWith(wish, map[string]any{"parameters": []int{1}}), nil)
	refuse("malformed.content_type", bodyWith(wish, nil), map[string]string{"Content-Type": "text/plain"})
	large := json.RawMessage(`{"conformance":"` + strings.Repeat("x", 96<<10) + `"}`)
	x, i := send(bodyWith(wish, map[string]any{"parameters": large}), nil)
	tried = append(tried, i)
	s.check("malformed.large", x.Status >= 200 && x.Status < 500, why("refusal_or_success", "got", x.statusText()), x)
	if x.Status >= 200 && x.Status < 300 {
		s.destroy(ctx, i) // it took them, which is its right
	}
	s.nothingLeft(ctx, tried)
}

// nothingLeft deletes what was refused: a 4xx promises that nothing changed.
func (s *session) nothingLeft(ctx context.Context, tried []*instance) {
	for _, i := range tried {
		if i.gone {
			continue
		}
		x := s.do(ctx, s.deleteAsk(i, true))
		i.gone = x.Status == http.StatusGone
		if !s.check("malformed.nothing_left", i.gone, why("still_there", "got", x.statusText()), x) {
			s.destroy(ctx, i)
		}
	}
}

// ids tries ids of any characters: unknown ones for reads and deletions, one for a life.
func (s *session) ids(ctx context.Context) {
	s.subject = ""
	for _, id := range []string{"a b", "a/b", "..", "%2F", "한글 식별자", "a?b#c&d=e+f", "\"quoted\"", strings.Repeat("long-", 40)} {
		i := &instance{id: id + "-" + s.o.Seed, plan: s.plans[0]}
		if id == ".." {
			i.id = id
		}
		if !s.want("ids.unknown", s.do(ctx, s.deleteAsk(i, true)), http.StatusGone) {
			break
		}
	}
	plan, accepts, ok := s.usable()
	if !ok {
		s.skip("ids.lifecycle", "no_plan", "kind", "any")
		return
	}
	i := s.beginAs(plan, "conformance/"+s.o.Seed+" 한글 %2F?#")
	x := s.do(ctx, s.putAsk(i, accepts))
	if !s.want("ids.lifecycle", x, http.StatusCreated, http.StatusAccepted) {
		s.destroy(ctx, i)
		return
	}
	if x.Status == http.StatusAccepted {
		e := s.follow(ctx, i, "", x.text("operation"))
		s.check("ids.lifecycle", e.state == osb.Succeeded, statusWhy(e.last, http.StatusOK), e.last)
	}
	x = s.destroy(ctx, i)
	s.check("ids.lifecycle", i.gone, why("still_there", "got", x.statusText()), x)
}

// usable is a plan whose life was tried, the quick one first.
func (s *session) usable() (plan osb.Plan, accepts, ok bool) {
	if s.syncPlan.ID != "" {
		return s.syncPlan, false, true
	}
	return s.asyncPlan, true, s.asyncPlan.ID != ""
}
