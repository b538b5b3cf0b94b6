package mapping

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"naru/wire/sheet"
)

// Type is how a mapping reads the text of a column.
type Type string

// Types of columns.
const (
	TypeText    Type = "text"
	TypeInt     Type = "int"     // thousands separators allowed
	TypeDecimal Type = "decimal" // kept as exact text
	TypeBool    Type = "bool"
	TypeDate    Type = "date"
	TypeEnum    Type = "enum" // one of the codes
	TypeList    Type = "list" // several texts, or several of the codes
)

// Value is a typed field of a record. The zero value is unknown: an absent column, an empty cell, or a word that the
// mapping lists as a null. Unknown is never read as false, zero or none.
type Value struct {
	Type    Type // empty when unknown
	Text    string
	Int     int64
	Bool    bool
	List    []string
	Derived bool // made from other facts by a rule that the mapping writes out, not stated by the file
}

// Known reports whether the file stated the value.
func (v Value) Known() bool { return v.Type != "" }

// String gives the value as a mapping would read it again.
func (v Value) String() string {
	switch v.Type {
	case TypeInt:
		return strconv.FormatInt(v.Int, 10)
	case TypeBool:
		return strconv.FormatBool(v.Bool)
	case TypeList:
		return strings.Join(v.List, ", ")
	}
	return v.Text
}

// Read reads a text as the column would read it in a cell; the code names the fault, if any.
func (c *Column) Read(text string) (Value, sheet.Code) {
	return c.read(sheet.Cell{Kind: sheet.Text, Text: text})
}

// read turns a cell into a value, or says which fault it has. A nil value and no code is unknown.
func (c *Column) read(cell sheet.Cell) (Value, sheet.Code) {
	if cell.Kind == sheet.Bad {
		return Value{}, cell.Code
	}
	text := strings.TrimSpace(norm.NFC.String(cell.Text))
	if text == "" || c.nulls[sheet.Fold(text)] {
		return Value{}, ""
	}
	v, code := c.typed(text, cell)
	if code != "" || v.Type == "" {
		return Value{}, code
	}
	v.Derived = c.Derived != ""
	return v, ""
}

func (c *Column) typed(text string, cell sheet.Cell) (Value, sheet.Code) {
	switch c.Type {
	case TypeInt:
		n, ok := parseInt(text, c.Scale)
		return known(Value{Type: TypeInt, Int: n}, ok, sheet.CodeNotInt)
	case TypeDecimal:
		d, ok := parseDecimal(text)
		return known(Value{Type: TypeDecimal, Text: d}, ok, sheet.CodeNotDecimal)
	case TypeBool:
		b, ok := c.yesNo(text)
		return known(Value{Type: TypeBool, Bool: b}, ok, sheet.CodeNotBool)
	case TypeDate:
		d, ok := c.date(text, cell.Kind)
		return known(Value{Type: TypeDate, Text: d}, ok, sheet.CodeNotDate)
	case TypeEnum:
		code, ok := c.code(text)
		return known(Value{Type: TypeEnum, Text: code}, ok, sheet.CodeNotListed)
	case TypeList:
		items, ok := c.list(text, cell)
		if ok && len(items) == 0 && !c.none[sheet.Fold(text)] {
			return Value{}, ""
		}
		return known(Value{Type: TypeList, List: items}, ok, sheet.CodeNotListed)
	}
	if len(c.codes) > 0 {
		if code, ok := c.code(text); ok {
			text = code
		}
	}
	return Value{Type: TypeText, Text: text}, ""
}

func known(v Value, ok bool, code sheet.Code) (Value, sheet.Code) {
	if !ok {
		return Value{}, code
	}
	return v, ""
}

// parseInt reads a whole number with optional thousands separators and multiplies it by the heading's unit.
func parseInt(s string, scale int64) (int64, bool) {
	s, ok := ungroup(s)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, false
	}
	if scale > 1 && (n > math.MaxInt64/scale || n < math.MinInt64/scale) {
		return 0, false
	}
	return n * max(scale, 1), true
}

