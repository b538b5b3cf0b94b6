package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"naru"
	"naru/door/cli"
	"naru/wire/osb"
	"naru/wire/osb/conformance"
)

// conformanceFlags are the options of `naru conformance` as they are typed.
type conformanceFlags struct {
	o            conformance.Options
	passwordFile string
	parameters   []string
	context      string
	roots        string
	all          bool
}

// conformanceCommand judges a broker with no server and no database: a provider can run it at home.
func conformanceCommand(a *cli.App) *cobra.Command {
	var in conformanceFlags
	c := &cobra.Command{
		Use: "conformance URL", GroupID: "operate", Short: a.T("conformance_short"), Long: a.T("conformance_long"), Example: a.T("conformance_example"),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.Usage(a.T("args_wanted", "want", "URL"))
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&in.o.User, "user", "", a.T("flag_conformance_user", "env", brokerPassword))
	f.StringVar(&in.passwordFile, "password-file", "-", a.T("flag_password_file"))
	f.StringVar(&in.o.Service, "service", "", a.T("flag_conformance_service"))
	f.StringSliceVar(&in.o.Plans, "plan", nil, a.T("flag_conformance_plan"))
	f.StringArrayVar(&in.parameters, "parameters", nil, a.T("flag_conformance_parameters"))
	f.StringVar(&in.context, "context", "", a.T("flag_conformance_context"))
	f.StringVar(&in.o.Organization, "organization", "", a.T("flag_conformance_organization"))
	f.StringVar(&in.o.Space, "space", "", a.T("flag_conformance_space"))
	f.IntVar(&in.o.Concurrency, "concurrency", 6, a.T("flag_conformance_concurrency"))
	f.DurationVar(&in.o.Timeout, "timeout", time.Minute, a.T("flag_conformance_timeout"))
	f.DurationVar(&in.o.Patience, "patience", 10*time.Minute, a.T("flag_conformance_patience"))
	f.DurationVar(&in.o.PollEvery, "poll", 0, a.T("flag_conformance_poll"))
	f.StringVar(&in.roots, "ca", "", a.T("flag_conformance_ca"))
	f.BoolVar(&in.o.Insecure, "insecure", false, a.T("flag_conformance_insecure"))
	f.BoolVar(&in.o.Keep, "keep", false, a.T("flag_conformance_keep"))
	f.BoolVar(&in.all, "all", false, a.T("flag_conformance_all"))
	c.RunE = func(c *cobra.Command, args []string) error {
		in.o.URL = args[0]
		return judge(c.Context(), a, in)
	}
	return c
}

// judge runs the suite, prints the report and refuses a broker that is not conformant.
func judge(ctx context.Context, a *cli.App, in conformanceFlags) error {
	format := a.Format("")
	if format != "table" && format != "json" {
		return a.BadFormat(format, "table", "json")
	}
	if err := in.read(a); err != nil {
		return err
	}
	show := conformanceProgress(a)
	in.o.Progress = show.tried
	report, err := conformance.Run(ctx, in.o)
	show.done()
	switch {
	case errors.Is(err, conformance.ErrUnreachable):
		return &naru.Error{Kind: naru.Unavailable, Message: naru.Msg("cli.conformance_unreachable", "url", in.o.URL), Err: err}
	case err != nil:
		return cli.Usage(err.Error())
	}
	if format == "json" {
		encoder := json.NewEncoder(a.Out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		printConformance(a, report, in.all)
	}
	switch {
	case err != nil:
		return err
	case report.Interrupted:
		return context.Canceled
	case !report.Tried():
		return naru.NewError(naru.Conflict, "cli.conformance_untried")
	case !report.Conformant():
		return naru.NewError(naru.Conflict, "cli.conformance_failed")
	}
	return nil
}

// read completes the options with what files, environment and terminal say.
func (in *conformanceFlags) read(a *cli.App) error {
	seed := make([]byte, 4)
	if _, err := rand.Read(seed); err != nil {
		return err
	}
	in.o.Seed, in.o.Now = hex.EncodeToString(seed), time.Now
	if err := in.readCredentials(a); err != nil {
		return err
	}
	if in.context != "" {
		raw, err := jsonOrFile(in.context)
		if err != nil {
			return err
		}
		in.o.Context = raw
	}
	in.o.Parameters = map[string]json.RawMessage{}
	for _, text := range in.parameters {
		plan, value := "*", text
		if name, rest, ok := strings.Cut(text, "="); ok && !strings.HasPrefix(strings.TrimSpace(text), "{") {
			plan, value = name, rest
		}
		raw, err := jsonOrFile(value)
		if err != nil {
			return err
		}
		in.o.Parameters[plan] = raw
	}
	if in.roots == "" {
		return nil
	}
	pem, err := os.ReadFile(in.roots)
	if err != nil {
		return cli.Usage(err.Error())
	}
	in.o.Roots = x509.NewCertPool()
	if !in.o.Roots.AppendCertsFromPEM(pem) {
		return cli.Usage(a.T("conformance_no_certificate", "file", in.roots))
	}
	return nil
}

// readCredentials takes the password from the environment, a file or the terminal: never from a flag, which
// would stand in the list of processes. It does not send it in clear text over a network unasked.
func (in *conformanceFlags) readCredentials(a *cli.App) error {
	if in.o.User == "" {
		return nil
	}
	u, err := url.Parse(in.o.URL)
	if err != nil {
		return cli.Usage(a.T("args_wanted", "want", "URL"))
	}
	if u.Scheme == "http" && !in.o.Insecure && !isLoopback(u.Hostname()+":0") {
		return cli.Usage(a.T("conformance_plain", "url", in.o.URL))
	}
	if password, ok := a.Env(brokerPassword); ok && password != "" {
		in.o.Password = osb.Secret(password)
		return nil
	}
	password, err := a.Password(in.passwordFile)
	in.o.Password = osb.Secret(password)
	return err
}

// jsonOrFile is JSON, or with @ before it the name of a file of it.
func jsonOrFile(text string) (json.RawMessage, error) {
	raw := []byte(text)
	if path, ok := strings.CutPrefix(text, "@"); ok {
		var err error
		if raw, err = os.ReadFile(path); err != nil {
			return nil, cli.Usage(err.Error())
		}
	}
	if !json.Valid(raw) {
		return nil, cli.Usage("JSON: " + text)
	}
	return raw, nil
}
