package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"naru"
)

const flashCookie = "naru_flash"

// flashKeys are the sentences a redirect may carry to the next page; anything else in
// the cookie is ignored, since a cookie is input.
func flashKeys() map[string]string {
	return map[string]string{
		"web.signed_out": "information", "web.done.import": "success", "web.done.decide": "success", "web.done.keep": "success",
		"web.done.order": "success", "web.done.approve": "success", "web.done.reject": "information", "web.done.end": "information", "web.done.budget": "success",
		"web.done.collect": "information", "web.done.seal": "success", "web.done.propose": "success",
		"web.done.create": "information", "web.done.bind": "information", "web.done.unbind": "success", "web.done.rotate": "information", "web.done.change": "information", "web.done.unchanged": "information", "web.done.delete": "information",
		"web.done.draft": "success", "web.done.law_propose": "success", "web.done.publish": "success", "web.done.law_reject": "information", "web.done.withdraw": "information",
		"web.done.ask": "success", "web.done.hear": "success", "web.done.grant": "success", "web.done.refuse": "information", "web.done.end_exception": "information",
		"web.done.certificate": "success", "web.done.price": "success", "web.done.provider": "success", "web.done.sync": "information",
		"web.done.revoke": "success", "web.done.admission": "information", "web.done.hand_in": "success",
		"web.done.retry": "information", "web.done.inspect": "information", "web.done.acknowledge": "success", "web.done.recheck": "information", "web.done.census": "information",
		"web.done.write_off": "information", "web.done.write_off_confirmed": "success", "web.done.write_off_refused": "information", "web.done.write_off_withdrawn": "information",
	}
}

// done goes to a page and has it say once what happened.
func (q *request) done(to, key string, pairs ...string) error {
	data, err := json.Marshal(naru.Msg(key, pairs...))
	if err != nil {
		return err
	}
	http.SetCookie(q.w, &http.Cookie{
		Name: flashCookie, Value: base64.RawURLEncoding.EncodeToString(data), Path: "/", MaxAge: 60,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: q.r.TLS != nil,
	})
	return q.redirect(to)
}

// flashed takes the sentence of the page before, once.
func (q *request) flashed() *flash {
	c, err := q.r.Cookie(flashCookie)
	if err != nil || q.partial() {
		return nil
	}
	http.SetCookie(q.w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1})
	data, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return nil
	}
	var m naru.Message
	if err := json.Unmarshal(data, &m); err != nil {
		return nil
	}
	tone, known := flashKeys()[m.Key]
	if !known {
		return nil
	}
	return &flash{Tone: tone, Message: m}
}
