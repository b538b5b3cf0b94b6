package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"naru/base/policy"
	"naru/bench/peers/rules"
)

// rego writes a pack as a Rego module whose set "fired" holds the rules that apply. It
// reads rows without gaps, where two truth values are enough.
func regoModule(s *policy.Schema, p rules.Pack) string {
	var b strings.Builder
	fmt.Fprintf(&b, "package naru.%s\n\n", p.Key)
	for i, r := range p.Rules {
		for _, term := range alternatives(s, &r.Cond, false) {
			if len(term) == 0 {
				term = []string{"true"}
			}
			fmt.Fprintf(&b, "fired contains %d if {\n\t%s\n}\n\n", i, strings.Join(term, "\n\t"))
		}
	}
	return b.String()
}

// alternatives turns a condition into bodies of Rego, any of which holds: or between
// bodies, and inside one.
func alternatives(s *policy.Schema, e *rules.Expr, negated bool) [][]string {
	switch e.Op {
	case "const":
		if (e.Value == 1) != negated {
			return [][]string{{}}
		}
		return nil
	case "not":
		return alternatives(s, &e.Kids[0], !negated)
	case "and", "or":
		if (e.Op == "or") != negated {
			var any [][]string
			for i := range e.Kids {
				any = append(any, alternatives(s, &e.Kids[i], negated)...)
			}
			return any
		}
		all := [][]string{{}}
		for i := range e.Kids {
			var longer [][]string
			for _, head := range all {
				for _, tail := range alternatives(s, &e.Kids[i], negated) {
					longer = append(longer, append(append([]string{}, head...), tail...))
				}
			}
			all = longer
		}
		return all
	}
	return [][]string{{regoAtom(s, e, negated)}}
}

func regoAtom(s *policy.Schema, e *rules.Expr, negated bool) string {
	fact := "input." + regoName(s.Fields()[e.Field].Key)
	list := `{"` + strings.Join(e.Codes, `", "`) + `"}`
	pick := func(yes, no string) string {
		if negated {
			return no
		}
		return yes
	}
	switch e.Op {
	case "bool":
		return pick(fact, fact+" == false")
	case "in":
		if len(e.Codes) == 1 {
			return fact + pick(" == ", " != ") + `"` + e.Codes[0] + `"`
		}
		return pick("", "not ") + fact + " in " + list
	case "any":
		if len(e.Codes) == 1 {
			return pick("", "not ") + `"` + e.Codes[0] + `" in ` + fact
		}
		return "count(" + fact + " & " + list + pick(") > 0", ") == 0")
	case "==":
		return fmt.Sprintf("%s %s %d", fact, pick("==", "!="), e.Value)
	}
	return fmt.Sprintf("%s %s %d", fact, pick("<=", ">"), e.Value)
}

func regoName(key string) string { return strings.ReplaceAll(key, ".", "_") }

// opa is all packs as one prepared query, which asks them together.
type opa struct{ query rego.PreparedEvalQuery }

func newOPA(ctx context.Context, s *policy.Schema, packs []rules.Pack) (*opa, error) {
	opts := []func(*rego.Rego){rego.Query("x = data.naru"), rego.SetRegoVersion(ast.RegoV1)}
	for _, p := range packs {
		opts = append(opts, rego.Module(p.Key+".rego", regoModule(s, p)))
	}
	q, err := rego.New(opts...).PrepareForEval(ctx)
	return &opa{q}, err
}

// opaRows parses the input before the clock starts, sets as sets.
func opaRows(s *policy.Schema, rows []policy.Facts) []ast.Value {
	list := make([]ast.Value, len(rows))
	for n := range rows {
		input := ast.NewObject()
		for i, f := range s.Fields() {
			value := ast.NullTerm()
			switch out := s.Outside(&rows[n], i).(type) {
			case bool:
				value = ast.BooleanTerm(out)
			case string:
				value = ast.StringTerm(out)
			case int64:
				value = ast.IntNumberTerm(int(out))
			case []string:
				set := ast.NewSet()
				for _, code := range out {
					set.Add(ast.StringTerm(code))
				}
				value = ast.NewTerm(set)
			}
			input.Insert(ast.StringTerm(regoName(f.Key)), value)
		}
		list[n] = input
	}
	return list
}

// fired gives the rules that apply, by pack.
func (o *opa) fired(ctx context.Context, input ast.Value, packs []rules.Pack, out []uint64) error {
	result, err := o.query.Eval(ctx, rego.EvalParsedInput(input))
	if err != nil {
		return err
	}
	all, ok := result[0].Bindings["x"].(map[string]any)
	if !ok {
		return fmt.Errorf("opa gives %v", result)
	}
	for i := range packs {
		out[i] = 0
		pack, _ := all[packs[i].Key].(map[string]any)
		list, ok := pack["fired"].([]any)
		if !ok {
			return fmt.Errorf("opa gives %v for %s", pack, packs[i].Key)
		}
		for _, n := range list {
			v, err := n.(interface{ Int64() (int64, error) }).Int64()
			if err != nil {
				return err
			}
			out[i] |= 1 << uint(v)
		}
	}
	return nil
}
