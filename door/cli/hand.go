package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"naru/base/record"
	"naru/flow/inventory"
	"naru/wire/api"
)

// byHand returns the commands written by hand, by step.
func (a *App) byHand() map[string][]*cobra.Command {
	return map[string][]*cobra.Command{
		"inventory": {a.importCommand(), a.exportCommand()},
	}
}

// importCommand sends a spreadsheet and prints what became of it.
func (a *App) importCommand() *cobra.Command {
	var f api.FileImport
	c := &cobra.Command{
		Use: "import FILE", Short: a.T("import_short"), Long: a.T("import_long"), Example: a.T("import_example"),
		Args: a.exactly(1, "FILE"),
	}
	c.Flags().StringVar(&f.Mapping, "mapping", "", a.T("flag_mapping"))
	c.Flags().BoolVar(&f.DryRun, "dry-run", false, a.T("flag_dry_run"))
	c.Flags().BoolVar(&f.SkipRefused, "skip-refused", false, a.T("flag_skip_refused"))
	c.Flags().BoolVar(&f.Synthetic, "synthetic", false, a.T("flag_synthetic"))
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := readMapping(&f); err != nil {
			return err
		}
		file, err := os.Open(args[0])
		if err != nil {
			return Usage(err.Error())
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return err
		}
		f.Name = filepath.Base(args[0])
		return a.call(c.Context(), func(client *api.Client) error {
			var raw json.RawMessage
			body := a.progress(file, info.Size())
			if err := client.Import(c.Context(), f, body, info.Size(), &raw); err != nil {
				return err
			}
			return a.printReport(raw)
		})
	}
	return c
}

// readMapping takes a mapping given as a file out of the name.
func readMapping(f *api.FileImport) error {
	if !strings.HasSuffix(f.Mapping, ".yaml") && !strings.HasSuffix(f.Mapping, ".yml") {
		return nil
	}
	data, err := os.ReadFile(f.Mapping)
	if err != nil {
		return Usage(err.Error())
	}
	f.MappingFile, f.Mapping = data, strings.TrimSuffix(filepath.Base(f.Mapping), filepath.Ext(f.Mapping))
	return nil
}

func (a *App) printReport(raw json.RawMessage) error {
	if a.output != "table" {
		_, err := a.print(reflect.TypeFor[inventory.Report](), raw)
		return err
	}
	var r inventory.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	for _, p := range r.Problems {
		fault := api.Fault{Row: p.Row, Column: p.Column, Field: p.Field}
		fmt.Fprintln(a.Out, a.place(fault)+a.Words.Message(a.Lang, p.Message))
	}
	key := "report_written"
	if !r.Written {
		key = "report_dry"
	}
	fmt.Fprintln(a.Out, a.T(key, "rows", fmt.Sprint(r.Rows), "added", fmt.Sprint(r.Added), "changed", fmt.Sprint(r.Changed),
		"unchanged", fmt.Sprint(r.Unchanged), "refused", fmt.Sprint(r.Refused)))
	return nil
}

// exportCommand writes the systems to a file that imports again.
func (a *App) exportCommand() *cobra.Command {
	return &cobra.Command{
		Use: "export FILE", Short: a.T("export_short"), Args: a.exactly(1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			path := api.ExportPath
			if strings.HasSuffix(strings.ToLower(args[0]), ".csv") {
				path += "?format=csv"
			}
			return a.call(c.Context(), func(client *api.Client) error {
				return a.WriteFile(args[0], func(w io.Writer) error { return client.Download(c.Context(), path, w) })
			})
		},
	}
}

// WriteFile writes a file that is whole or not there; "-" is standard output.
func (a *App) WriteFile(path string, fill func(io.Writer) error) error {
	if path == "-" {
		return fill(a.Out)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".naru-*")
	if err != nil {
		return Usage(err.Error())
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already when it was renamed
	if err := fill(tmp); err != nil {
		_ = tmp.Close() // the first error is the one that counts
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

func (a *App) exactly(n int, want string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return Usage(a.T("args_wanted", "want", want))
		}
		return nil
	}
}

// verifyCommand checks an exported record with no server and no database.
func (a *App) verifyCommand() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use: "verify FILE", Short: a.T("verify_short"), Long: a.T("verify_long"), Example: a.T("verify_example"),
		Args: a.exactly(1, "FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := os.Open(args[0])
			if err != nil {
				return Usage(err.Error())
			}
			defer file.Close()
			if data, err := os.ReadFile(key); err == nil {
				key = strings.TrimSpace(string(data))
			}
			report, err := record.Verify(file, key)
			if err != nil {
				return err
			}
			return a.printVerified(report, key != "")
		},
	}
	c.Flags().StringVar(&key, "key", "", a.T("flag_key"))
	return c
}
