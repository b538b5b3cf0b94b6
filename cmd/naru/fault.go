package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"naru/broker/fault"
	"naru/door/cli"
	"naru/wire/osb"
)

// brokerFaults is where the fault broker finds the faults it begins with.
const brokerFaults = "NARU_BROKER_FAULTS"

func faultCommand(a *cli.App) *cobra.Command {
	var (
		cfg   fault.Config
		texts []string
		stdin bool
	)
	c := &cobra.Command{
		Use: "fault", Short: a.T("broker_fault_short"), Example: a.T("broker_fault_example"), Args: cobra.NoArgs,
		Long: a.T("broker_fault_long", "operations", strings.Join(fault.Operations(), ", "), "modes", modeList(a)),
	}
	f := c.Flags()
	f.StringVar(&cfg.Addr, "addr", "127.0.0.1:0", a.T("flag_broker_addr"))
	f.StringVar(&cfg.AdminAddr, "admin-addr", "127.0.0.1:0", a.T("flag_broker_admin"))
	f.StringVar(&cfg.Site, "site", "fault", a.T("flag_broker_site"))
	f.StringVar(&cfg.User, "user", "naru", a.T("flag_broker_user"))
	f.DurationVar(&cfg.Delay, "delay", 2*time.Second, a.T("flag_broker_delay"))
	f.StringArrayVar(&texts, "fault", nil, a.T("flag_broker_fault"))
	f.BoolVar(&stdin, "stdin", false, a.T("flag_broker_stdin"))
	c.RunE = func(c *cobra.Command, _ []string) error {
		env, _ := a.Env(brokerFaults)
		for _, text := range append(strings.FieldsFunc(env, func(r rune) bool { return r == ',' }), texts...) {
			one, err := fault.ParseFault(strings.TrimSpace(text))
			if err != nil {
				return cli.Usage(err.Error())
			}
			cfg.Faults = append(cfg.Faults, one)
		}
		password, _ := a.Env(brokerPassword)
		cfg.Password, cfg.Now = osb.Secret(password), time.Now
		ctx, stop := context.WithCancel(c.Context())
		defer stop()
		if stdin {
			go func() {
				_, _ = io.Copy(io.Discard, os.Stdin) // its end is all that counts
				stop()
			}()
		}
		return fault.Run(ctx, cfg, a.Out)
	}
	return c
}

// modeList is the table of modes for the help.
func modeList(a *cli.App) string {
	var lines []string
	for _, m := range fault.Modes() {
		lines = append(lines, fmt.Sprintf("  %-20s %s", m.Name, a.T("fault_mode."+m.Name)))
	}
	return strings.Join(lines, "\n")
}
