package ledger_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"

	"naru"
	"naru/base/op"
	"naru/base/record"
	"naru/flow/ledger"
	"naru/internal/testdb"
	"naru/store"
)

var (
	auditor = naru.Actor{User: "choi", Role: "auditor"}
	note    = op.Write("test.note", "inventory.edit", naru.Text{}, func(_ context.Context, c *op.Call, _ any, n int) (int, error) {
		c.Record([]string{fmt.Sprintf("obj_%d", n%3)}, "n", fmt.Sprint(n))
		return n, nil
	})
)

// bed is a database that is also open behind naru's back.
type bed struct {
	*op.Runner
	db       *store.DB
	back     *sql.DB
	ops      ledger.Ops
	signer   *record.Signer
	verifier string
}

func each(t *testing.T, test func(t *testing.T, b *bed)) {
	t.Helper()
	open := func(t *testing.T, driver, dsn string) {
		t.Parallel()
		db, err := store.Open(t.Context(), dsn, testdb.Sealer(t))
		fatal(t, err)
		back, err := sql.Open(driver, dsn)
		fatal(t, err)
		t.Cleanup(func() { fatal(t, errors.Join(back.Close(), db.Close())) })
		signing, verifier, err := record.NewKey(rand.Reader, "naru.test/record")
		fatal(t, err)
		signer, err := record.NewSigner(signing)
		fatal(t, err)
		test(t, &bed{testdb.Runner(db), db, back, ledger.New(verifier), signer, verifier})
	}
	t.Run("sqlite", func(t *testing.T) { open(t, "sqlite", testdb.SQLitePath(t)) })
	t.Run("postgres", func(t *testing.T) { open(t, "pgx", testdb.PostgresURL(t)) })
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bed) write(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		_, err := op.Do(t.Context(), b.Runner, b.CallFor(naru.Actor{User: "kim", Role: "operator"}), note, i)
		fatal(t, err)
	}
}

func (b *bed) sign(t *testing.T) bool {
	t.Helper()
	signed, err := ledger.Sign(t.Context(), b.db, b.signer)
	fatal(t, err)
	return signed
}

func (b *bed) export(t *testing.T) (*bytes.Buffer, int64, error) {
	t.Helper()
	var file bytes.Buffer
	n, err := ledger.WriteExport(t.Context(), &file, func(ctx context.Context, in ledger.ExportIn) (ledger.ExportOut, error) {
		return op.Do(ctx, b.Runner, b.CallFor(auditor), b.ops.Export, in)
	})
	return &file, n, err
}

func TestExportVerifiesAndAnEditBehindNarusBackIsNamed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		if _, _, err := b.export(t); naru.KindOf(err) != naru.Conflict {
			t.Fatalf("export without a checkpoint: %v, want a conflict", err)
		}
		b.write(t, 1300) // more than one page, more than one tile
		if !b.sign(t) || b.sign(t) {
			t.Fatal("a checkpoint is signed once per size")
		}
		b.write(t, 5) // not signed yet: not part of the export
		file, n, err := b.export(t)
		fatal(t, err)
		report, err := record.Verify(bytes.NewReader(file.Bytes()), b.verifier)
		fatal(t, err)
		if n != 1300 || !report.OK() || report.Entries != 1300 {
			t.Fatalf("exported %d, report %+v; want 1300 entries and no fault", n, report)
		}
		_, err = b.back.Exec(`UPDATE record_entry SET leaf = $1 WHERE idx = 777`, []byte(`{"op":"test.note","user":"lee"}`))
		fatal(t, err)
		file, _, err = b.export(t)
		fatal(t, err)
		report, err = record.Verify(file, b.verifier)
		fatal(t, err)
		if report.OK() || !slices.Equal(report.Edited, []int64{777}) {
			t.Errorf("report after an edit = %+v, want entry 777 named", report)
		}
	})
}

