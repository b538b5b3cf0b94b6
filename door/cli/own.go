package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"naru"
	"naru/base/record"
)

// ownCommands are the commands that are no operation.
func (a *App) ownCommands() []*cobra.Command {
	return []*cobra.Command{a.loginCommand(), a.logoutCommand(), a.recordCommand(), a.exitCommand()}
}

// exitCommand explains the exit codes: it is a help topic.
func (a *App) exitCommand() *cobra.Command {
	return &cobra.Command{
		Use: "exit-codes", GroupID: groupMore, Short: a.T("exit_short"), Long: a.T("exit_codes"), Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
}

// printVerified tells what a verification found; a finding is a refusal.
func (a *App) printVerified(r *record.Report, keyed bool) error {
	fmt.Fprintln(a.Out, a.T("verified_size", "entries", fmt.Sprint(r.Entries), "denied", fmt.Sprint(r.Denied),
		"root", r.Root.String(), "origin", cmp.Or(r.Checkpoint.Origin, "-")))
	if r.OK() {
		key := "verified_ok"
		if !keyed {
			key = "verified_ok_self"
		}
		fmt.Fprintln(a.Out, a.T(key))
		return nil
	}
	faults := slices.Compact(slices.Sorted(slices.Values(r.Faults)))
	for _, key := range faults {
		fmt.Fprintln(a.Out, "  "+a.Words.Text(a.Lang, key, nil))
	}
	if len(r.Edited) > 0 {
		fmt.Fprintln(a.Out, a.T("verified_edited", "entries", strings.Trim(fmt.Sprint(r.Edited[:min(len(r.Edited), 20)]), "[]")))
	}
	return naru.NewError(naru.Conflict, "cli.verified_bad")
}
