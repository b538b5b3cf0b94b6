package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"naru"
	"naru/base/policy"
	"naru/door/cli"
)

// policyCommand works on the packs themselves, with no server and no database.
func policyCommand(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Use: "policy", GroupID: "road", Short: a.T("step_policy"), Example: a.T("policy_example"),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		Args: cobra.NoArgs,
	}
	c.AddCommand(policyTestCommand(a), policyExplainCommand(a), policyDiffCommand(a))
	return c
}

// formatFlag adds --format to a command and returns what reads it: table or json.
func formatFlag(a *cli.App, c *cobra.Command) func() (json bool, err error) {
	own := c.Flags().String("format", "", a.T("flag_format"))
	return func() (bool, error) {
		switch format := a.Format(*own); format {
		case "json", "table":
			return format == "json", nil
		default:
			return false, a.BadFormat(format, "table", "json")
		}
	}
}

func policyTestCommand(a *cli.App) *cobra.Command {
	c := &cobra.Command{Use: "test [DIR]", Short: a.T("policy_test_short"), Long: a.T("policy_test_long"), Args: cobra.MaximumNArgs(1)}
	format := formatFlag(a, c)
	c.RunE = func(_ *cobra.Command, args []string) error {
		asJSON, err := format()
		if err != nil {
			return err
		}
		dir := ""
		if len(args) > 0 {
			dir = args[0]
		}
		s, err := packsAt(dir)
		if err != nil {
			return err
		}
		r := s.report()
		if err := printTrial(a, &r, asJSON); err != nil {
			return err
		}
		if bad := len(r.Failures) + len(r.Uncovered()); bad > 0 || r.Cases == 0 {
			return naru.NewError(naru.Conflict, "cli.policy_test_failed", "failures", strconv.Itoa(len(r.Failures)), "uncovered", strconv.Itoa(len(r.Uncovered())))
		}
		return nil
	}
	return c
}

// trialOut is the report for a program: what Report holds and what it concludes.
type trialOut struct {
	policy.Report
	Uncovered []policy.Coverage `json:"uncovered"`
	OK        bool              `json:"ok"`
}

func printTrial(a *cli.App, r *policy.Report, asJSON bool) error {
	bad := r.Uncovered()
	if asJSON {
		return a.Print("json", trialOut{*r, append([]policy.Coverage{}, bad...), len(r.Failures)+len(bad) == 0 && r.Cases > 0})
	}
	for _, f := range r.Failures {
		fmt.Fprintln(a.Out, a.T("policy_failure", "place", f.Place, "case", f.Case, "want", f.Want, "got", f.Got))
	}
	rows := [][]string{{a.T("policy_rule"), a.T("policy_fired"), a.T("policy_silent"), ""}}
	for _, c := range r.Rules {
		note := ""
		if c.Fired == 0 || c.Silent == 0 {
			note = "← " + a.T("policy_uncovered")
		}
		rows = append(rows, []string{c.Pack + "/" + c.Rule, strconv.Itoa(c.Fired), strconv.Itoa(c.Silent), note})
	}
	a.Grid(rows)
	fmt.Fprintln(a.Out, a.T("policy_tested", "cases", strconv.Itoa(r.Cases), "rules", strconv.Itoa(len(r.Rules)),
		"failures", strconv.Itoa(len(r.Failures)), "uncovered", strconv.Itoa(len(bad))))
	return nil
}

func policyDiffCommand(a *cli.App) *cobra.Command {
	c := &cobra.Command{Use: "diff A B", Short: a.T("policy_diff_short"), Long: a.T("policy_diff_long"), Args: cobra.ExactArgs(2)}
	format := formatFlag(a, c)
	c.RunE = func(_ *cobra.Command, args []string) error {
		asJSON, err := format()
		if err != nil {
			return err
		}
		_, from, err := packAt(args[0])
		if err != nil {
			return err
		}
		_, to, err := packAt(args[1])
		if err != nil {
			return err
		}
		d := policy.Compare(from, to)
		if asJSON {
			return a.Print("json", d)
		}
		printDiff(a, &d)
		return nil
	}
	return c
}

func printDiff(a *cli.App, d *policy.Diff) {
	say := func(line string) { fmt.Fprintln(a.Out, line) }
	for _, side := range []struct{ sign, key, digest string }{{"-", d.Old.Key, d.Old.Digest}, {"+", d.New.Key, d.New.Digest}} {
		say(side.sign + " " + side.key + " " + side.digest)
	}
	if d.Empty() {
		say(a.T("policy_same"))
		return
	}
	fields := func(indent string, list []policy.Change) {
		for _, c := range list {
			say(indent + c.Field)
			if c.Old != "" {
				say(indent + "  - " + c.Old)
			}
			if c.New != "" {
				say(indent + "  + " + c.New)
			}
		}
	}
	fields("", d.Fields)
	for _, p := range d.Parts {
		say(a.T("policy_part_"+p.Change, "kind", a.T("policy_"+p.Kind), "id", p.ID))
		fields("  ", p.Fields)
	}
}
