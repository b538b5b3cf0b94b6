package main

import (
	"log/slog"
	"testing"
	"testing/fstest"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/flow/ledger"
	packs "naru/packs/law"
)

// A naru that comes up under another law than its standing decisions rest on decides
// the nation again, once.
func TestTheNationIsDecidedAgainWhenTheLawHasChanged(t *testing.T) {
	t.Parallel()
	s, err := open(t.Context(), config{Dir: t.TempDir(), Origin: "naru.test/record"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	if _, _, err := s.settle(t.Context(), 60); err != nil {
		t.Fatal(err)
	}
	if err := s.runner.Drain(t.Context(), s.work(), 100); err != nil {
		t.Fatal(err)
	}
	runs := func() (n int) {
		t.Helper()
		if err := s.redecide(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, err := op.Do(t.Context(), s.runner, s.asNaru("test"), s.steps.Ledger.Entries, ledger.EntriesIn{Limit: naru.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list.Rows {
			if e.Op == "decide.renew" {
				n++
			}
		}
		return n
	}
	if n := runs(); n != 0 {
		t.Errorf("decided %d times although the law is the same", n)
	}
	older, err := policy.Load(inventory.Facts(), onePack(t))
	if err != nil {
		t.Fatal(err)
	}
	now := s.steps.Decide
	s.steps.Decide = decide.New(law.NewBook(older))
	if n := runs(); n != 1 {
		t.Errorf("decided %d times under another law, want once", n)
	}
	s.steps.Decide = now
	runs()
	if n := runs(); n != 2 {
		t.Errorf("decided %d times back under the first law, want twice in all", n)
	}
}

// onePack is a law of one instrument only.
func onePack(t *testing.T) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{}
	for _, name := range []string{"authorities.yaml", "sources.yaml", "INT2023/pack.yaml", "INT2023/cases.yaml"} {
		data, err := packs.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: data}
	}
	return fsys
}
