package web

import "net/http"

// lawRoutes mounts the pages on law: what it decides, what it would decide, drafts of
// it, exceptions from it and decisions that came out otherwise.
func (s *server) lawRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /systems/{id}/replay", s.signedIn(s.replay))
	mux.HandleFunc("GET /flips", s.signedIn(s.flips))
	mux.HandleFunc("GET /exceptions", s.signedIn(s.exceptions))
	mux.HandleFunc("POST /exceptions", s.signedIn(s.askException))
	mux.HandleFunc("GET /exceptions/{id}", s.signedIn(s.exception))
	mux.HandleFunc("POST /exceptions/{id}/opinion", s.signedIn(s.hearException))
	mux.HandleFunc("POST /exceptions/{id}/decision", s.signedIn(s.ruleException))
	mux.HandleFunc("POST /exceptions/{id}/end", s.signedIn(s.endException))
}

// lawTabs leads between the pages on what was decided.
func (q *request) verdictTabs() []link {
	return q.tabs([]link{{Text: q.t("web.verdicts"), URL: "/verdicts"}, {Text: q.t("web.flips"), URL: "/flips"}, {Text: q.t("web.exceptions"), URL: "/exceptions"}})
}

// tabs marks the one that is open.
func (q *request) tabs(list []link) []link {
	for i := range list {
		list[i].Current = q.r.URL.Path == list[i].URL
	}
	return list
}
