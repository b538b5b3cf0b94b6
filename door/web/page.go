package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/policy"
)

// page is what every template knows: who reads, in which language, and where.
type page struct {
	Title  string // of the browser's tab and of the heading
	Crumbs []link // above the heading, without home and without this page
	Bare   bool   // no menu: signing in
	Flash  *flash // what just happened
	// Example says that what the reader sees is invented in part.
	Example bool
	HowMade bool // there is a page that tells how

	prefs
	Actor  naru.Actor
	Now    time.Time
	Path   string // of this page, to mark the menu
	Back   string // of this page with its filters, for forms that return here
	Styles string
	Script string
	Menu   []link
	words  Words
	schema *policy.Schema
	ops    map[string]naru.Text
}

// link is a text that leads somewhere.
type link struct {
	Text, URL string
	Current   bool
}

// flash is a sentence on what just happened, or why it did not.
type flash struct {
	Tone     string // "success", "danger", "warning", "information"
	Message  naru.Message
	Problems []naru.Problem
}

// page completes a page with what the request knows.
func (q *request) page(p page) page {
	p.fill(q)
	return p
}

func (p *page) fill(q *request) {
	p.prefs, p.Actor, p.words, p.schema, p.ops = q.prefs, q.actor, q.Words, q.schema, q.ops
	p.Path, p.Now = q.r.URL.Path, q.call().Now
	query := q.r.URL.Query()
	query.Del("lang")
	p.Back = p.Path
	if q.r.Method != "GET" {
		p.Back = "/"
	} else if len(query) > 0 {
		p.Back += "?" + query.Encode()
	}
	p.Styles, p.Script = q.assets.url("app.css"), q.assets.url("app.js")
	if q.actor.User != "" {
		p.Menu = q.menu()
	}
	p.Example, p.HowMade = !q.partial() && q.example(), q.Proportions != nil
	if p.Flash == nil {
		p.Flash = q.flashed()
	}
}

// menu lists the sections the actor has something to do in.
func (q *request) menu() []link {
	var out []link
	for _, m := range []struct {
		key, url string
		needs    identity.Permission
	}{
		{"web.menu.systems", "/systems", "inventory.read"},
		{"web.menu.verdicts", "/verdicts", "decide.read"},
		{"web.menu.plan", "/plan", "plan.read"},
		{"web.menu.blast", "/blast", "plan.read"},
		{"web.menu.services", "/services", "catalog.read"},
		{"web.menu.orders", "/orders", "contract.read"},
		{"web.menu.instances", "/instances", "provision.read"},
		{"web.findings", "/findings", "provision.findings"},
		{"web.menu.statements", "/statements", "account.read"},
		{"web.menu.adoption", "/adoption", "report.read"},
		{"web.menu.providers", "/providers", "catalog.edit"},
		{"web.menu.rules", "/rules", "policy.read"},
		{"web.menu.whatif", "/whatif", "decide.whatif"},
		{"web.menu.record", "/record", "record.read"},
		{"web.menu.permissions", "/permissions", "identity.read"},
	} {
		if q.may(m.needs) && !(m.url == "/findings" && q.may("provision.read")) { // a tab then
			out = append(out, link{Text: q.t(m.key), URL: m.url, Current: q.within(m.url)})
		}
	}
	return out
}

// within reports whether the page belongs to a section of the menu: by its address, or
// as one of the pages that a section leads to by tabs.
func (q *request) within(section string) bool {
	for _, root := range append(alongside()[section], section) {
		if q.r.URL.Path == root || strings.HasPrefix(q.r.URL.Path, root+"/") {
			return true
		}
	}
	return false
}

// alongside lists the pages that belong to a section of the menu.
func alongside() map[string][]string {
	return map[string][]string{"/verdicts": {"/flips", "/exceptions"}, "/rules": {"/law"}, "/instances": {"/platforms", "/operations", "/findings"}}
}

// T words a message key with name, value pairs in the reader's language.
func (p page) T(key string, pairs ...string) string { return p.M(naru.Msg(key, pairs...)) }

// M words a message in the reader's language.
func (p page) M(m naru.Message) string { return p.words.Text(p.Lang, m.Key, m.Args) }

