package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"naru"
	"naru/base/op"
	"naru/locale"
	"naru/wire/api"
)

// Deps is what the command line needs from cmd.
type Deps struct {
	Operations []op.Any
	Words      *locale.Catalog
	Version    string
	// Embedded opens the naru of a data folder inside this process; done closes it.
	Embedded func(ctx context.Context, dir string) (client *api.Client, done func() error, err error)
	// Commands are further commands that only cmd can run, such as serve.
	Commands func(a *App) []*cobra.Command
	In       io.Reader
	Out, Err io.Writer
	Env      func(string) (string, bool)
	Terminal bool // Err is a terminal: show progress
	Tokens   Tokens
}

// App is one run of the command line.
type App struct {
	Deps
	Lang string // "ko" or "en"

	url, data, output string
	later             bool // what is printed follows an earlier page of the same list
	placeless         bool // it was said that the address of naru is not known
	root              *cobra.Command
}

// DefaultURL is where a naru on this machine answers.
const DefaultURL = "http://127.0.0.1:8080"

// Run runs a command line and returns the exit code.
func Run(ctx context.Context, d Deps, args []string) int {
	a := &App{Deps: d, Lang: language(args, d.Env)}
	a.root = a.command()
	a.root.SetArgs(args)
	a.root.SetIn(d.In)
	a.root.SetOut(d.Out)
	a.root.SetErr(d.Err)
	err := a.root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	a.fail(err)
	return exitCode(err)
}

// T words a key of the command line.
func (a *App) T(key string, pairs ...string) string {
	return a.Words.Message(a.Lang, naru.Msg("cli."+key, pairs...))
}

// BadFormat refuses a form of output that the command has not.
func (a *App) BadFormat(value string, known ...string) error {
	return Usage(a.T("bad_format", "value", value, "known", strings.Join(known, ", ")))
}

// language is --lang, NARU_LANG, then the locale of the shell; Korean otherwise.
func language(args []string, env func(string) (string, bool)) string {
	for i, arg := range args {
		if v, ok := strings.CutPrefix(arg, "--lang="); ok {
			return known(v)
		}
		if arg == "--lang" && i+1 < len(args) {
			return known(args[i+1])
		}
	}
	for _, name := range []string{"NARU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v, ok := env(name); ok && v != "" {
			return known(v)
		}
	}
	return "ko"
}

// known maps the name of a locale to a language of naru. The C locale says nothing.
func known(v string) string {
	if strings.HasPrefix(strings.ToLower(v), "en") {
		return "en"
	}
	return "ko"
}

// connect returns the client of the server or of the data folder asked for.
func (a *App) connect(ctx context.Context) (*api.Client, func() error, error) {
	if a.data != "" {
		c, done, err := a.Embedded(ctx, a.data)
		if err == nil {
			c.Lang = a.Lang
		}
		return c, done, err
	}
	c := &api.Client{URL: a.server(), Lang: a.Lang}
	if token, ok := a.Env("NARU_TOKEN"); ok {
		c.Token = token
	} else if token, err := a.Tokens.Read(c.URL); err == nil {
		c.Token = token
	}
	return c, func() error { return nil }, nil
}

func (a *App) server() string {
	env, _ := a.Env("NARU_URL")
	return strings.TrimSuffix(cmp.Or(a.url, env, DefaultURL), "/")
}

// Call connects, runs fn and closes.
func (a *App) call(ctx context.Context, fn func(*api.Client) error) error {
	c, done, err := a.connect(ctx)
	if err != nil {
		return err
	}
	return errors.Join(fn(c), done())
}

// usageError is a mistake in the command line itself.
type usageError struct{ error }

// Usage makes an error that says how the command is to be used.
func Usage(text string) error { return usageError{errors.New(text)} }

// fail prints an error for a person: the sentence, the single faults, what to do next.
func (a *App) fail(err error) {
	var (
		p     *api.Problem
		known *naru.Error
		usage usageError
	)
	switch {
	case errors.As(err, &p):
		fmt.Fprintln(a.Err, "naru: "+p.Error())
		for _, f := range p.Errors {
			fmt.Fprintln(a.Err, "  "+a.place(f)+f.Message)
		}
		if p.Status == 401 {
			fmt.Fprintln(a.Err, a.T("next_login"))
		}
	case errors.As(err, &known):
		fmt.Fprintln(a.Err, "naru: "+a.Words.Message(a.Lang, known.Message))
		for _, f := range known.Problems {
			place := a.place(api.Fault{Row: f.Row, Column: f.Column, Field: f.Field})
			if _, said := f.Message.Args["file"]; said {
				place = "" // the sentence itself names file, line and column
			}
			fmt.Fprintln(a.Err, "  "+place+a.Words.Message(a.Lang, f.Message))
		}
	case isUnreachable(err):
		fmt.Fprintln(a.Err, "naru: "+a.T("unreachable", "url", a.server()))
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown "), strings.Contains(err.Error(), "arg(s)"):
		fmt.Fprintln(a.Err, "naru: "+err.Error())
		fmt.Fprintln(a.Err, a.T("next_help"))
	default:
		fmt.Fprintln(a.Err, "naru: "+err.Error())
	}
}

// place says where in the input a fault is.
func (a *App) place(f api.Fault) string {
	switch {
	case f.Row > 0 && f.Column != "":
		return a.T("at_cell", "row", fmt.Sprint(f.Row), "column", f.Column) + " "
	case f.Row > 0:
		return a.T("at_row", "row", fmt.Sprint(f.Row)) + " "
	case f.Field != "":
		return f.Field + ": "
	}
	return ""
}
