package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"naru/door/cli"
)

// configFlags declares a flag for every setting and one for the file.
func configFlags(a *cli.App, set *pflag.FlagSet) {
	set.String("config", "", a.T("flag_config"))
	for _, s := range settings() {
		text := s.En
		if a.Lang == "ko" {
			text = s.Ko
		}
		if s.Default == "true" || s.Default == "false" {
			set.Bool(flagOf(s.Name), s.Default == "true", text)
			continue
		}
		set.String(flagOf(s.Name), s.Default, text)
	}
}

// readConfig merges defaults, file, environment and the flags of a command.
func readConfig(set *pflag.FlagSet) (config, []setting, error) {
	given := map[string]string{}
	for _, s := range settings() {
		if f := set.Lookup(flagOf(s.Name)); f != nil && f.Changed {
			given[s.Name] = f.Value.String()
		}
	}
	path, err := set.GetString("config")
	if err != nil {
		return config{}, nil, err
	}
	cfg, list, err := loadConfig(path, os.LookupEnv, given)
	if err != nil {
		return cfg, nil, cli.Usage(err.Error())
	}
	return cfg, list, nil
}

func flagOf(name string) string { return strings.ReplaceAll(name, "_", "-") }

func (p *program) serveCommand(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Use: "serve", GroupID: "start", Short: a.T("serve_short"), Long: a.T("serve_long"), Example: a.T("serve_example"), Args: cobra.NoArgs,
	}
	configFlags(a, c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, _, err := readConfig(c.Flags())
		if err != nil {
			return err
		}
		if !isLoopback(cfg.Addr) {
			fmt.Fprintln(p.err, a.T("loopback_warning", "addr", cfg.Addr))
		}
		s, err := open(c.Context(), cfg, p.log)
		if err != nil {
			return err
		}
		err = s.serve(c.Context(), func(url string) error {
			_, err := fmt.Fprintln(a.Out, a.T("serving", "url", url, "dir", cfg.Dir))
			return err
		})
		if cerr := s.close(); err == nil {
			err = cerr
		}
		if err == nil {
			fmt.Fprintln(a.Out, a.T("stopped"))
		}
		return err
	}
	return c
}

func (p *program) configCommand(a *cli.App) *cobra.Command {
	c := &cobra.Command{Use: "config", GroupID: "operate", Short: a.T("config_short"), Args: cobra.NoArgs}
	configFlags(a, c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		_, list, err := readConfig(c.Flags())
		if err != nil {
			return err
		}
		for _, s := range list {
			value := s.Value
			if s.Name == "database" && value != "" {
				value = "******" // it may hold a password
			}
			fmt.Fprintf(a.Out, "%-16s %-28s %s\n", s.Name, value, s.Source)
		}
		return nil
	}
	return c
}
