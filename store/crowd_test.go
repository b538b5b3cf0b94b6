package store

import (
	"context"
	"path/filepath"
	"testing"

	"naru/base/op"
)

// TestOneWriterIsSoonAloneAgain writes one after the other where many wrote at once before:
// the crowd that groups wait for has to be forgotten after a few of them, not after as many
// as there were in it.
func TestOneWriterIsSoonAloneAgain(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "naru.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	db.writer.crowd = 200 // read by the writer with the first job, not before
	for range 10 {
		err := db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error { return tx.DeleteTask(ctx, "none") })
		if err != nil {
			t.Error(err)
		}
	}
	if err := db.Close(); err != nil { // the writer has ended
		t.Fatal(err)
	}
	if db.writer.crowd > 3 {
		t.Errorf("after ten writes of one writer, groups still wait for %d", db.writer.crowd)
	}
}
