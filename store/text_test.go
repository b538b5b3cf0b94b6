package store_test

import (
	"context"
	"testing"

	"naru"
	"naru/base/op"
	"naru/base/record"
	"naru/internal/testdb"
	"naru/store"
)

// TestATextThatIsNoneReachesNoEngine writes texts that PostgreSQL does not take: who brings one
// is told so, and neither the writes of others nor what is remembered falls with it.
func TestATextThatIsNoneReachesNoEngine(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		counter := counters(t, db)
		for _, text := range []string{"a\x00b", "a\xffb"} {
			for name, write := range map[string]func(context.Context, *store.Tx) error{
				"put": func(ctx context.Context, tx *store.Tx) error {
					bad := counter
					bad.ID, bad.Label = "ins_bad", text
					return tx.PutInstance(ctx, bad)
				},
				"recorded": func(ctx context.Context, tx *store.Tx) error {
					e := entry(1)
					e.Subjects = []string{text}
					return tx.AppendEntries(ctx, []record.Entry{e})
				},
				"asked for": func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.Lease(ctx, text)
					return err
				},
				"changed": func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.Hasten(ctx, "task", text, testdb.Noon)
					return err
				},
			} {
				err := db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error { return write(ctx, tx.(*store.Tx)) })
				if naru.KindOf(err) != naru.Invalid {
					t.Errorf("%q is %s: %v", text, name, err)
				}
			}
			err := db.Read(t.Context(), func(ctx context.Context, tx any) error {
				_, err := tx.(*store.Tx).Lease(ctx, text)
				return err
			})
			if naru.KindOf(err) != naru.Invalid {
				t.Errorf("%q is read: %v", text, err)
			}
		}
		before := db.Statements()
		must(t, db.Read(t.Context(), func(ctx context.Context, tx any) error {
			_, err := tx.(*store.Tx).Instance(ctx, instanceID(0))
			return err
		}))
		if n := db.Statements() - before; n != 0 {
			t.Errorf("what was remembered is gone: %d statements", n)
		}
	})
}
