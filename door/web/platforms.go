package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/access"
	"naru/flow/inventory"
	"naru/flow/provision"
)

func (s *server) platformRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /platforms", s.signedIn(s.platforms))
	mux.HandleFunc("POST /platforms", s.signedIn(s.createPlatform))
	mux.HandleFunc("GET /institutions", s.signedIn(s.bodies))
	mux.HandleFunc("GET /platforms/{user}", s.signedIn(s.platform))
	mux.HandleFunc("POST /platforms/{user}/rotate", s.signedIn(s.rotatePlatform))
	mux.HandleFunc("GET /platforms/{user}/revoke", s.signedIn(s.askRevoke))
	mux.HandleFunc("POST /platforms/{user}/revoke", s.signedIn(s.revokePlatform))
}

// platformsView is the list of platforms with the form of a new one.
type platformsView struct {
	Tabs        []link
	Rows        []access.Platform
	First, Next string
	MayEdit     bool
	Anywhere    bool // the reader belongs to no institution and must name one
	Form        access.PlatformCreateIn
	Body        bodyView
}

func (s *server) platforms(q *request) error {
	return q.showPlatforms(http.StatusOK, platformsView{}, nil)
}

func (q *request) showPlatforms(code int, view platformsView, f *flash) error {
	v := q.r.URL.Query()
	call := q.call()
	in := access.ListPlatformsIn{Page: naru.Page{After: v.Get("after")}}
	list, err := op.Do(q.r.Context(), q.Runner, call, q.Access.Platforms, in)
	if err != nil {
		return err
	}
	if view.Form.User == "" { // a name of its own for each form: sent twice, the second is refused
		id := call.NewID("platform")
		view.Form.User = "platform-" + id[len(id)-8:]
	}
	view.Tabs, view.Rows, view.MayEdit, view.Anywhere = q.serviceTabs("/platforms"), list.Rows, q.may("access.platform"), q.actor.Institution == ""
	view.First, view.Next = around("/platforms", v, list.Next)
	p := q.page(page{Title: q.t("web.platforms"), Flash: f})
	return q.show(code, p, platformsPage(p, view))
}

// createPlatform registers a platform; its answer is the only place its password stands.
func (s *server) createPlatform(q *request) error {
	form := q.r.PostFormValue
	in := access.PlatformCreateIn{Name: strings.TrimSpace(form("name")), User: strings.TrimSpace(form("user"))}
	view := platformsView{Form: in}
	if q.actor.Institution == "" {
		id, body, err := q.bodyChosen()
		if err != nil {
			return err
		}
		if view.Body = body; id == "" {
			return q.showPlatforms(http.StatusUnprocessableEntity, view, nil)
		}
		in.Institution = string(id)
	}
	made, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Access.PlatformCreate, in)
	if err != nil {
		if f, ok := formFault(err); ok {
			return q.showPlatforms(status(naru.KindOf(err)), view, f)
		}
		return err
	}
	return q.showPass(made, time.Time{})
}

// passView is a password shown once.
type passView struct {
	access.PlatformPass
	URL   string
	Until time.Time // when the passwords before it stop fitting; zero for the first one
}

// showPass answers a POST with the password: it is in no address, in no cookie and, by
// the no-store of every answer, in no cache.
func (q *request) showPass(made access.PlatformPass, until time.Time) error {
	p := q.page(page{Title: q.t("web.platform.pass"), Crumbs: []link{
		{Text: q.t("web.platforms"), URL: "/platforms"}, {Text: made.Name, URL: "/platforms/" + made.User},
	}})
	return q.show(http.StatusOK, p, passPage(p, passView{made, q.endpoint(made.Endpoint), until}))
}

// endpoint is where a platform finds naru: on the host this page came from, unless it is
// a whole address.
func (q *request) endpoint(path string) string {
	if !strings.HasPrefix(path, "/") {
		return path
	}
	u := url.URL{Scheme: "http", Host: q.r.Host, Path: path}
	if q.r.TLS != nil || q.Secure {
		u.Scheme = "https"
	}
	return u.String()
}

// platformView is one platform with what it sees of the catalogue.
type platformView struct {
	access.Platform
	URL     string
	MayEdit bool
	Now     time.Time
	Offers  []provision.Offered
	Until   string // of the form
}

func (s *server) platform(q *request) error { return q.showPlatform(http.StatusOK, nil) }

func (q *request) findPlatform() (access.Platform, error) {
	return op.Do(q.r.Context(), q.Runner, q.call(), q.Access.Platform, access.PlatformIn{User: q.r.PathValue("user")})
}

