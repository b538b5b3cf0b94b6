package locale

import (
	"fmt"
	"slices"
	"strings"
)

// template is a text cut at its placeholders. A placeholder is {name}, with a Korean
// particle {name|을}, and with a look-up {name@role}, which words the value by the key
// "role.<value>" where there is one.
type template []piece

// piece is plain text followed by at most one argument.
type piece struct {
	text, arg, look, particle string
}

func parse(text string) (template, error) {
	var t template
	for text != "" {
		plain, rest, found := strings.Cut(text, "{")
		if !found {
			return append(t, piece{text: plain}), nil
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, fmt.Errorf("a brace is not closed in %q", text)
		}
		p, err := parsePlaceholder(inner)
		if err != nil {
			return nil, err
		}
		p.text = plain
		t, text = append(t, p), after
	}
	return t, nil
}

func parsePlaceholder(inner string) (piece, error) {
	var p piece
	name, tail, _ := strings.Cut(inner, "|")
	p.particle = tail
	p.arg, p.look, _ = strings.Cut(name, "@")
	if p.arg == "" || strings.ContainsAny(p.arg, " \t\"") {
		return p, fmt.Errorf("placeholder {%s} has no name", inner)
	}
	if p.particle != "" && !slices.Contains(particles(), p.particle) {
		return p, fmt.Errorf("placeholder {%s}: particle must be one of %s", inner, strings.Join(particles(), " "))
	}
	return p, nil
}
