package policy

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"naru"
)

func TestFactsComeBackFromTheirOwnForm(t *testing.T) {
	t.Parallel()
	s := testSchema(t)
	rng := rand.New(rand.NewPCG(13, 17))
	for range 5000 {
		f := someFacts(rng, s, 3)
		data := s.Encode(&f)
		var own Facts
		if !s.decodeOwn(data, &own) {
			t.Fatalf("%s was not read as naru's own form", data)
		}
		slow, err := s.decodeAny(data)
		if err != nil || own != slow || !bytes.Equal(s.Encode(&own), data) {
			t.Fatalf("%s: fast %s, slow %s, err %v", data, s.Encode(&own), s.Encode(&slow), err)
		}
	}
}

// FuzzDecodeOwnAgreesWithJSON: what the fast reader takes, the general one reads the
// same; neither panics.
func FuzzDecodeOwnAgreesWithJSON(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a.yes":true,"a.n":5,"a.day":"2020-02-29","a.kind":"k2","a.set":["s1","s3"]}`, `{"a.n":01}`, `{"a.n":1e3}`, `{"a.n":-0}`,
		`{"a.set":[]}`, `{"a.set":["s3","s1"]}`, `{"a.set":["s1","s1"]}`, `{"a.yes":true,}`, `{"a.n":1,"a.yes":true}`, `{"a.yes":null}`, `{"a.n":1001}`, ` {}`, `{"a.day":"2020-02-30"}`,
	} {
		f.Add([]byte(text))
	}
	s := testSchema(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var own Facts
		if !s.decodeOwn(data, &own) {
			_, _ = s.Decode(data)
			return
		}
		if slow, err := s.decodeAny(data); err != nil || slow != own {
			t.Errorf("%q: fast %s, slow %s, err %v", data, s.Encode(&own), s.Encode(&slow), err)
		}
	})
}

func TestBadFactsAreRefusedByName(t *testing.T) {
	t.Parallel()
	s := testSchema(t)
	for text, want := range map[string]string{
		`{"a.colour":1}`: "a.colour", `{"a.kind":"k9"}`: "k9", `{"a.n":-1}`: "-1", `{"a.n":1.5}`: "1.5", `{"a.n":1001}`: "1001", `{"a.yes":"yes"}`: "yes",
		`{"a.set":["s1","s9"]}`: "s9", `{"a.set":"s1"}`: "s1", `{"a.day":"2020-02-30"}`: "2020-02-30", `[1]`: "", `{"a.n":`: "",
	} {
		_, err := s.Decode([]byte(text))
		if naru.KindOf(err) != naru.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want a refusal that names %q", text, err, want)
		}
	}
	if f, err := s.Decode([]byte(`{"a.yes":null,"a.no":false}`)); err != nil || f.Known != 1<<1 {
		t.Errorf("null is not unknown or false is not known: %+v, %v", f.Known, err)
	}
}

func TestFactsOfAComponentOverlayThoseOfItsSystem(t *testing.T) {
	t.Parallel()
	s := testSchema(t)
	f, own := *given(t, s, "a.yes", true, "a.n", 3), *given(t, s, "a.n", 0, "a.no", false)
	f.Merge(&own)
	if got := string(s.Encode(&f)); got != `{"a.yes":true,"a.no":false,"a.n":0}` {
		t.Errorf("merged facts are %s", got)
	}
}

func TestSchemasThatCannotBeLaidOutAreRefused(t *testing.T) {
	t.Parallel()
	many := make([]Field, MaxFields+1)
	for name, fields := range map[string][]Field{
		"too many": many, "twice": {{Key: "a", Type: Bool}, {Key: "a", Type: Int}},
		"no codes": {{Key: "a", Type: Enum}}, "too many codes": {{Key: "a", Type: Set, Codes: make([]Code, 63)}},
	} {
		if _, err := NewSchema(fields...); err == nil {
			t.Errorf("a schema with %s was taken", name)
		}
	}
}