func (q *request) showPlatform(code int, f *flash) error {
	found, err := q.findPlatform()
	if err != nil {
		return err
	}
	call := q.call()
	in := provision.OffersIn{Institution: inventory.InstitutionID(found.Institution)}
	offers, err := op.Do(q.r.Context(), q.Runner, call, q.Provision.Offers, in)
	if err != nil {
		return err
	}
	v := platformView{Platform: found, URL: q.endpoint(found.Endpoint), MayEdit: q.may("access.platform"), Now: call.Now, Offers: offers}
	if v.Until = q.r.PostFormValue("until"); v.Until == "" {
		v.Until = call.Now.Add(24 * time.Hour).In(naru.Seoul).Format(localTime)
	}
	p := q.page(page{Title: found.Name, Crumbs: []link{{Text: q.t("web.platforms"), URL: "/platforms"}}, Flash: f})
	return q.show(code, p, platformPage(p, v))
}

// localTime is how a browser's field of day and time writes it (HTML, "local date and time").
const localTime = "2006-01-02T15:04"

// rotatePlatform makes a new password. The form tells how many passwords there were when
// it was made, so that the answer page loaded again does not rotate again.
func (s *server) rotatePlatform(q *request) error {
	found, err := q.findPlatform()
	if err != nil {
		return err
	}
	if q.r.PostFormValue("beside") != strconv.Itoa(len(found.Credentials)) {
		return q.showPlatform(http.StatusConflict, &flash{Tone: "danger", Message: naru.Msg("web.platform.rotated_already")})
	}
	in := access.PlatformRotateIn{User: found.User}
	if text := q.r.PostFormValue("until"); text != "" {
		if in.Until, err = time.ParseInLocation(localTime, text, naru.Seoul); err != nil {
			return q.showPlatform(http.StatusUnprocessableEntity, &flash{Tone: "danger", Message: naru.Msg("web.platform.bad_time", "value", clipped(text))})
		}
	}
	made, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Access.PlatformRotate, in)
	if err != nil {
		if f, ok := formFault(err); ok {
			return q.showPlatform(status(naru.KindOf(err)), f)
		}
		return err
	}
	return q.showPass(made, lastEnd(made))
}

// lastEnd is when the last of the older passwords stops fitting.
func lastEnd(made access.PlatformPass) time.Time {
	var until time.Time
	for _, c := range made.Credentials {
		if c.ID != made.Credential && c.Fits && c.ExpiresAt.After(until) {
			until = c.ExpiresAt
		}
	}
	return until
}

// revokeView asks once more.
type revokeView struct {
	access.Platform
	Credential string
	Last       bool // nothing would fit any more
}

func (s *server) askRevoke(q *request) error {
	found, err := q.findPlatform()
	if err != nil {
		return err
	}
	v := revokeView{Platform: found, Credential: q.r.URL.Query().Get("credential"), Last: true}
	for _, c := range found.Credentials {
		v.Last = v.Last && (!c.Fits || c.ID == v.Credential)
	}
	p := q.page(page{Title: q.t("web.platform.revoke"), Crumbs: []link{
		{Text: q.t("web.platforms"), URL: "/platforms"}, {Text: found.Name, URL: "/platforms/" + found.User},
	}})
	return q.show(http.StatusOK, p, revokePage(p, v))
}

func (s *server) revokePlatform(q *request) error {
	user, which := q.r.PathValue("user"), q.r.PostFormValue("credential")
	if q.r.PostFormValue("sure") != "yes" {
		return q.redirect("/platforms/" + url.PathEscape(user) + "/revoke?credential=" + url.QueryEscape(which))
	}
	_, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Access.PlatformRevoke, access.PlatformRevokeIn{User: user, Credential: which})
	if err != nil {
		if f, ok := formFault(err); ok {
			return q.showPlatform(status(naru.KindOf(err)), f)
		}
		return err
	}
	return q.done("/platforms/"+url.PathEscape(user), "web.done.revoke")
}

// serviceTabs are the pages about running services.
func (q *request) serviceTabs(current string) []link {
	var list []link
	for _, t := range serviceSections() {
		if q.may(t.needs) {
			list = append(list, link{Text: q.t(t.key), URL: t.url, Current: t.url == current})
		}
	}
	return list
}

// valid counts the passwords that fit.
func valid(p access.Platform) int64 {
	n := int64(0)
	for _, c := range p.Credentials {
		if c.Fits {
			n++
		}
	}
	return n
}

// lastUsed is the last day any password of a platform was used.
func lastUsed(p access.Platform) naru.Date {
	day := naru.Date("")
	for _, c := range p.Credentials {
		day = max(day, c.LastUsed)
	}
	return day
}

// used writes the day of a last use.
func (p page) used(d naru.Date) string {
	if d == "" {
		return p.T("web.platform.unused")
	}
	return p.Day(d)
}

// credentialState words whether a password fits, and its tone.
func (p page) credentialState(c access.Credential) (tone, text string) {
	switch {
	case !c.RevokedAt.IsZero():
		return "gray", p.T("web.platform.revoked", "at", p.At(c.RevokedAt), "by", c.RevokedBy)
	case !c.Fits:
		return "gray", p.T("web.platform.over", "at", p.At(c.ExpiresAt))
	case !c.ExpiresAt.IsZero():
		return "warning", p.T("web.platform.fits_until", "at", p.At(c.ExpiresAt))
	}
	return "success", p.T("web.platform.fits")
}
