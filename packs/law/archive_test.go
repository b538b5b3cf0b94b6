package law_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"naru"
	"naru/base/policy"
	"naru/flow/inventory"
)

// TestTheLawOfAnyDayIsRecalledFromItsCanonicalForms reads every pack back from the bytes
// its digest is of, and decides the same by what was read.
func TestTheLawOfAnyDayIsRecalledFromItsCanonicalForms(t *testing.T) {
	t.Parallel()
	set := load(t)
	schema := inventory.Facts()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, date := range []naru.Date{"2015-09-28", "2017-03-02", "2019-03-01", "2019-12-02", "2020-07-01", "2022-06-01", "2024-05-01", "2026-03-01"} {
		now, err := set.InForce(date)
		if err != nil {
			t.Fatal(err)
		}
		var packs []*policy.Pack
		for _, p := range now.Instruments() {
			again, err := policy.Restore(schema, p.Canonical())
			if err != nil {
				t.Fatal(err)
			}
			if again.Digest != p.Digest || !bytes.Equal(again.Canonical(), p.Canonical()) {
				t.Errorf("%s does not read back", p.Key)
			}
			packs = append(packs, again)
		}
		then := policy.Recall(schema, date, packs)
		if then.Digest() != now.Digest() {
			t.Errorf("%s: digest %s, recalled %s", date, now.Digest(), then.Digest())
		}
		for range 300 {
			f := draw(rng, schema)
			if a, b := now.Outcomes(&f), then.Outcomes(&f); a != b {
				t.Fatalf("%s: %v, recalled %v for %s", date, a, b, schema.Encode(&f))
			}
		}
	}
}

func TestWhatIsNotACanonicalFormIsNotRestored(t *testing.T) {
	t.Parallel()
	p := load(t).Packs()[0]
	form := p.Canonical()
	for name, bad := range map[string][]byte{
		"no JSON":       []byte("{"),
		"another order": append([]byte(" "), form...),
		"a fact gone":   bytes.Replace(form, []byte("institution.kind"), []byte("institution.kine"), 1),
	} {
		if _, err := policy.Restore(inventory.Facts(), bad); err == nil {
			t.Errorf("%s is restored", name)
		}
	}
}