// ungroup removes thousands separators that stand where they belong; "1,23" is not a number.
func ungroup(s string) (string, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	parts := strings.Split(strings.TrimPrefix(whole, "-"), ",")
	if len(parts) == 1 {
		return s, true
	}
	for i, p := range parts {
		if i > 0 && len(p) != 3 || i == 0 && (p == "" || len(p) > 3) {
			return "", false
		}
	}
	if strings.Contains(frac, ",") {
		return "", false
	}
	return strings.ReplaceAll(s, ",", ""), true
}

// parseDecimal checks a plain decimal number and keeps its digits as they are.
func parseDecimal(s string) (string, bool) {
	s, ok := ungroup(s)
	if !ok || len(s) > 40 {
		return "", false
	}
	whole, frac, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	digits := func(p string) bool { return p != "" && strings.Trim(p, "0123456789") == "" }
	return s, digits(whole) && (!point || digits(frac))
}

// yesNo reads the column's own words for yes and no, else the usual ones.
func (c *Column) yesNo(text string) (value, ok bool) {
	key := sheet.Fold(text)
	if len(c.codes) > 0 {
		key = c.codes[key]
		return key == "true", key != ""
	}
	switch key {
	case "y", "yes", "true", "1", "o", "예", "네", "유", "있음", "해당":
		return true, true
	case "n", "no", "false", "0", "x", "아니오", "아니요", "무", "없음", "미해당":
		return false, true
	}
	return false, false
}

// date reads a day as text, or as a serial number when the spreadsheet says that it is a number.
func (c *Column) date(text string, kind sheet.Kind) (string, bool) {
	if d, ok := sheet.ParseDate(text); ok {
		return d, true
	}
	for _, layout := range c.layouts {
		if d, ok := layout.parse(text); ok {
			return d, true
		}
	}
	if n, err := strconv.Atoi(text); err == nil && kind == sheet.Number {
		return sheet.SerialDate(n, false)
	}
	return "", false
}

// codeKey is how words of the code list are compared; in lists they may hold the characters that split them.
func (c *Column) codeKey(word string) string {
	if c.Type == TypeList {
		word = strings.Join(strings.FieldsFunc(word, c.splits), "")
	}
	return sheet.Fold(word)
}

func (c *Column) code(text string) (string, bool) {
	code, ok := c.codes[c.codeKey(text)]
	return code, ok
}

// list splits a text, drops empty parts and nulls, and maps each part through the codes when there are any.
func (c *Column) list(text string, cell sheet.Cell) ([]string, bool) {
	if c.none[sheet.Fold(text)] {
		return []string{}, true
	}
	parts := cell.Items
	if cell.Kind != sheet.List {
		parts = strings.FieldsFunc(text, c.splits)
	}
	parts = slices.DeleteFunc(slices.Clone(parts), func(p string) bool {
		key := sheet.Fold(p)
		return key == "" || c.nulls[key]
	})
	items := make([]string, 0, len(parts))
	for len(parts) > 0 {
		item, n := strings.Join(strings.Fields(norm.NFC.String(parts[0])), " "), 1
		if len(c.codes) > 0 {
			if item, n = c.longest(parts); n == 0 {
				return nil, false
			}
		}
		items, parts = append(items, item), parts[n:]
	}
	return items, true
}

func (c *Column) splits(r rune) bool { return strings.ContainsRune(c.Split, r) }

// longest finds the code whose word is made of the most parts from the first on, since a word may hold a comma itself;
// 0 when not even one part is a word.
func (c *Column) longest(parts []string) (code string, n int) {
	const most = 4
	for n := min(len(parts), most); n > 0; n-- {
		if code, ok := c.code(strings.Join(parts[:n], "")); ok {
			return code, n
		}
	}
	return "", 0
}
