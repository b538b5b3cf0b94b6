package provision_test

import (
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
)

// asking serves a front that adds a field to every binding a broker gives: to the answer of
// the bind, and to that of the fetch after an asynchronous one.
func asking(t *testing.T, target, field string) string {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to) },
		ModifyResponse: func(a *http.Response) error {
			raw, err := io.ReadAll(a.Body)
			if err != nil {
				return err
			}
			text := strings.Replace(string(raw), `{"credentials"`, `{`+field+`,"credentials"`, 1)
			a.Body, a.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
			a.Header.Del("Content-Length")
			return nil
		},
	}
	return testbroker.NewFrontOver(t, proxy).URL
}

func TestABindingThatAsksForWhatIsNotAnnouncedIsRefusedAndCleanedUp(t *testing.T) {
	t.Parallel()
	for what, field := range map[string]string{
		"syslog_drain":     `"syslog_drain_url":"syslog://drain.example:514"`,
		"route_forwarding": `"route_service_url":"https://route.example/x"`,
		"volume_mount":     `"volume_mounts":[{"driver":"d","container_dir":"/c","mode":"rw","device_type":"shared","device":{"volume_id":"v"}}]`,
	} {
		for _, slug := range []string{"sync", "async"} {
			t.Run(what+" "+slug, func(t *testing.T) {
				t.Parallel()
				testdb.Each(t, func(t *testing.T, db *store.DB) {
					r := testroad.New(t, db)
					i := running(r, slug)
					redirect(r, asking(t, r.Broker.URL, field), "")
					b := testroad.Do(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: i.ID})
					end := untilBinding(r, b.ID, provision.Failed)
					if end.Fault.Key != "provision.not_required" || end.Fault.Args["what"] != what {
						t.Errorf("fault: %+v", end.Fault)
					}
					for _, h := range held(r) {
						if len(h.BindingIDs) != 0 {
							t.Errorf("left at the broker: %v", h.BindingIDs)
						}
					}
				})
			})
		}
	}
}
