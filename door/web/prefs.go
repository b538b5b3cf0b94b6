package web

import (
	"net/http"
	"slices"
	"strings"
)

// prefs is how somebody wants to read: kept in cookies, so that pages come right at
// the first byte and without a script.
type prefs struct {
	Lang     string // "ko" or "en"
	Contrast string // "" or "high"
	Size     string // percent
}

// sizes are the text sizes offered, at most five (KRDS).
func sizes() []string { return []string{"90", "100", "110", "130", "150"} }

const (
	langCookie     = "naru_lang"
	contrastCookie = "naru_contrast"
	sizeCookie     = "naru_size"
)

// prefsOf reads the preferences: the language of the URL wins over the cookie, the
// cookie over Korean.
func prefsOf(r *http.Request) prefs {
	p := prefs{Lang: cookie(r, langCookie), Contrast: cookie(r, contrastCookie), Size: cookie(r, sizeCookie)}
	if lang := r.URL.Query().Get("lang"); lang != "" {
		p.Lang = lang
	}
	if p.Lang != "en" {
		p.Lang = "ko"
	}
	if p.Contrast != "high" {
		p.Contrast = ""
	}
	if !slices.Contains(sizes(), p.Size) {
		p.Size = "100"
	}
	return p
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// keepLanguage remembers a language chosen by the URL.
func (q *request) keepLanguage() {
	if q.r.URL.Query().Get("lang") != "" {
		q.remember(langCookie, q.prefs.Lang)
	}
}

func (q *request) remember(name, value string) {
	http.SetCookie(q.w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: q.r.TLS != nil,
	})
}

// preferences stores what the form in the header asks for and goes back.
func (s *server) preferences(r *request) error {
	form := r.r.PostFormValue
	if v := form("lang"); v == "ko" || v == "en" {
		r.remember(langCookie, v)
	}
	if v := form("contrast"); v == "high" || v == "normal" {
		r.remember(contrastCookie, v)
	}
	if v := form("size"); slices.Contains(sizes(), v) {
		r.remember(sizeCookie, v)
	}
	return r.redirect(local(form("back")))
}

// local returns a path of this site, so that no link can send people elsewhere.
func local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
