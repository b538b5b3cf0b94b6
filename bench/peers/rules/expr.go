package rules

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/ext"

	"naru/base/policy"
)

// Expr is a condition as a tree that other languages can be written from.
type Expr struct {
	Op    string // "and", "or", "not", "const", "bool", "in" (a code of), "any" (a set with one of), "==", "<="
	Field int
	Codes []string // of in and any
	Value int64    // of const, ==, <=
	Kids  []Expr
}

// Reader reads CEL over the facts of naru.
type Reader struct {
	Env    *cel.Env
	schema *policy.Schema
}

func newReader(s *policy.Schema) (*Reader, error) {
	opts := []cel.EnvOption{ext.Sets()}
	for _, f := range s.Fields() {
		kind := map[policy.FieldType]*cel.Type{
			policy.Bool: cel.BoolType, policy.Int: cel.IntType, policy.Date: cel.StringType,
			policy.Enum: cel.StringType, policy.Set: cel.ListType(cel.StringType),
		}[f.Type]
		opts = append(opts, cel.Variable(f.Key, kind))
	}
	env, err := cel.NewEnv(opts...)
	return &Reader{Env: env, schema: s}, err
}

// NewReader returns a reader for the facts of a schema.
func NewReader(s *policy.Schema) (*Reader, error) { return newReader(s) }

// Read checks a condition and gives its tree.
func (r *Reader) Read(text string) (Expr, error) {
	checked, issues := r.Env.Compile(text)
	if issues.Err() != nil {
		return Expr{}, issues.Err()
	}
	return r.expr(checked.NativeRep().Expr())
}

func (r *Reader) expr(e ast.Expr) (Expr, error) {
	switch e.Kind() {
	case ast.LiteralKind:
		if b, ok := e.AsLiteral().Value().(bool); ok {
			if b {
				return Expr{Op: "const", Value: 1}, nil
			}
			return Expr{Op: "const"}, nil
		}
	case ast.IdentKind:
		return Expr{Op: "bool", Field: r.schema.Index(e.AsIdent())}, nil
	case ast.CallKind:
		return r.call(e.AsCall())
	}
	return Expr{}, fmt.Errorf("expression of kind %v", e.Kind())
}

func (r *Reader) call(c ast.CallExpr) (Expr, error) {
	args := c.Args()
	switch name := c.FunctionName(); name {
	case operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot:
		out := Expr{Op: map[string]string{operators.LogicalAnd: "and", operators.LogicalOr: "or", operators.LogicalNot: "not"}[name]}
		for _, arg := range args {
			kid, err := r.expr(arg)
			if err != nil {
				return out, err
			}
			if kid.Op == out.Op && out.Op != "not" {
				out.Kids = append(out.Kids, kid.Kids...)
				continue
			}
			out.Kids = append(out.Kids, kid)
		}
		return out, nil
	case operators.In:
		if args[0].Kind() == ast.LiteralKind {
			return r.codes("any", args[1], args[0])
		}
		return r.codes("in", args[0], args[1].AsList().Elements()...)
	case "sets.intersects":
		return r.codes("any", args[0], args[1].AsList().Elements()...)
	default:
		return r.compare(name, args[0], args[1])
	}
}

func (r *Reader) codes(op string, field ast.Expr, list ...ast.Expr) (Expr, error) {
	out := Expr{Op: op, Field: r.schema.Index(field.AsIdent())}
	for _, item := range list {
		s, ok := item.AsLiteral().Value().(string)
		if !ok || out.Field < 0 {
			return out, fmt.Errorf("%s of %v", op, item)
		}
		out.Codes = append(out.Codes, s)
	}
	return out, nil
}

// compare reads fact-operator-constant.
func (r *Reader) compare(name string, left, right ast.Expr) (Expr, error) {
	i := r.schema.Index(left.AsIdent())
	if i < 0 {
		return Expr{}, fmt.Errorf("%s without a fact on its left", name)
	}
	not := func(e Expr) Expr { return Expr{Op: "not", Kids: []Expr{e}} }
	f := r.schema.Fields()[i]
	if f.Type == policy.Set { // set == []
		e := Expr{Op: "any", Field: i}
		for _, c := range f.Codes {
			e.Codes = append(e.Codes, c.Key)
		}
		if name == operators.Equals {
			return not(e), nil
		}
		return e, nil
	}
	value := right.AsLiteral().Value()
	if s, ok := value.(string); ok && f.Type == policy.Enum {
		e := Expr{Op: "in", Field: i, Codes: []string{s}}
		if name == operators.NotEquals {
			return not(e), nil
		}
		return e, nil
	}
	v, ok := value.(int64)
	if !ok || f.Type != policy.Int {
		return Expr{}, fmt.Errorf("%s %s %v", f.Key, name, value)
	}
	switch name {
	case operators.Equals:
		return Expr{Op: "==", Field: i, Value: v}, nil
	case operators.NotEquals:
		return not(Expr{Op: "==", Field: i, Value: v}), nil
	case operators.LessEquals:
		return Expr{Op: "<=", Field: i, Value: v}, nil
	case operators.Less:
		return Expr{Op: "<=", Field: i, Value: v - 1}, nil
	case operators.Greater:
		return not(Expr{Op: "<=", Field: i, Value: v}), nil
	case operators.GreaterEquals:
		return not(Expr{Op: "<=", Field: i, Value: v - 1}), nil
	}
	return Expr{}, fmt.Errorf("operator %s", name)
}

// Mask is the codes of an in or any as bits by position in the code list.
func (e *Expr) Mask(f *policy.Field) uint64 {
	var mask uint64
	for i, c := range f.Codes {
		if slices.Contains(e.Codes, c.Key) {
			mask |= 1 << uint(i)
		}
	}
	return mask
}
