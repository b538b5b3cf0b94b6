package osb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"naru/wire/osb"
)

// FuzzParseIdentity: what is read renders to something that reads the same.
func FuzzParseIdentity(f *testing.F) {
	for _, seed := range []string{identity, "naru", " ", "a b", "naru e30=", "naru bnVsbA==", "한글 e30=", "x  e30=", "\xff e30=", "naru eyJhIjoi/yJ9"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		first, err := osb.ParseIdentity(header)
		if err != nil {
			return
		}
		second, err := osb.ParseIdentity(first.String())
		if err != nil || second.Platform != first.Platform || !bytes.Equal(second.Value, first.Value) {
			t.Fatalf("%q: %+v then %+v, %v", header, first, second, err)
		}
		if !utf8.ValidString(first.Platform) || !utf8.Valid(first.Value) { // it is kept as text
			t.Fatalf("%q is read as %+v", header, first)
		}
	})
}

// FuzzETagMatches: a tag matches itself alone, in a list and weak, whatever stands in it.
func FuzzETagMatches(f *testing.F) {
	for _, seed := range []string{`"a"`, `W/"a"`, `*`, `"a", "b"`, `,,"`, `W/`, `"a"b"c"`} {
		f.Add(seed, "v")
	}
	f.Fuzz(func(t *testing.T, header, value string) {
		osb.ETagMatches(header, `"v"`)
		if strings.ContainsAny(value, "\"") {
			return
		}
		tag := `"` + value + `"`
		for _, list := range []string{tag, "W/" + tag, `"x", ` + tag, "*", tag + `, W/"x"`} {
			if !osb.ETagMatches(list, tag) || !osb.ETagMatches(list, "W/"+tag) {
				t.Fatalf("%q does not match %q", list, tag)
			}
		}
	})
}

// FuzzCatalog: what is read and written again says the same, vendor fields too.
func FuzzCatalog(f *testing.F) {
	for _, seed := range []string{`{"services":[]}`, `{"x":1,"services":[{"id":"s","y":[1.0],"plans":[{"id":"p","z":{"a":null},"schemas":{}}]}]}`, `{"services":[{"metadata":null,"plans":null}]}`, `{}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var first, second osb.Catalog
		if json.Unmarshal(raw, &first) != nil {
			return
		}
		_ = first.Problems()
		once, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(once, &second); err != nil {
			t.Fatalf("%s: %v", once, err)
		}
		if twice, err := json.Marshal(second); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%s became %s, %v", once, twice, err)
		}
	})
}

// FuzzHandler: any body is answered in JSON with a status of the specification, and what the broker
// sees satisfies the required fields.
func FuzzHandler(f *testing.F) {
	for _, seed := range []string{goodProvision, goodBind, `{"predecessor_binding_id":"a"}`, `{"service_id":"s"}`, `{`, `null`, `[]`, `{"context":null,"parameters":7}`, "\x00", `{"maintenance_info":{"version":""}}`} {
		for method := range 3 {
			f.Add(method, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, which int, body []byte) {
		broker := &echoBroker{}
		h := osb.Handler(broker, osb.BasicAuth(testUser, testPassword))
		method, path := http.MethodPut, "/v2/service_instances/i"
		switch which % 3 {
		case 1:
			method = http.MethodPatch
		case 2:
			path += "/service_bindings/b"
		}
		request := httptest.NewRequest(method, path, bytes.NewReader(body))
		request.SetBasicAuth(testUser, testPassword)
		request.Header.Set(osb.HeaderVersion, osb.Version)
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, request)
		if !json.Valid(recorder.Body.Bytes()) {
			t.Fatalf("answer is not JSON: %q", recorder.Body)
		}
		switch recorder.Code {
		case 200, 201, 400, 413:
		default:
			t.Fatalf("status %d for %q", recorder.Code, body)
		}
		if r, ok := broker.seen.(osb.ProvisionRequest); ok && (r.ServiceID == "" || r.PlanID == "" || r.OrganizationGUID == "" || r.SpaceGUID == "") {
			t.Fatalf("broker saw %+v", r)
		}
	})
}

// fixed answers every request with the same status and body.
type fixed struct {
	status int
	body   []byte
}

func (f fixed) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: f.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(f.body))}, nil
}

// FuzzClient: no answer makes the client panic, and a success satisfies the specification.
func FuzzClient(f *testing.F) {
	for _, seed := range []string{`{}`, `{"credentials":{}}`, `{"state":"succeeded"}`, `{"records":[]}`, `{"services":[]}`, `[]`, `{"operation":null}`, `{"metadata":{"expires_at":"2026-01-01T00:00:00.0Z"}}`} {
		for _, status := range []int{200, 201, 202, 204, 410, 500} {
			f.Add(status, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		client, err := osb.NewClient(osb.ClientConfig{URL: "http://broker.invalid", Transport: fixed{status: status, body: body}})
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		for op, do := range callers(client) {
			err := do(ctx)
			var call *osb.CallError
			if err != nil && !errors.As(err, &call) {
				t.Fatalf("%s: %v is not a CallError", op, err)
			}
			if err == nil && (status < 200 || status > 202) {
				t.Fatalf("%s: status %d passed", op, status)
			}
		}
		if c, err := client.Catalog(ctx, osb.CatalogRequest{}); err == nil && len(c.Problems()) > 0 {
			t.Fatalf("catalog with problems passed: %v", c.Problems())
		}
		usage, err := client.Usage(ctx, osb.UsageRequest{From: time.Unix(0, 0), To: time.Unix(1, 0)})
		if err != nil {
			return
		}
		for _, line := range usage.Records {
			if line.Valid() != nil {
				t.Fatalf("usage line passed: %+v", line)
			}
		}
	})
}
