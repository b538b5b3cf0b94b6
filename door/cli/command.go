package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"naru/base/op"
)

// The groups of commands, in the order a newcomer reads them.
const (
	groupStart   = "start"
	groupRoad    = "road"
	groupOperate = "operate"
	groupMore    = "more"
)

// command builds the whole tree of commands.
func (a *App) command() *cobra.Command {
	root := &cobra.Command{
		Use: "naru", Short: a.T("short"), Long: a.T("long"), Example: a.T("example"),
		SilenceErrors: true, SilenceUsage: true, Version: a.Version,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return Usage(a.T("unknown_command", "name", args[0]))
			}
			return c.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	for _, id := range []string{groupStart, groupRoad, groupOperate, groupMore} {
		root.AddGroup(&cobra.Group{ID: id, Title: a.T("group_" + id)})
	}
	f := root.PersistentFlags()
	f.StringVar(&a.url, "url", "", a.T("flag_url", "default", DefaultURL))
	f.StringVar(&a.data, "data", "", a.T("flag_data"))
	f.StringVarP(&a.output, "output", "o", "table", a.T("flag_output"))
	f.String("lang", a.Lang, a.T("flag_lang"))
	f.BoolP("help", "h", false, a.T("flag_help"))
	root.Flags().Bool("version", false, a.T("flag_version"))
	root.SetUsageTemplate(a.usageTemplate())
	root.SetHelpCommandGroupID(groupMore)
	root.SetCompletionCommandGroupID(groupMore)
	steps := a.stepCommands()
	for _, c := range append(a.ownCommands(), a.Commands(a)...) {
		if i := slices.IndexFunc(steps, func(s *cobra.Command) bool { return s.Name() == c.Name() }); i >= 0 {
			adopt(steps[i], c)
			continue
		}
		root.AddCommand(c)
	}
	for _, c := range append(steps, a.shortcuts()...) {
		root.AddCommand(c)
	}
	return root
}

// adopt gives a step's command what another command of its name can do: its
// subcommands, and itself with its flags when it runs without one.
func adopt(step, c *cobra.Command) {
	step.AddCommand(c.Commands()...)
	step.Flags().AddFlagSet(c.Flags())
	if c.RunE != nil {
		step.RunE, step.Args, step.Long = c.RunE, c.Args, c.Long
	}
	step.Example = strings.Trim(step.Example+"\n"+c.Example, "\n")
}

// shortcuts are operations people ask for by their own name, without the step.
func (a *App) shortcuts() []*cobra.Command {
	var list []*cobra.Command
	for _, o := range a.Operations {
		if o.Info().Name == "decide.whatif" {
			c := a.operation(o, "whatif")
			c.GroupID = groupRoad
			list = append(list, c)
		}
	}
	return list
}

// stepCommands makes one command per step with one subcommand per operation; what is
// written by hand takes the place of the made one.
func (a *App) stepCommands() []*cobra.Command {
	var list []*cobra.Command
	own := a.byHand()
	for _, o := range a.Operations {
		step, verb, _ := strings.Cut(o.Info().Name, ".")
		i := slices.IndexFunc(list, func(c *cobra.Command) bool { return c.Name() == step })
		if i < 0 {
			i = len(list)
			list = append(list, a.stepCommand(step, own))
		}
		if !slices.ContainsFunc(list[i].Commands(), func(c *cobra.Command) bool { return c.Name() == dashed(verb) }) {
			list[i].AddCommand(a.operation(o, dashed(verb)))
		}
	}
	return list
}

func (a *App) stepCommand(step string, own map[string][]*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: step, GroupID: groupRoad, Short: a.T("step_" + step), Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return Usage(a.T("unknown_command", "name", step+" "+args[0]))
			}
			return c.Help()
		},
	}
	if key := "example_" + step; a.Words.Has("cli." + key) {
		c.Example = a.T(key)
	}
	c.AddCommand(own[step]...)
	return c
}

// operation makes the command of one operation: path fields are arguments, the other
// fields are flags.
func (a *App) operation(o op.Any, name string) *cobra.Command {
	info := o.Info()
	in := newForm(a, info)
	c := &cobra.Command{
		Use: strings.TrimSpace(name + " " + in.usage()), Short: info.Doc.In(a.Lang),
		Long: info.Doc.In(a.Lang) + "\n\n" + a.T("permission", "permission", string(info.Permission)),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != len(in.params) {
				return Usage(a.T("args_wanted", "want", cmp.Or(strings.ToUpper(strings.Join(in.params, " ")), "-")))
			}
			return nil
		},
	}
	in.flags(c.Flags())
	if !info.Write && isList(info.Out) {
		c.Flags().Bool("all", false, a.T("flag_all"))
	}
	c.RunE = func(c *cobra.Command, args []string) error { return a.runOperation(c, in, args) }
	return c
}

func dashed(s string) string { return strings.ReplaceAll(s, "_", "-") }

// usageTemplate is cobra's template with the words of the language.
func (a *App) usageTemplate() string {
	return a.T("usage") + `{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} <` + a.T("command") + `>{{end}}{{if .HasExample}}

` + a.T("examples") + `
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}{{$cmds := .Commands}}{{if eq (len .Groups) 0}}

` + a.T("commands") + `{{range $cmds}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{else}}{{range $group := .Groups}}

{{.Title}}{{range $cmds}}{{if (and (eq .GroupID $group.ID) (or .IsAvailableCommand (eq .Name "help")))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

` + a.T("flags") + `
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

` + a.T("global_flags") + `
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if not .HasParent}}

` + a.T("exit_codes") + `{{end}}
`
}