func TestARemovedEntryAndARewrittenHashAreFound(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		b.write(t, 40)
		b.sign(t)
		forged := []byte(`{"op":"test.note","user":"lee"}`)
		hash := record.LeafHash(forged)
		_, err := b.back.Exec(`UPDATE record_entry SET leaf = $1, hash = $2 WHERE idx = 7`, forged, hash[:])
		fatal(t, err)
		file, _, err := b.export(t)
		fatal(t, err)
		report, err := record.Verify(file, b.verifier)
		fatal(t, err)
		if !slices.Contains(report.Faults, "record.root_differs") {
			t.Errorf("faults = %v, want the signed root to differ", report.Faults)
		}
		_, err = b.back.Exec(`DELETE FROM record_entry WHERE idx = 39`)
		fatal(t, err)
		file, _, err = b.export(t)
		fatal(t, err)
		report, err = record.Verify(file, b.verifier)
		fatal(t, err)
		if !slices.Contains(report.Faults, "record.size_differs") {
			t.Errorf("faults = %v, want the signed size to differ", report.Faults)
		}
	})
}

func TestEntryIsProvenAgainstTheSignedRoot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		b.write(t, 600)
		b.sign(t)
		b.write(t, 1)
		get := func(i int64) ledger.EntryOut {
			t.Helper()
			out, err := op.Do(t.Context(), b.Runner, b.CallFor(auditor), b.ops.Entry, ledger.EntryIn{Index: i})
			fatal(t, err)
			return out
		}
		for _, i := range []int64{0, 1, 255, 256, 511, 512, 599} {
			if out := get(i); !out.Proven || out.Size != 600 || out.Op != "test.note" {
				t.Errorf("entry %d: proven %v against size %d, want proven against 600", i, out.Proven, out.Size)
			}
		}
		if out := get(600); out.Proven || out.Checkpoint != "" {
			t.Error("an entry no checkpoint covers yet must not be called proven")
		}
		_, err := b.back.Exec(`UPDATE record_entry SET leaf = $1 WHERE idx = 256`, []byte(`{"op":"test.note","user":"lee"}`))
		fatal(t, err)
		if out := get(256); out.Proven {
			t.Error("an edited entry is called proven")
		}
		for _, i := range []int64{-1, 601} {
			_, err := op.Do(t.Context(), b.Runner, b.CallFor(auditor), b.ops.Entry, ledger.EntryIn{Index: i})
			if naru.KindOf(err) != naru.NotFound {
				t.Errorf("entry %d: %v, want not found", i, err)
			}
		}
	})
}

func TestEntriesPageFromTheNewestAndBySubject(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		b.write(t, 25)
		list := func(who naru.Actor, in ledger.EntriesIn) (ledger.EntriesOut, error) {
			return op.Do(t.Context(), b.Runner, b.CallFor(who), b.ops.Entries, in)
		}
		var seen []int64
		for in := (ledger.EntriesIn{Limit: 10}); ; {
			out, err := list(auditor, in)
			fatal(t, err)
			for _, e := range out.Rows {
				seen = append(seen, e.Index)
			}
			if in.Before = out.Next; in.Before == 0 {
				break
			}
		}
		slices.Reverse(seen)
		if len(seen) != 25 || seen[0] != 0 || seen[24] != 24 || !slices.IsSorted(seen) {
			t.Errorf("paged through %v, want 24 down to 0", seen)
		}
		out, err := list(auditor, ledger.EntriesIn{Subject: "obj_1"})
		fatal(t, err)
		if len(out.Rows) != 8 || out.Rows[0].Subjects[0] != "obj_1" {
			t.Errorf("%d entries about obj_1, want 8", len(out.Rows))
		}
		if _, err := list(naru.Actor{User: "kim", Role: "officer", Institution: "a"}, ledger.EntriesIn{}); naru.KindOf(err) != naru.Denied {
			t.Errorf("an officer reads the record: %v, want denied", err)
		}
	})
}
