package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"naru"
)

// maxFaults bounds how many faults of one set are reported at once.
const maxFaults = 100

// Fault is one mistake in a pack: where it stands and what is wrong. Key is the
// message key after "policy.fault."; Detail names the value or quotes the compiler.
type Fault struct {
	File   string
	Line   int // from 1
	Column int // from 1
	Key    string
	Detail string
}

// String writes the fault as compilers do: file:line:column: what.
func (f Fault) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s", f.File, f.Line, f.Column, f.Key, f.Detail)
}

// faults collects the mistakes of a set, so that an author sees all at once.
type faults []Fault

func (fs *faults) add(f Fault) {
	if len(*fs) < maxFaults {
		*fs = append(*fs, f)
	}
}

// err returns nil when there is no fault, else one refusal that carries them all.
func (fs faults) err() error {
	if len(fs) == 0 {
		return nil
	}
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	problems := make([]naru.Problem, len(fs))
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
		problems[i] = naru.Problem{Row: f.Line, Column: strconv.Itoa(f.Column), Field: f.File, Message: naru.Msg(
			"policy.fault."+f.Key, "file", f.File, "line", strconv.Itoa(f.Line), "column", strconv.Itoa(f.Column), "detail", f.Detail)}
	}
	return naru.NewError(naru.Invalid, "policy.pack_refused", "count", strconv.Itoa(len(fs))).
		WithProblems(problems).WithCause(fmt.Errorf("%s", strings.Join(lines, "\n")))
}
