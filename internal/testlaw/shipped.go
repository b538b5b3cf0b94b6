package testlaw

import (
	"sync"
	"testing"

	"naru/base/policy"
	"naru/flow/inventory"
	packs "naru/packs/law"
)

// load reads the instruments at the first call. They are never changed, so tests share them.
var load = sync.OnceValues(func() (*policy.Instruments, error) {
	return policy.Load(inventory.Facts(), packs.Files)
})

// Shipped returns the instruments that ship.
func Shipped(t testing.TB) *policy.Instruments {
	t.Helper()
	set, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return set
}
