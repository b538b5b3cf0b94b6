package fault

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"naru/wire/osb"
)

// send sends a request as it is and returns the status and the answer.
func (b *bed) send(method, path, body string, change func(http.Header)) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.SetBasicAuth("platform-a", "secret")
	r.Header.Set(osb.HeaderVersion, osb.Version)
	r.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(r.Header)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestGarbageFromThePlatformNeverReachesABroker(t *testing.T) {
	t.Parallel()
	each(t, func(b *bed) {
		i := b.thing("sync")
		whole := fmt.Sprintf(`{"service_id":%q,"plan_id":%q,"organization_guid":"o","space_guid":"s","parameters":{"order":%q}}`, i.service, i.plan, i.order)
		before := b.Front.Forwarded(http.MethodPut)
		for name, c := range map[string]struct {
			body string
			want int
		}{
			"nothing":                     {"", 400},
			"half of a body":              {whole[:len(whole)/2], 400},
			"two bodies":                  {whole + whole, 400},
			"a list":                      {"[" + whole + "]", 400},
			"null":                        {"null", 400},
			"a page of HTML":              {"<html>", 400},
			"broken UTF-8":                {strings.Replace(whole, `"o"`, "\"\xff\xfe\"", 1), 400},
			"numbers in place of ids":     {`{"service_id":1,"plan_id":2,"organization_guid":3,"space_guid":4}`, 400},
			"no plan":                     {strings.Replace(whole, `"plan_id"`, `"plan"`, 1), 400},
			"an unknown plan":             {strings.Replace(whole, i.plan, "pln_none", 1), 400},
			"an empty space":              {strings.Replace(whole, `"s"`, `""`, 1), 400},
			"parameters that are a list":  {strings.Replace(whole, `{"order"`, `[{"order"`, 1), 400},
			"parameters beyond 64 KiB":    {strings.Replace(whole, `"order"`, `"big":"`+strings.Repeat("x", 65<<10)+`","order"`, 1), 413},
			"a body beyond all bounds":    {strings.Replace(whole, `"order"`, `"big":"`+strings.Repeat("x", 3<<20)+`","order"`, 1), 413},
			"a deep nest":                 {strings.Replace(whole, `"order"`, `"deep":`+strings.Repeat("[", 30000)+strings.Repeat("]", 30000)+`,"order"`, 1), 400},
			"another's order":             {strings.Replace(whole, i.order, "ord_of_somebody", 1), 400},
			"a number out of all bounds":  {strings.Replace(whole, `"order"`, `"n":1e999999,"order"`, 1), 0},
			"a field given twice, no map": {strings.Replace(whole, `"parameters":{`, `"parameters":7,"parameters":{`, 1), 0},
		} {
			status, text := b.send(http.MethodPut, "/v2/service_instances/garbage?accepts_incomplete=true", c.body, nil)
			if c.want != 0 && status != c.want || status >= 500 {
				b.t.Errorf("%s: %d %.200s, want %d", name, status, text, c.want)
			}
			if status == 202 || status == 201 { // what has no word in the specification may pass
				b.forget("garbage", i)
			}
		}
		b.agree(false)
		if got := b.Front.Forwarded(http.MethodPut) - before; got > 2 {
			b.t.Errorf("%d requests reached the broker", got)
		}
		b.headers(whole)
	})
}

func (b *bed) forget(id string, i *thing) {
	b.t.Helper()
	if _, err := b.client.Deprovision(b.t.Context(), osb.DeprovisionRequest{InstanceID: id, ServiceID: i.service, PlanID: i.plan, AcceptsIncomplete: true}); err != nil {
		b.t.Error(err)
	}
	b.agree(false)
}

func (b *bed) headers(whole string) {
	b.t.Helper()
	set := func(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }
	for name, c := range map[string]struct {
		change func(http.Header)
		want   int
	}{
		"no version":                    {func(h http.Header) { h.Del(osb.HeaderVersion) }, 412},
		"another version":               {set(osb.HeaderVersion, "1.0"), 412},
		"a version that is none":        {set(osb.HeaderVersion, "latest"), 412},
		"an identity that is none":      {set("X-Broker-API-Originating-Identity", "egov"), 400},
		"an identity that is no base64": {set("X-Broker-API-Originating-Identity", "egov §"), 400},
		"an identity that is a list":    {set("X-Broker-API-Originating-Identity", "egov "+base64.StdEncoding.EncodeToString([]byte(`[1]`))), 400},
		"another content":               {set("Content-Type", "text/xml"), 400},
		"a wrong password":              {set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("platform-a:wrong"))), 401},
	} {
		status, text := b.send(http.MethodPut, "/v2/service_instances/header?accepts_incomplete=true", whole, c.change)
		if status != c.want || !strings.HasPrefix(strings.TrimSpace(text), "{") {
			b.t.Errorf("%s: %d %.200s, want %d", name, status, text, c.want)
		}
	}
}

func TestIdsWithAnyCharacters(t *testing.T) {
	t.Parallel()
	each(t, func(b *bed) {
		for _, id := range []string{
			"a/b", "a%2Fb", "../../etc", "..", "a b", "ü가", "?#&=", "'; DROP TABLE instance; --", `"\`, "last_operation", "%", "<b>", strings.Repeat("i", 400), "\u202e", "+",
		} {
			i := b.thing("sync")
			i.id = id
			if _, err := i.create(false); err != nil {
				b.t.Errorf("create %q: %v", id, err)
				continue
			}
			bind := osb.BindRequest{InstanceID: id, BindingID: id, ServiceID: i.service, PlanID: i.plan}
			bound, err := b.client.Bind(b.t.Context(), bind)
			if err != nil {
				b.t.Errorf("bind %q: %v", id, err)
			}
			got, err := b.client.GetBinding(b.t.Context(), osb.GetBindingRequest{InstanceID: id, BindingID: id})
			if err != nil || !bytes.Equal(got.Credentials, bound.Credentials) {
				b.t.Errorf("fetch the binding %q: %v", id, err)
			}
			if _, err := i.poll(""); err != nil {
				b.t.Errorf("poll %q: %v", id, err)
			}
			if _, err := i.remove(); err != nil {
				b.t.Errorf("delete %q: %v", id, err)
			}
		}
		b.agree(false)
		for _, id := range []string{strings.Repeat("i", 600), "\x00", "a\nb", "\xff"} {
			path := "/v2/service_instances/" + url.PathEscape(id)
			if status, text := b.send(http.MethodGet, path, "", nil); status < 400 || status >= 500 {
				b.t.Errorf("fetch %q: %d %.200s", id, status, text)
			}
			body := fmt.Sprintf(`{"service_id":%q,"plan_id":%q,"organization_guid":"o","space_guid":"s"}`, string(b.Offer.ID), string(b.Plan("sync").ID))
			if status, text := b.send(http.MethodPut, path, body, nil); status < 400 || status >= 500 {
				b.t.Errorf("create %q: %d %.200s", id, status, text)
			}
		}
	})
}
