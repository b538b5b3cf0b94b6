package record_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"naru/base/record"
)

// TestTreeAgreesWithTlog appends in uneven batches and compares every root with the
// reference implementation, across the first two levels of tiles.
func TestTreeAgreesWithTlog(t *testing.T) {
	t.Parallel()
	var (
		tree   record.Tree
		stored []tlog.Hash
	)
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, n := range at {
			out[i] = stored[n]
		}
		return out, nil
	})
	tiles := map[string][]tlog.Hash{}
	for batch := 1; tree.Size < 70_000; batch = batch*3/2 + 1 {
		leaves := make([]tlog.Hash, min(batch, 20_000))
		for i := range leaves {
			leaf := fmt.Appendf(nil, "entry %d", tree.Size+int64(i))
			leaves[i] = tlog.RecordHash(leaf)
			hashes, err := tlog.StoredHashesForRecordHash(tree.Size+int64(i), leaves[i], reader)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, hashes...)
		}
		before := tree
		var changed []record.Tile
		tree, changed = tree.Append(leaves)
		for _, tile := range changed {
			tiles[fmt.Sprint(tile.Level, "/", tile.Number)] = tile.Hashes
		}
		want, err := tlog.TreeHash(tree.Size, reader)
		if err != nil {
			t.Fatal(err)
		}
		if tree.Root() != want {
			t.Fatalf("root at size %d is %v, want %v", tree.Size, tree.Root(), want)
		}
		if again, _ := before.Append(leaves); again.Root() != want {
			t.Fatalf("appending twice from size %d gives another root", before.Size)
		}
		if loaded := load(tree.Size, tiles); loaded.Root() != want {
			t.Fatalf("tree of size %d loaded from its tiles has another root", tree.Size)
		}
	}
}

// load rebuilds a tree from the tiles that EdgeTiles asks for.
func load(size int64, tiles map[string][]tlog.Hash) record.Tree {
	var partial [][]tlog.Hash
	for _, edge := range record.EdgeTiles(size) {
		row := tiles[fmt.Sprint(edge.Level, "/", edge.Number)]
		partial = append(partial, append([]tlog.Hash(nil), row[:len(edge.Hashes)]...))
	}
	return record.NewTree(size, partial)
}

func exported(t *testing.T, leaves ...string) (file, verifier string) {
	t.Helper()
	signing, verifier, err := record.NewKey(rand.Reader, "naru.test/record")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := record.NewSigner(signing)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	x, err := record.NewExporter(&out, verifier)
	if err != nil {
		t.Fatal(err)
	}
	var tree record.Tree
	for i, leaf := range leaves {
		hash := tlog.RecordHash([]byte(leaf))
		if err := x.Entry(record.Stored{Index: int64(i), Leaf: []byte(leaf), Hash: hash}); err != nil {
			t.Fatal(err)
		}
		tree, _ = tree.Append([]tlog.Hash{hash})
	}
	checkpoint, err := signer.Checkpoint(tree.Size, tree.Root())
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(checkpoint); err != nil {
		t.Fatal(err)
	}
	return out.String(), verifier
}

func TestVerify(t *testing.T) {
	t.Parallel()
	leaf := func(op, outcome string) string {
		return `{"at":"2026-01-02T03:04:05Z","op":"` + op + `","outcome":"` + outcome + `","call":"c","user":"u","role":"r"}`
	}
	approve, deny := leaf("contract.approve", "done"), leaf("contract.approve", "denied")
	file, verifier := exported(t, leaf("inventory.import", "done"), deny, approve)
	_, other := exported(t)
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	lines := strings.SplitAfter(file, "\n")

	tests := map[string]struct {
		file, verifier string
		faults         []string
	}{
		"an untouched record passes":                  {file, verifier, nil},
		"the key in the file is used when none given": {file, "", nil},
		"an edited leaf is found by its hash":         {strings.Replace(file, b64(deny), b64(approve), 1), verifier, []string{"record.edited", "record.root_differs"}},
		"an edited leaf with a new hash fails the root": {
			strings.NewReplacer(b64(deny), b64(approve), tlog.RecordHash([]byte(deny)).String(), tlog.RecordHash([]byte(approve)).String()).Replace(file),
			verifier,
			[]string{"record.root_differs"},
		},
		"a removed entry leaves a gap":         {lines[0] + lines[1] + lines[3] + lines[4], verifier, []string{"record.gap", "record.size_differs"}},
		"a removed checkpoint is no signature": {lines[0] + lines[1], verifier, []string{"record.bad_signature"}},
		"another key is named":                 {file, other, []string{"record.other_key", "record.bad_signature"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := record.Verify(strings.NewReader(tt.file), tt.verifier)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := fmt.Sprint(report.Faults), fmt.Sprint(tt.faults); got != want {
				t.Errorf("faults %v, want %v", got, want)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("")
	f.Add(`{"naru_record":1,"verifier":"x"}` + "\n" + `{"i":0,"hash":"a","leaf":"e30="}` + "\n" + `{"checkpoint":"y"}`)
	f.Fuzz(func(t *testing.T, file string) {
		report, err := record.Verify(strings.NewReader(file), "")
		if err == nil && report.OK() {
			t.Errorf("a record without a valid signature passed: %q", file)
		}
	})
}
