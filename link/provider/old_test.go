package provider_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"naru/flow/provision"
	"naru/link/provider"
	"naru/wire/osb"
)

// TestAnOldBrokerIsServedInItsVersion takes a broker that knows version 2.13 through a life: its catalogue
// tells the version, and later calls keep to it.
func TestAnOldBrokerIsServedInItsVersion(t *testing.T) {
	t.Parallel()
	var seen []string
	to := lie(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		version := osb.Profile(r.Header.Get(osb.HeaderVersion))
		if slices.Index(osb.Profiles(), version) < slices.Index(osb.Profiles(), "2.13") {
			w.WriteHeader(http.StatusPreconditionFailed)
			_, _ = io.WriteString(w, `{"description":"not this version"}`)
			return
		}
		seen = append(seen, r.Method+" "+r.URL.String()+" "+string(version)+" "+r.Header.Get(osb.HeaderRequestID)+" "+string(body))
		switch {
		case r.URL.Path == "/v2/catalog":
			_, _ = io.WriteString(w, `{"services":[{"id":"s","name":"n","description":"d","bindable":true,"plans":[{"id":"p","name":"n","description":"d"}]}]}`)
		case r.Method == http.MethodPut:
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"credentials":{"key":"k"}}`)
		default:
			_, _ = io.WriteString(w, `{}`)
		}
	})
	to.ID = "prv_old"
	l := provider.New(provider.Config{Loopback: true})
	defer l.Close()
	got, err := l.Catalog(t.Context(), to)
	if err != nil || got.Version != "2.13" || len(got.Services) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	to.BrokerVersion = got.Version
	r := provision.Request{Step: provision.Put, Provider: to, Instance: "i", Service: "s", Plan: "p", Institution: "o", System: "y", Call: "c"}
	want(t, "create", l.Call(t.Context(), r), provision.Done, "")
	r.Binding = "b"
	want(t, "bind", l.Call(t.Context(), r), provision.Done, "")
	r.Step = provision.Fetch
	want(t, "fetch the binding", l.Call(t.Context(), r), provision.Rejected, "provision.provider_too_old")
	r.Step = provision.Delete
	want(t, "unbind", l.Call(t.Context(), r), provision.Done, "")
	all := strings.Join(seen, "\n")
	if strings.Count(all, " 2.13 ") != len(seen) || strings.Contains(all, "service_bindings/b?accepts_incomplete") || strings.Contains(all, "maintenance_info") {
		t.Errorf("it was sent\n%s", all)
	}
	to.BrokerVersion, to.VersionSet = "2.17", true
	if _, err := l.Catalog(t.Context(), to); err == nil {
		t.Error("a version that was set by hand was searched for")
	}
}
