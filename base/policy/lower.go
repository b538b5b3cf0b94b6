package policy

import (
	"errors"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/ext"
)

// The bounds of one condition: an article of law is a sentence, so a condition that
// costs more is a mistake or an attack.
const (
	maxExpression = 4096
	maxNesting    = 32
	maxNodes      = 128
)

// compiler checks conditions against the facts that exist and lowers them. CEL is the
// language and the type checker; what does not lower to tests on single facts is
// refused, so that every rule can be explained, batched and bounded.
type compiler struct {
	schema *Schema
	env    *cel.Env
}

func newCompiler(s *Schema) (*compiler, error) {
	opts := []cel.EnvOption{
		ext.Sets(), cel.ParserExpressionSizeLimit(maxExpression), cel.ParserRecursionLimit(maxNesting),
	}
	for i := range s.fields {
		opts = append(opts, cel.Variable(s.fields[i].Key, celType(s.fields[i].Type)))
	}
	env, err := cel.NewEnv(opts...)
	if err != nil {
		return nil, fmt.Errorf("facts in CEL: %w", err)
	}
	return &compiler{schema: s, env: env}, nil
}

// celType is how authors see a fact: dates and codes are text, sets are lists of text.
func celType(t FieldType) *cel.Type {
	switch t {
	case Bool:
		return cel.BoolType
	case Int:
		return cel.IntType
	case Set:
		return cel.ListType(cel.StringType)
	default:
		return cel.StringType
	}
}

// celError is a refusal inside a condition: line and column from 0.
type celError struct {
	line, column int
	key, detail  string
}

func (e *celError) Error() string { return e.key + ": " + e.detail }

// compile parses, checks and lowers a condition.
func (c *compiler) compile(text string) (node, *celError) {
	checked, issues := c.env.Compile(text)
	if err := issues.Err(); err != nil {
		e := &celError{key: "cel", detail: firstLine(err.Error())}
		if all := issues.Errors(); len(all) > 0 {
			e.line, e.column, e.detail = all[0].Location.Line()-1, all[0].Location.Column(), all[0].Message
		}
		return node{}, e.clamp()
	}
	if checked.OutputType() != cel.BoolType {
		return node{}, &celError{key: "not_bool", detail: checked.OutputType().String()}
	}
	l := &lowering{schema: c.schema, ast: checked.NativeRep()}
	n, err := l.bool(l.ast.Expr())
	if err != nil {
		var e *celError
		if errors.As(err, &e) {
			return node{}, e.clamp()
		}
		return node{}, &celError{key: "not_lowered", detail: err.Error()}
	}
	if size := n.size(); size > maxNodes {
		return node{}, &celError{key: "too_costly", detail: fmt.Sprintf("%d parts, at most %d", size, maxNodes)}
	}
	return n, nil
}

// clamp keeps a position the CEL parser could not tell (-1) inside the text.
func (e *celError) clamp() *celError {
	e.line, e.column = max(e.line, 0), max(e.column, 0)
	return e
}

// lowering walks one checked expression.
type lowering struct {
	schema *Schema
	ast    *ast.AST
}

// refuse makes an error at the place of an expression.
func (l *lowering) refuse(e ast.Expr, key, detail string) error {
	at := l.ast.SourceInfo().GetStartLocation(e.ID())
	return &celError{line: at.Line() - 1, column: at.Column(), key: key, detail: detail}
}

// bool lowers an expression of type bool.
func (l *lowering) bool(e ast.Expr) (node, error) {
	switch e.Kind() {
	case ast.LiteralKind:
		if b, ok := e.AsLiteral().Value().(bool); ok {
			return node{op: opConst, c: bit(b), text: fmt.Sprint(b)}, nil
		}
	case ast.IdentKind:
		if f, i := l.field(e); f != nil && f.Type == Bool {
			return node{op: opAtom, kind: kindEqual, field: i, c: 1, text: f.Key}, nil
		}
	case ast.CallKind:
		return l.call(e)
	case ast.ComprehensionKind:
		return l.exists(e)
	}
	return node{}, l.refuse(e, "not_lowered", "a test on one fact is expected")
}

func (l *lowering) call(e ast.Expr) (node, error) {
	call := e.AsCall()
	args := call.Args()
	switch name := call.FunctionName(); name {
	case operators.LogicalAnd, operators.LogicalOr:
		return l.join(name, args)
	case operators.LogicalNot:
		n, err := l.bool(args[0])
		return not(n), err
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		return l.compare(e, name, args[0], args[1])
	case operators.In:
		return l.in(e, args[0], args[1])
	case "sets.intersects":
		return l.intersects(e, args[0], args[1])
	default:
		return node{}, l.refuse(e, "not_lowered", name)
	}
}

