package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"naru/flow/ledger"
	"naru/wire/api"
)

// recordCommand exports the record and verifies an export.
func (a *App) recordCommand() *cobra.Command {
	c := &cobra.Command{Use: "record", GroupID: groupOperate, Short: a.T("step_record"), RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	export := &cobra.Command{
		Use: "export FILE", Short: a.T("record_export_short"), Args: a.exactly(1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.call(c.Context(), func(client *api.Client) error {
				return a.WriteFile(args[0], func(w io.Writer) error {
					_, err := ledger.WriteExport(c.Context(), w, func(ctx context.Context, in ledger.ExportIn) (out ledger.ExportOut, err error) {
						err = client.Do(ctx, "ledger.export", in, &out)
						return out, err
					})
					return err
				})
			})
		},
	}
	c.AddCommand(export, a.verifyCommand())
	return c
}