// In picks the reader's language of a text.
func (p page) In(t naru.Text) string { return t.In(p.Lang) }

func (q *request) t(key string, pairs ...string) string {
	return q.Words.Text(q.prefs.Lang, key, naru.Msg(key, pairs...).Args)
}

// N writes a whole number with thousands separated.
func (p page) N(n int64) string { return grouped(n) }

// Won writes an amount with its unit.
func (p page) Won(m naru.Money) string { return p.T("web.won", "amount", grouped(int64(m))) }

// Big writes an amount the way people say it: 23억 1,000만 원; exact amounts stand in
// tables beside it.
func (p page) Big(m naru.Money) string {
	n := int64(m)
	if p.Lang == "en" || n < 10_000 {
		return p.Won(m)
	}
	var parts []string
	for _, u := range []struct {
		of   int64
		word string
	}{{1_0000_0000_0000, "조"}, {1_0000_0000, "억"}, {1_0000, "만"}} {
		if n >= u.of {
			parts = append(parts, grouped(n/u.of)+u.word)
			n %= u.of
		}
	}
	if n > 0 {
		parts = append(parts, grouped(n))
	}
	return strings.Join(parts, " ") + " 원"
}

// D writes an exact decimal with thousands separated.
func (p page) D(d naru.Decimal) string {
	whole, frac, point := strings.Cut(d.String(), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return d.String()
	}
	s := grouped(n)
	if strings.HasPrefix(whole, "-") && n == 0 {
		s = "-" + s
	}
	if point {
		s += "." + frac
	}
	return s
}

// quota words a limit of a plan.
func (p page) quota(name, value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return name + " " + value
	}
	if strings.HasSuffix(name, "bytes") {
		return name + " " + bytesOf(n)
	}
	return name + " " + grouped(n)
}

// bytesOf writes a size in the largest binary unit that divides it.
func bytesOf(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for i < len(units)-1 && n >= 1024 && n%1024 == 0 {
		n /= 1024
		i++
	}
	return grouped(n) + " " + units[i]
}

// grouped writes 1234567 as 1,234,567.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Day writes a legal date.
func (p page) Day(d naru.Date) string {
	if d == "" {
		return p.T("web.unknown")
	}
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	if p.Lang == "en" {
		return t.Format("2 Jan 2006")
	}
	return fmt.Sprintf("%d. %d. %d.", t.Year(), t.Month(), t.Day())
}

// At writes an instant in Korea.
func (p page) At(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t = t.In(naru.Seoul)
	if p.Lang == "en" {
		return t.Format("2 Jan 2006 15:04")
	}
	return fmt.Sprintf("%d. %d. %d. %s", t.Year(), t.Month(), t.Day(), t.Format("15:04"))
}

// AtSecond writes an instant in Korea to the second, for what follows closely.
func (p page) AtSecond(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return p.At(t) + t.In(naru.Seoul).Format(":05")
}

// Fact writes the value of a fact in words: labels for codes, units for numbers.
func (p page) Fact(f policy.Field, v any) string {
	switch v := v.(type) {
	case nil:
		return p.T("web.unknown")
	case bool:
		if v {
			return p.T("web.yes")
		}
		return p.T("web.no")
	case int64:
		if unit := p.In(f.Unit); unit != "" {
			if p.Lang == "en" {
				return grouped(v) + " " + unit
			}
			return grouped(v) + unit
		}
		return grouped(v)
	case []string:
		if len(v) == 0 {
			return p.T("web.none")
		}
		words := make([]string, len(v))
		for i, key := range v {
			words[i] = p.code(f, key)
		}
		return strings.Join(words, ", ")
	case string:
		if f.Type == policy.Date {
			return p.Day(naru.Date(v))
		}
		return p.code(f, v)
	}
	return fmt.Sprint(v)
}

func (p page) code(f policy.Field, key string) string {
	for _, c := range f.Codes {
		if c.Key == key {
			return p.In(c.Label)
		}
	}
	return key
}

// Role names a role.
func (p page) Role(role string) string { return p.T("role." + role) }
