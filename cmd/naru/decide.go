package main

import (
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"naru"
	"naru/door/cli"
	"naru/flow/decide"
)

// maxFacts bounds a file of facts: one system, not a nation.
const maxFacts = 4 << 20

// decideCommand lets `naru decide` itself answer for the facts of a file, with no server
// and no database; its subcommands are those of the step.
func decideCommand(a *cli.App) *cobra.Command {
	c := &cobra.Command{Use: "decide", GroupID: "road", Short: a.T("step_decide"), Long: a.T("decide_long"), Example: a.T("decide_example"), Args: cobra.ArbitraryArgs}
	file := c.Flags().String("facts", "", a.T("flag_facts"))
	asOf := c.Flags().String("as-of", "", a.T("flag_as_of"))
	packs := c.Flags().String("packs", "", a.T("flag_packs"))
	format := formatFlag(a, c)
	c.RunE = func(c *cobra.Command, args []string) error {
		switch {
		case len(args) > 0:
			return cli.Usage(a.T("unknown_command", "name", "decide "+args[0]))
		case *file == "":
			return c.Help()
		}
		asJSON, err := format()
		if err != nil {
			return err
		}
		out, err := decideFile(a, *file, *packs, naru.Date(*asOf))
		if err != nil {
			return err
		}
		if asJSON {
			return a.Print("json", out)
		}
		verdictPrinter{explainer{a}}.system(&out)
		return nil
	}
	return c
}

// decideFile answers for the components of a file on a date; "" is today.
func decideFile(a *cli.App, name, packs string, date naru.Date) (decide.SystemOut, error) {
	s, err := packsAt(packs)
	if err != nil {
		return decide.SystemOut{}, err
	}
	if date == "" {
		date = naru.DateOf(time.Now())
	}
	law, err := s.set.InForce(date)
	if err != nil {
		return decide.SystemOut{}, err
	}
	data, err := readAll(a, name)
	if err != nil {
		return decide.SystemOut{}, cli.Usage(err.Error())
	}
	sys, err := readFacts(law.Schema(), data)
	if err != nil {
		return decide.SystemOut{}, err
	}
	return decide.Explain(law, sys), nil
}

// readAll reads a file, or standard input for "-".
func readAll(a *cli.App, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(a.In, maxFacts))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFacts))
}
