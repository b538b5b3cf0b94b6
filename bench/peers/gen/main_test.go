package main

import (
	"bytes"
	"os"
	"testing"
)

func TestTheGeneratedRulesAreThoseOfTheLaw(t *testing.T) {
	t.Parallel()
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../hand/hand.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("hand/hand.go is stale: run go generate ./... in bench/peers")
	}
}
