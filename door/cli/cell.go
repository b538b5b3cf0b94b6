package cli

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"naru"
)

// cell writes a value for a person, or plainly for a program.
func (a *App) cell(v reflect.Value, person bool) string {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch x := v.Interface().(type) {
	case naru.Text:
		return x.In(a.Lang)
	case naru.Message:
		if x.Key == "" {
			return ""
		}
		return a.Words.Message(a.Lang, x)
	case time.Time:
		return instant(x, person)
	case naru.Money:
		return number(int64(x), person)
	case naru.Cost:
		return x.Decimal().String()
	case encoding.TextMarshaler:
		text, err := x.MarshalText()
		if err != nil {
			return ""
		}
		return string(text)
	}
	return a.plain(v, person)
}

// shown writes a field for a person. A year is a name and not an amount: its digits are
// not grouped.
func (a *App) shown(f field, v reflect.Value) string {
	return a.cell(v, !strings.HasSuffix(f.name, "year") || !v.CanInt())
}

func (a *App) plain(v reflect.Value, person bool) string {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		switch {
		case !person:
			return strconv.FormatBool(v.Bool())
		case v.Bool():
			return a.T("yes")
		}
		return ""
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return number(v.Int(), person)
	case reflect.Slice:
		words := make([]string, v.Len())
		for i := range words {
			words[i] = a.cell(v.Index(i), person)
		}
		return strings.Join(words, ", ")
	}
	return fmt.Sprint(v.Interface())
}

func instant(t time.Time, person bool) string {
	switch {
	case t.IsZero():
		return ""
	case person:
		return t.In(naru.Seoul).Format("2006-01-02 15:04:05")
	}
	return t.UTC().Format(time.RFC3339)
}

// number groups thousands for a person.
func number(n int64, person bool) string {
	s := strconv.FormatInt(n, 10)
	if !person {
		return s
	}
	digits := strings.TrimPrefix(s, "-")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if n < 0 {
		return "-" + digits
	}
	return digits
}

func sortedKeys(m reflect.Value) []reflect.Value {
	keys := m.MapKeys()
	slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(x.String(), y.String()) })
	return keys
}
