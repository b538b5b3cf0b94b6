package provision

import (
	"encoding/json"
	"testing"
	"time"

	"naru"
	"naru/flow/catalog"
)

func secretOf(t *testing.T, x Content) naru.Secret {
	t.Helper()
	s, err := x.Secret()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheWholeBindingIsKept(t *testing.T) {
	t.Parallel()
	want := Content{
		Credentials: json.RawMessage(`{"a":1}`), SyslogDrainURL: "syslog://u:p@h", RouteServiceURL: "https://r", VolumeMounts: json.RawMessage(`[{"driver":"nfs"}]`),
		Endpoints: json.RawMessage(`[{"host":"h","ports":["1"]}]`),
		Metadata:  json.RawMessage(`{"expires_at":"2026-06-01T00:00:00.0Z","renew_before":"2026-05-01T00:00:00.0Z"}`),
	}
	s := secretOf(t, want)
	got, err := OpenContent(s)
	if err != nil || string(mustJSON(t, got)) != string(mustJSON(t, want)) {
		t.Errorf("%s, %v", mustJSON(t, got), err)
	}
	expires, renew := lifeOf(s)
	if expires != time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) || renew != time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC) {
		t.Errorf("life: %v, %v", expires, renew)
	}
	if s := secretOf(t, Content{Endpoints: want.Endpoints, Metadata: want.Metadata}); !s.IsZero() {
		t.Error("a binding that gives nothing to use counts as one with content")
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestABindingAsksOnlyForWhatTheCatalogueAnnounces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		x        Content
		requires []string
		want     Outcome
	}{
		{"credentials alone", Content{Credentials: json.RawMessage(`{}`)}, nil, Done},
		{"a drain that is announced", Content{SyslogDrainURL: "s://h"}, []string{"syslog_drain"}, Done},
		{"a drain that is not", Content{SyslogDrainURL: "s://h"}, []string{"volume_mount"}, Invalid},
		{"a route that is not", Content{Credentials: json.RawMessage(`{}`), RouteServiceURL: "https://h"}, nil, Invalid},
		{"a route that is announced", Content{RouteServiceURL: "https://h"}, []string{"route_forwarding"}, Done},
		{"a volume that is not", Content{VolumeMounts: json.RawMessage(`[{}]`)}, []string{"syslog_drain"}, Invalid},
		{"a volume that is announced", Content{VolumeMounts: json.RawMessage(`[{}]`)}, []string{"volume_mount"}, Done},
	} {
		r := Request{Terms: catalog.Terms{Requires: tt.requires}}
		a := checkContent(r, Answer{Outcome: Done, Content: secretOf(t, tt.x)})
		if a.Outcome != tt.want || (a.Outcome == Invalid) != (a.Fault.Key == "provision.not_required") {
			t.Errorf("%s: %s, %+v", tt.name, a.Outcome, a.Fault)
		}
	}
}

func TestWhatIsNoMomentIsNone(t *testing.T) {
	t.Parallel()
	for _, metadata := range []string{``, `[]`, `{}`, `{"expires_at":"soon"}`, `{"expires_at":5}`} {
		s := secretOf(t, Content{Credentials: json.RawMessage(`{}`), Metadata: json.RawMessage(metadata)})
		if metadata == `` {
			s = secretOf(t, Content{Credentials: json.RawMessage(`{}`)})
		}
		if expires, renew := lifeOf(s); !expires.IsZero() || !renew.IsZero() {
			t.Errorf("%s: %v, %v", metadata, expires, renew)
		}
	}
}

func TestTheOrderOfAMomentIsTheOneItWasUnder(t *testing.T) {
	t.Parallel()
	terms := []Term{{Until: noon, Order: "ord_1"}, {Until: noon.Add(time.Hour), Order: "ord_2"}}
	for offset, want := range map[time.Duration]string{-time.Second: "ord_1", 0: "ord_2", time.Minute: "ord_2", time.Hour: "ord_3", 48 * time.Hour: "ord_3"} {
		if got := OrderAt(terms, "ord_3", noon.Add(offset)); string(got) != want {
			t.Errorf("at %v: %s, want %s", offset, got, want)
		}
	}
}
