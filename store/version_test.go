package store

import "testing"

// TestMemoryNeverGoesBack commits while a reader already sees what another process made of
// the database after that commit: what this process changed is behind by then, and must
// not be shown beside what was read since.
func TestMemoryNeverGoesBack(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name            string
		commits         bool // the group changed something
		mark, elsewhere int64
	}{
		{"after a commit", true, 5, 6},
		{"after a group that only read", false, 4, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCache(newKnownIDs(nil))
			c.seen(4)
			own := newLayer()
			own.entries["a"] = &entry{value: "old", tables: []string{"instance"}}
			if test.commits {
				own.tables["instance"] = coarsely
				c.committing(test.mark)
			}
			c.seen(test.elsewhere) // by a reader
			c.keep("b", &entry{value: "new", tables: []string{"instance"}}, test.elsewhere)
			c.committed(own, test.mark)
			if got := c.current(); got != test.elsewhere {
				t.Errorf("memory is of version %d, though %d was seen", got, test.elsewhere)
			}
			if e, _ := c.get("a"); e != nil {
				t.Errorf("%v of version %d is shown at version %d", e.value, test.mark, test.elsewhere)
			}
			if e, _ := c.get("b"); e == nil {
				t.Error("what was read at the newest version is forgotten")
			}
			c.seen(test.elsewhere + 1) // no commit is under way any more
			if got := c.current(); got != test.elsewhere+1 {
				t.Errorf("memory stays at version %d after %d was seen", got, test.elsewhere+1)
			}
		})
	}
}
