package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"naru/door/cli"
	"naru/flow"
	"naru/locale"
	"naru/wire/api"
)

// run is the whole program with an exit code.
func run(ctx context.Context, args []string) int {
	return runOn(ctx, args, os.Stdin, os.Stdout, os.Stderr)
}

// runOn is run with other ends than those of the process.
func runOn(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	words, err := locale.Load()
	if err != nil {
		panic(err) // a programmer's error in the texts that are embedded
	}
	list, err := flow.New(nil, "", rand.Reader) // the names and inputs only; nothing runs on them
	if err != nil {
		panic(err) // no entropy: nothing can be done
	}
	p := &program{log: slog.New(slog.NewTextHandler(errs, nil)), err: errs}
	return cli.Run(ctx, cli.Deps{
		Operations: list.All(), Words: words, Version: version(), Embedded: p.embedded, Commands: p.commands,
		In: in, Out: out, Err: errs, Env: os.LookupEnv, Terminal: isTerminal(os.Stderr),
		Tokens: cli.Tokens{Path: tokenPath()},
	}, args)
}

// program holds what the commands that only this package can run share.
type program struct {
	log *slog.Logger
	err io.Writer
}

// commands lists the commands that only this package can run.
func (p *program) commands(a *cli.App) []*cobra.Command {
	return []*cobra.Command{
		p.demoCommand(a), p.runCommand(a), p.nationCommand(a), p.serveCommand(a), p.brokerCommand(a), p.configCommand(a),
		policyCommand(a), decideCommand(a), conformanceCommand(a),
	}
}

// embedded opens a data folder and answers requests inside this process, as the
// operator: whoever can read the folder is.
func (p *program) embedded(ctx context.Context, dir string) (*api.Client, func() error, error) {
	cfg, _, err := loadConfig("", os.LookupEnv, map[string]string{"dir": dir})
	if err != nil {
		return nil, nil, err
	}
	s, err := open(ctx, cfg, p.log)
	if err != nil {
		return nil, nil, err
	}
	handler, err := s.programs()
	if err != nil {
		return nil, nil, errors.Join(err, s.close())
	}
	client := &api.Client{URL: "http://naru.localhost", Token: s.keys.Token, HTTP: &http.Client{Transport: inProcess{handler}}}
	done := func() error {
		if err := s.runner.Drain(ctx, s.work(), 1000); err != nil {
			s.report("drain", err)
		}
		s.signNow(ctx)
		return s.close()
	}
	return client, done, nil
}

// tokenPath is where `naru login` keeps its tokens.
func tokenPath() string {
	if dir, err := os.UserConfigDir(); err == nil {
		return filepath.Join(dir, "naru", "tokens.json")
	}
	return filepath.Join(".naru", "tokens.json")
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// isLoopback reports whether an address to listen on stays on this machine.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
