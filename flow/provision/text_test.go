package provision_test

import (
	"testing"

	"naru"
	"naru/flow/provision"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
)

// A name with a character that PostgreSQL keeps in no text would be taken in with the update
// and could not be stored when it ends: the update would begin to end for ever.
func TestANameThatCannotBeKeptIsTidied(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := running(r, "sync")
		update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Label: "a\x00b"})
		if end := until(r, i.ID, provision.Ready); end.Label != "a b" || end.Change.Fault.Key != "" {
			t.Errorf("renamed: %q, %+v", end.Label, end.Change)
		}
		r.Order("sync", nil)
		in := provision.CreateIn{Plan: r.Plan("sync").ID, PlatformID: "i-1", Label: "c\x00d"}
		if made := testroad.Do(r, r.Platform(), r.Ops.Create, in); made.Label != "c d" {
			t.Errorf("the name is kept as %q", made.Label)
		}
	})
}

func TestAnIDThatCannotBeKeptIsRefused(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := running(r, "sync")
		for _, id := range []string{"a\x00b", "a\xffb"} {
			err := try(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: i.ID, PlatformID: id})
			if naru.KindOf(err) != naru.Invalid {
				t.Errorf("%q: %v", id, err)
			}
		}
	})
}
