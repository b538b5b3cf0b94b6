package policy_test

import (
	"testing"

	"naru/base/policy"
	"naru/flow/inventory"
	"naru/packs/law"
)

func TestSmoke(t *testing.T) {
	set, err := policy.Load(inventory.Facts(), law.Files)
	if err != nil {
		t.Fatal(err)
	}
	r := set.Test()
	for _, f := range r.Failures {
		t.Errorf("%+v", f)
	}
	for _, c := range r.Uncovered() {
		t.Errorf("uncovered %+v", c)
	}
	t.Log(r.Cases)
}
