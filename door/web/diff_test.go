package web

import (
	"strings"
	"testing"
)

func TestTextsAreComparedLineByLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ was, is, want string }{
		"equal texts have no change":           {"a\nb", "a\nb", ""},
		"a changed line went and came":         {"a\nb\nc", "a\nx\nc", " a|-b|+x| c"},
		"a new line comes":                     {"a\nc", "a\nb\nc", " a|+b| c"},
		"a line goes":                          {"a\nb\nc", "a\nc", " a|-b| c"},
		"what is far from changes is left out": {"1\n2\n3\n4\n5\n6\n7\n8\n9", "x\n2\n3\n4\n5\n6\n7\n8\ny", "-1|+x| 2| 3|…| 7| 8|-9|+y"},
		"moved lines are found":                {"a\nb\nc\nd", "c\nd\na\nb", "-a|-b| c| d|+a|+b"},
		"an empty text is filled":              {"", "a", "-|+a"},
	} {
		var parts []string
		for _, l := range diff(c.was, c.is) {
			parts = append(parts, l.Sign+l.Text)
		}
		if got := strings.Join(parts, "|"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
