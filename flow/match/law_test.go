package match_test

import (
	"errors"
	"os"
	"testing"

	"naru"
	"naru/base/policy"
	"naru/flow/inventory"
)

// testLaw loads a small instrument made for tests, so that real ones may change.
func testLaw(t testing.TB) *policy.Instruments {
	t.Helper()
	set, err := policy.Load(inventory.Facts(), os.DirFS("testdata/law"))
	var refusal *naru.Error
	if errors.As(err, &refusal) {
		t.Fatalf("%v %+v", err, refusal.Problems)
	}
	if err != nil {
		t.Fatal(err)
	}
	return set
}
