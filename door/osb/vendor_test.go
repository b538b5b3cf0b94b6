package osb

import (
	"encoding/json"
	"strings"
	"testing"

	"naru/flow/catalog"
	"naru/flow/provision"
)

func TestVendorFieldsOfAProviderReachThePlatform(t *testing.T) {
	t.Parallel()
	s, err := serviceOf(provision.Offered{Offer: catalog.Offer{
		Service: catalog.Service{ID: "svc_000001", Slug: "db", Wire: []byte(`{"id":"x","name":"theirs","x-sla":{"hours":4}}`)},
		Plans:   []catalog.Plan{{ID: "pln_1", Slug: "small", Wire: []byte(`{"id":"y","aiven_plan":"x-1"}`)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"x-sla":{"hours":4}`, `"aiven_plan":"x-1"`, `"id":"svc_000001"`, `"id":"pln_1"`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s lacks %s", raw, want)
		}
	}
}
