package main

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"naru/broker/kit"
	"naru/broker/messaging"
	"naru/broker/objects"
	"naru/broker/postgres"
	"naru/door/cli"
	"naru/wire/osb"
)

// brokerPassword is where a broker finds the platform's password; a flag would stand in
// the list of processes.
const brokerPassword = "NARU_BROKER_PASSWORD"

// brokerRuns are the reference brokers by name.
func brokerRuns() map[string]func(context.Context, kit.Config, io.Writer) error {
	return map[string]func(context.Context, kit.Config, io.Writer) error{
		"objects": objects.Run, "messaging": messaging.Run, "postgres": postgres.Run,
	}
}

// brokerNames are the reference brokers in the order they are shown.
func brokerNames() []string { return []string{"objects", "messaging", "postgres"} }

func (p *program) brokerCommand(a *cli.App) *cobra.Command {
	root := &cobra.Command{Use: "broker", GroupID: "operate", Short: a.T("broker_short"), RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	for _, name := range brokerNames() {
		root.AddCommand(oneBroker(a, name))
	}
	root.AddCommand(faultCommand(a))
	return root
}

func oneBroker(a *cli.App, name string) *cobra.Command {
	var (
		cfg   kit.Config
		title string
		stdin bool
	)
	c := &cobra.Command{Use: name, Short: a.T("broker_one_short", "name", name), Args: cobra.NoArgs}
	f := c.Flags()
	f.StringVar(&cfg.Addr, "addr", "127.0.0.1:0", a.T("flag_broker_addr"))
	f.StringVar(&cfg.DataDir, "dir", "naru-"+name, a.T("flag_broker_dir"))
	f.StringVar(&cfg.SiteName, "site", "gov", a.T("flag_broker_site"))
	f.StringVar(&title, "title", "", a.T("flag_broker_title"))
	f.StringVar(&cfg.Venue, "venue", "government", a.T("flag_broker_venue"))
	f.StringVar(&cfg.User, "user", "naru", a.T("flag_broker_user"))
	f.BoolVar(&cfg.Synthetic, "synthetic", false, a.T("flag_broker_synthetic"))
	f.BoolVar(&stdin, "stdin", false, a.T("flag_broker_stdin"))
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg.SiteTitle = kit.Text{Ko: title, En: title}
		cfg.Password = osb.Secret(os.Getenv(brokerPassword))
		ctx, stop := context.WithCancel(c.Context())
		defer stop()
		if stdin {
			go func() {
				_, _ = io.Copy(io.Discard, os.Stdin) // its end is all that counts
				stop()
			}()
		}
		return brokerRuns()[name](ctx, cfg, a.Out)
	}
	return c
}