// join lowers && and ||, flattening chains of the same operator.
func (l *lowering) join(name string, args []ast.Expr) (node, error) {
	n := node{op: opAnd}
	if name == operators.LogicalOr {
		n.op = opOr
	}
	for _, arg := range args {
		kid, err := l.bool(arg)
		if err != nil {
			return node{}, err
		}
		if kid.op == n.op {
			n.kids = append(n.kids, kid.kids...)
			continue
		}
		n.kids = append(n.kids, kid)
	}
	return n, nil
}

// field returns the fact an identifier names.
func (l *lowering) field(e ast.Expr) (*Field, int) {
	if e.Kind() != ast.IdentKind {
		return nil, -1
	}
	i := l.schema.Index(e.AsIdent())
	if i < 0 {
		return nil, -1
	}
	return &l.schema.fields[i], i
}

var signs = map[string]string{
	operators.Equals: "==", operators.NotEquals: "!=", operators.Less: "<", operators.LessEquals: "<=",
	operators.Greater: ">", operators.GreaterEquals: ">=",
}

var mirrored = map[string]string{
	operators.Equals: operators.Equals, operators.NotEquals: operators.NotEquals,
	operators.Less: operators.Greater, operators.LessEquals: operators.GreaterEquals,
	operators.Greater: operators.Less, operators.GreaterEquals: operators.LessEquals,
}

// compare lowers fact-operator-constant, written either way round. Everything becomes
// equality or at-most, negated where needed: fewer distinct atoms.
func (l *lowering) compare(e ast.Expr, name string, left, right ast.Expr) (node, error) {
	f, i := l.field(left)
	if f == nil {
		name = mirrored[name]
		left, right = right, left
		f, i = l.field(left)
	}
	if f == nil {
		return node{}, l.refuse(e, "not_lowered", "a fact is expected on one side")
	}
	ordered := name != operators.Equals && name != operators.NotEquals
	if f.Type == Set {
		return l.empty(e, name, f, i, right)
	}
	if f.Type == Enum && ordered || f.Type == Bool && ordered {
		return node{}, l.refuse(e, "not_lowered", f.Key+" has no order")
	}
	v, literal, err := l.constant(f, right)
	if err != nil {
		return node{}, err
	}
	atom := node{op: opAtom, kind: kindEqual, field: i, c: v, text: f.Key + " " + signs[name] + " " + literal}
	if f.Type == Enum {
		atom.kind, atom.c = kindIn, 1<<v
	}
	return signed(atom, name), nil
}

// signed turns an equality atom into the comparison wanted.
func signed(atom node, name string) node {
	if name == operators.Equals {
		return atom
	}
	if name == operators.NotEquals {
		atom.neg = true
		return atom
	}
	atom.kind = kindUpTo
	if name == operators.Less || name == operators.GreaterEquals {
		atom.c--
	}
	atom.neg = name == operators.Greater || name == operators.GreaterEquals
	return atom
}

// empty lowers set == [] and set != []: no code of the whole list is in it.
func (l *lowering) empty(e ast.Expr, name string, f *Field, i int, list ast.Expr) (node, error) {
	if list.Kind() != ast.ListKind || list.AsList().Size() != 0 || (name != operators.Equals && name != operators.NotEquals) {
		return node{}, l.refuse(e, "not_lowered", "a set compares with [] only; use in or sets.intersects")
	}
	atom := node{op: opAtom, kind: kindAny, field: i, c: 1<<len(f.Codes) - 1, text: f.Key + " != []"}
	if name == operators.NotEquals {
		return atom, nil
	}
	atom.text, atom.neg = f.Key+" == []", true
	return atom, nil
}

// in lowers fact in ["a", "b"] and "a" in set.
func (l *lowering) in(e, left, right ast.Expr) (node, error) {
	if f, i := l.field(right); f != nil && f.Type == Set {
		v, literal, err := l.code(f, left)
		if err != nil {
			return node{}, err
		}
		return node{op: opAtom, kind: kindAny, field: i, c: 1 << v, text: literal + " in " + f.Key}, nil
	}
	f, i := l.field(left)
	if f == nil || f.Type != Enum {
		return node{}, l.refuse(e, "not_lowered", "in wants a fact with codes on one side")
	}
	mask, literal, err := l.codes(f, right)
	if err != nil {
		return node{}, err
	}
	return node{op: opAtom, kind: kindIn, field: i, c: mask, text: f.Key + " in " + literal}, nil
}

