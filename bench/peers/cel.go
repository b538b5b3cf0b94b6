package main

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"naru/base/policy"
	"naru/bench/peers/rules"
)

// celRow is a row as an activation of CEL's own values, made before the clock starts: the
// fastest way to hand facts to CEL. An unknown fact is CEL's unknown.
type celRow struct {
	index map[string]int
	value [policy.MaxFields]ref.Val
}

func (r *celRow) ResolveName(name string) (any, bool) {
	i, ok := r.index[name]
	return r.value[i], ok
}

func (r *celRow) Parent() cel.Activation { return nil }

func celRows(s *policy.Schema, rows []policy.Facts) []celRow {
	index := make(map[string]int)
	codes := make([][]ref.Val, len(s.Fields()))
	for i, f := range s.Fields() {
		index[f.Key] = i
		for _, c := range f.Codes {
			codes[i] = append(codes[i], types.String(c.Key))
		}
	}
	list := make([]celRow, len(rows))
	for n := range rows {
		list[n].index = index
		for i, f := range s.Fields() {
			v, known := rows[n].Get(i)
			switch {
			case !known:
				list[n].value[i] = types.NewUnknown(int64(i+1), types.NewAttributeTrail(f.Key))
			case f.Type == policy.Bool:
				list[n].value[i] = types.Bool(v == 1)
			case f.Type == policy.Enum:
				list[n].value[i] = codes[i][v]
			case f.Type == policy.Int:
				list[n].value[i] = types.Int(v)
			case f.Type == policy.Set:
				var has []ref.Val
				for c := range f.Codes {
					if v&(1<<c) != 0 {
						has = append(has, codes[i][c])
					}
				}
				list[n].value[i] = types.DefaultTypeAdapter.NativeToValue(has)
			default:
				list[n].value[i] = types.String(fmt.Sprint(s.Outside(&rows[n], i)))
			}
		}
	}
	return list
}

// celPack holds the rules of a pack as programs.
type celPack struct {
	each []cel.Program // one a rule
	all  cel.Program   // one that gives the list of all truth values
}

func compile(env *cel.Env, list []rules.Rule) (celPack, error) {
	var p celPack
	program := func(text string) (cel.Program, error) {
		checked, issues := env.Compile(text)
		if issues.Err() != nil {
			return nil, issues.Err()
		}
		return env.Program(checked, cel.EvalOptions(cel.OptOptimize))
	}
	whole := "["
	for i, r := range list {
		one, err := program(r.When)
		if err != nil {
			return p, fmt.Errorf("%s: %w", r.ID, err)
		}
		p.each = append(p.each, one)
		if i > 0 {
			whole += ", "
		}
		whole += r.When
	}
	var err error
	p.all, err = program(whole + "]")
	return p, err
}

// fired asks every rule by itself: the rules that apply, and those that may.
func (p *celPack) fired(row *celRow) (sure, may uint64, err error) {
	for i, prg := range p.each {
		out, _, err := prg.Eval(row)
		switch {
		case out == types.True:
			sure |= 1 << uint(i)
		case out == types.False:
		case types.IsUnknown(out):
			may |= 1 << uint(i)
		default:
			return 0, 0, fmt.Errorf("rule %d: %v %w", i, out, err)
		}
	}
	return sure, sure | may, nil
}

// together asks all rules by one program; it can only when nothing is unknown.
func (p *celPack) together(row *celRow) (sure uint64, err error) {
	out, _, err := p.all.Eval(row)
	if err != nil {
		return 0, err
	}
	list := out.(interface{ Get(ref.Val) ref.Val })
	for i := range p.each {
		if list.Get(types.Int(i)) == types.True {
			sure |= 1 << uint(i)
		}
	}
	return sure, nil
}
