package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"naru/wire/api"
)

// runOperation calls the operation and prints its answer.
func (a *App) runOperation(c *cobra.Command, in *form, args []string) error {
	fields, err := in.read(c.Flags(), args)
	if err != nil {
		return err
	}
	all, _ := c.Flags().GetBool("all") // absent on what is no list
	return a.call(c.Context(), func(client *api.Client) error {
		for {
			var raw json.RawMessage
			if err := client.Do(c.Context(), in.info.Name, fields, &raw); err != nil {
				return err
			}
			raw, err := a.located(in.info.Out, raw)
			if err != nil {
				return err
			}
			next, err := a.print(in.info.Out, raw)
			if err != nil || next == "" {
				return err
			}
			if !all {
				fmt.Fprintln(a.Err, a.T("more", "cursor", next))
				return nil
			}
			fields["after"], a.later = next, true
		}
	})
}

// print writes an answer in the form asked for and returns the cursor of the next page.
func (a *App) print(t reflect.Type, raw json.RawMessage) (next string, err error) {
	var list struct {
		Next string `json:"next"`
	}
	if isList(t) {
		if err := json.Unmarshal(raw, &list); err != nil {
			return "", err
		}
	}
	if a.output == "json" {
		return list.Next, a.printJSON(raw)
	}
	value := reflect.New(t)
	if err := json.Unmarshal(raw, value.Interface()); err != nil {
		return list.Next, a.printJSON(raw) // a type that only writes itself
	}
	switch a.output {
	case "csv":
		return list.Next, a.printCSV(value.Elem())
	case "table":
		return list.Next, a.printTable(value.Elem())
	}
	return "", Usage(a.T("bad_output", "value", a.output))
}

// Format is the form to print in: what the command's own flag says, else --output.
func (a *App) Format(own string) string { return cmp.Or(own, a.output) }

// Print writes a value as an operation's answer is written, in the form of Format.
func (a *App) Print(own string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	before := a.output
	defer func() { a.output = before }()
	a.output = a.Format(own)
	_, err = a.print(reflect.TypeOf(v), raw)
	return err
}

func (a *App) printJSON(raw json.RawMessage) error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	enc := json.NewEncoder(a.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(orderedRaw(raw, v))
}

// orderedRaw keeps the order of fields as the server sent them.
func orderedRaw(raw json.RawMessage, v any) any {
	if _, ok := v.(string); ok {
		return v
	}
	return raw
}

// isList reports a page of rows: a struct with Rows and Next.
func isList(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	rows, ok := t.FieldByName("Rows")
	_, next := t.FieldByName("Next")
	name, _, _ := strings.Cut(rows.Tag.Get("json"), ",")
	return ok && next && name == "rows" && rows.Type.Kind() == reflect.Slice
}