// intersects lowers sets.intersects(set, ["a", "b"]).
func (l *lowering) intersects(e, left, right ast.Expr) (node, error) {
	f, i := l.field(left)
	if f == nil {
		left, right = right, left
		f, i = l.field(left)
	}
	if f == nil || f.Type != Set {
		return node{}, l.refuse(e, "not_lowered", "sets.intersects wants a fact with several codes")
	}
	mask, literal, err := l.codes(f, right)
	if err != nil {
		return node{}, err
	}
	return node{op: opAtom, kind: kindAny, field: i, c: mask, text: f.Key + " has any of " + literal}, nil
}

// codes reads a list of literals of a code list into a mask.
func (l *lowering) codes(f *Field, e ast.Expr) (int64, string, error) {
	if e.Kind() != ast.ListKind || e.AsList().Size() == 0 {
		return 0, "", l.refuse(e, "not_lowered", "a list of codes is expected")
	}
	var mask int64
	var words []string
	for _, item := range e.AsList().Elements() {
		v, literal, err := l.code(f, item)
		if err != nil {
			return 0, "", err
		}
		mask |= 1 << v
		words = append(words, literal)
	}
	return mask, "[" + strings.Join(words, ", ") + "]", nil
}

func (l *lowering) code(f *Field, e ast.Expr) (int64, string, error) {
	if e.Kind() == ast.LiteralKind {
		if s, ok := e.AsLiteral().Value().(string); ok {
			if i := f.code(s); i >= 0 {
				return int64(i), s, nil
			}
			return 0, "", l.refuse(e, "bad_code", s+" is no code of "+f.Key)
		}
	}
	return 0, "", l.refuse(e, "not_lowered", "a code is expected")
}

// constant reads the literal a fact is compared with.
func (l *lowering) constant(f *Field, e ast.Expr) (int64, string, error) {
	if f.Type == Enum {
		return l.code(f, e)
	}
	if e.Kind() != ast.LiteralKind {
		return 0, "", l.refuse(e, "not_lowered", "a constant is expected")
	}
	value := e.AsLiteral().Value()
	v, ok := f.parse(value)
	if !ok {
		return 0, "", l.refuse(e, "bad_code", fmt.Sprintf("%v is no value of %s", value, f.Key))
	}
	return v, fmt.Sprint(value), nil
}

// exists lowers set.exists(k, k in ["a", "b"]), which is sets.intersects spelt out.
func (l *lowering) exists(e ast.Expr) (node, error) {
	c := e.AsComprehension()
	f, i := l.field(c.IterRange())
	step := c.LoopStep()
	if f == nil || f.Type != Set || c.HasIterVar2() || step.Kind() != ast.CallKind ||
		step.AsCall().FunctionName() != operators.LogicalOr || !isIdent(c.Result(), c.AccuVar()) ||
		!isIdent(step.AsCall().Args()[0], c.AccuVar()) {
		return node{}, l.refuse(e, "not_lowered", "only set.exists(k, k in [...]) loops over a fact")
	}
	mask, literal, err := l.choice(f, c.IterVar(), step.AsCall().Args()[1])
	if err != nil {
		return node{}, err
	}
	return node{op: opAtom, kind: kindAny, field: i, c: mask, text: f.Key + " has any of " + literal}, nil
}

// choice reads k == "a" or k in ["a", "b"] over the variable of an exists.
func (l *lowering) choice(f *Field, name string, e ast.Expr) (int64, string, error) {
	if e.Kind() == ast.CallKind && len(e.AsCall().Args()) == 2 && isIdent(e.AsCall().Args()[0], name) {
		switch e.AsCall().FunctionName() {
		case operators.Equals:
			v, literal, err := l.code(f, e.AsCall().Args()[1])
			return 1 << v, "[" + literal + "]", err
		case operators.In:
			return l.codes(f, e.AsCall().Args()[1])
		}
	}
	return 0, "", l.refuse(e, "not_lowered", name+" == code or "+name+" in [codes] is expected")
}

func isIdent(e ast.Expr, name string) bool {
	return e.Kind() == ast.IdentKind && e.AsIdent() == name
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
