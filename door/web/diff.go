package web

import "strings"

// diffLine is one line of a comparison of two texts: "+" came, "-" went, " " stands
// beside a change, "…" leaves out what did not change.
type diffLine struct{ Sign, Text string }

// maxDiff bounds the work of a comparison, in pairs of lines.
const maxDiff = 4 << 20

// diffBeside is how many unchanged lines stand around a change.
const diffBeside = 2

// diff compares two texts line by line: the longest run of lines common to both stays,
// the rest went or came.
func diff(was, is string) []diffLine {
	a, b := strings.Split(was, "\n"), strings.Split(is, "\n")
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var list []diffLine
	for _, s := range a[:head] {
		list = append(list, diffLine{" ", s})
	}
	list = append(list, middle(a[head:len(a)-tail], b[head:len(b)-tail])...)
	for _, s := range a[len(a)-tail:] {
		list = append(list, diffLine{" ", s})
	}
	return shorten(list)
}

// middle compares what differs at both ends.
func middle(a, b []string) (list []diffLine) {
	if len(a)*len(b) > maxDiff {
		return append(marked("-", a), marked("+", b)...)
	}
	common := make([][]int32, len(a)+1) // lengths of the longest common rest
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for k := len(b) - 1; k >= 0; k-- {
			common[i][k] = max(common[i+1][k], common[i][k+1])
			if a[i] == b[k] {
				common[i][k] = common[i+1][k+1] + 1
			}
		}
	}
	i, k := 0, 0
	for i < len(a) && k < len(b) {
		switch {
		case a[i] == b[k]:
			list = append(list, diffLine{" ", a[i]})
			i, k = i+1, k+1
		case common[i+1][k] >= common[i][k+1]:
			list = append(list, diffLine{"-", a[i]})
			i++
		default:
			list = append(list, diffLine{"+", b[k]})
			k++
		}
	}
	return append(append(list, marked("-", a[i:])...), marked("+", b[k:])...)
}

func marked(sign string, texts []string) []diffLine {
	list := make([]diffLine, len(texts))
	for i, s := range texts {
		list[i] = diffLine{sign, s}
	}
	return list
}

// shorten leaves out unchanged lines that stand far from every change.
func shorten(list []diffLine) []diffLine {
	near := make([]bool, len(list))
	for i := range list {
		if list[i].Sign == " " {
			continue
		}
		for k := max(0, i-diffBeside); k < min(len(list), i+diffBeside+1); k++ {
			near[k] = true
		}
	}
	var out []diffLine
	for i := range list {
		switch {
		case near[i]:
			out = append(out, list[i])
		case len(out) > 0 && out[len(out)-1].Sign != "…":
			out = append(out, diffLine{Sign: "…"})
		}
	}
	if n := len(out); n > 0 && out[n-1].Sign == "…" {
		out = out[:n-1]
	}
	return out
}
