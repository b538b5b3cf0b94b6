package op

import "testing"

// Only what was made due by the run that committed has the queue looked through: a store may
// run an operation several times.
func TestARowThatWasMadeDueIsLookedForAfterTheCommit(t *testing.T) {
	t.Parallel()
	var c Call
	c.Wake()
	c.reset()
	if c.committed() {
		t.Error("the queue is looked through because of a run that was undone")
	}
	c.Wake()
	if !c.committed() {
		t.Error("the row that was made due waits for the next look")
	}
}
