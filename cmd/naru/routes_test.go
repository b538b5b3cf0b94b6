package main

import (
	"crypto/rand"
	"testing"

	"naru/flow"
	"naru/store"
	"naru/wire/api"
)

func TestEveryOperationHasItsOwnRouteAndFitsTheStore(t *testing.T) {
	t.Parallel()
	list, err := flow.New(nil, "", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	names, places := map[string]bool{}, map[string]string{}
	for _, o := range list.All() {
		name := o.Info().Name
		if names[name] {
			t.Errorf("operation %s stands twice in the list", name)
		}
		names[name] = true
		r := api.Find(name)
		if r.Op != name {
			t.Errorf("route of %s is that of %s", name, r.Op)
		}
		at := r.Method + " " + r.Path
		if other, taken := places[at]; taken {
			t.Errorf("%s and %s are both at %s", name, other, at)
		}
		places[at] = name
		if err := o.Fits(&store.Tx{}); err != nil {
			t.Error(err)
		}
	}
	for _, r := range api.Routes() {
		if !names[r.Op] {
			t.Errorf("route %s %s leads to %s, which is no operation", r.Method, r.Path, r.Op)
		}
	}
	if len(names) < 50 {
		t.Errorf("only %d operations are wired", len(names))
	}
}
