package web

import (
	"cmp"
	"net/http"
	"strings"

	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
)

// erasView is the estate of now under the law of several dates.
type erasView struct {
	decide.ErasOut
	Tabs []link
}

func (s *server) eras(q *request) error {
	in := decide.ErasIn{Venue: policy.Venue(q.r.URL.Query().Get("venue"))}
	out, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Decide.Eras, in)
	if err != nil {
		return err
	}
	out.Venue = cmp.Or(out.Venue, policy.Private)
	p := q.page(page{Title: q.t("web.eras"), Crumbs: []link{{Text: q.t("web.rules"), URL: "/rules"}}})
	return q.show(http.StatusOK, p, erasPage(p, erasView{ErasOut: out, Tabs: q.whatifTabs()}))
}

// isURL reports a source that can be opened.
func isURL(s string) bool { return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") }

// host shortens an address to where it leads.
func host(s string) string {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	h, _, _ := strings.Cut(s, "/")
	return h
}
