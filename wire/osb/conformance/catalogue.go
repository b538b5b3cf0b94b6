package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"naru/wire/osb"
)

// maxPlans bounds on how many plans of a service a life is tried before giving up on finding both kinds.
const maxPlans = 6

// catalogue judges the catalogue and chooses what to try; it returns false when there is nothing to try.
func (s *session) catalogue(ctx context.Context, first *answer) bool {
	if !s.want("catalog.status", first, http.StatusOK) {
		return false
	}
	var problem error
	if problem = json.Unmarshal(first.body, &s.catalog); problem == nil && first.object == nil {
		problem = errNoObject{}
	}
	if problem != nil {
		s.check("catalog.types", false, why("problem", "what", cut(problem.Error())), first)
		return false
	}
	s.check("catalog.types", true, nil)
	s.breaches(first)
	s.conditional(ctx, first)
	again := s.do(ctx, s.catalogAsk())
	s.check("catalog.stable", again.Status == http.StatusOK && sameIDs(first.body, again.body), why("differs", "field", "id"), first, again)
	return s.choose()
}

type errNoObject struct{}

func (errNoObject) Error() string { return "not a JSON object" }

// breaches gives each rule of the catalogue the places where it is broken.
func (s *session) breaches(x *answer) {
	broken := map[string]osb.Breach{}
	for _, b := range s.catalog.Breaches() {
		if _, seen := broken[b.Rule]; !seen {
			broken[b.Rule] = b
		}
	}
	for _, rule := range []string{
		osb.RuleServices, osb.RuleNamed, osb.RuleIDs, osb.RuleNames, osb.RulePlans, osb.RuleRequires, osb.RuleSchemas, osb.RuleMaintenance, osb.RulePolling,
	} {
		b, bad := broken[rule]
		s.check("catalog."+rule, !bad, why("problem", "what", cut(b.String())), x)
	}
}

// conditional repeats the question with the entity tag, alone, weak and in a list.
func (s *session) conditional(ctx context.Context, first *answer) {
	etag := first.header.Get("ETag")
	if etag == "" {
		s.skip("catalog.etag", "not_sent", "what", "ETag")
		return
	}
	for _, header := range []string{etag, "W/" + trimWeak(etag), `"another", ` + etag, "*"} {
		a := s.catalogAsk()
		a.header = map[string]string{"If-None-Match": header}
		if !s.want("catalog.etag", s.do(ctx, a), http.StatusNotModified) {
			return
		}
	}
}

func trimWeak(etag string) string {
	if len(etag) > 2 && etag[:2] == "W/" {
		return etag[2:]
	}
	return etag
}

// sameIDs compares the ids of two catalogues.
func sameIDs(a, b []byte) bool {
	return bytes.Equal(idsOf(a), idsOf(b))
}

func idsOf(raw []byte) []byte {
	var c struct {
		Services []struct {
			ID    string
			Plans []struct{ ID string }
		}
	}
	if json.Unmarshal(raw, &c) != nil {
		return nil
	}
	ids, err := json.Marshal(c)
	if err != nil {
		return nil
	}
	return ids
}

// choose finds the service and plans that the options name, or the first ones.
func (s *session) choose() bool {
	for _, service := range s.catalog.Services {
		if s.o.Service != "" && service.ID != s.o.Service && service.Name != s.o.Service {
			continue
		}
		if plans := s.chosenPlans(service); len(plans) > 0 {
			s.service, s.plans = service, plans
			return true
		}
	}
	for _, r := range Rules() {
		if s.found[place{r.ID, ""}] == nil && !s.watched[r.ID] {
			s.skip(r.ID, "nothing_to_try")
		}
	}
	return false
}

func (s *session) chosenPlans(service osb.Service) []osb.Plan {
	var list []osb.Plan
	if len(s.o.Plans) == 0 {
		return service.Plans[:min(len(service.Plans), maxPlans)]
	}
	for _, want := range s.o.Plans {
		for _, p := range service.Plans {
			if p.ID == want || p.Name == want {
				list = append(list, p)
			}
		}
	}
	return list
}
