package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/spf13/cobra"

	"naru/door/cli"
	"naru/door/web"
	"naru/link/feed"
)

// runCommand is `naru run`: a server, its local brokers and the example nation.
func (p *program) runCommand(a *cli.App) *cobra.Command {
	var size int
	c := &cobra.Command{
		Use: "run", GroupID: "start", Short: a.T("run_short"), Long: a.T("run_long"), Example: a.T("run_example"), Args: cobra.NoArgs,
	}
	configFlags(a, c.Flags())
	c.Flags().IntVar(&size, "systems", feed.NationSize(), a.T("flag_systems"))
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, _, err := readConfig(c.Flags())
		if err != nil {
			return err
		}
		cfg.Loopback = true
		s, err := open(c.Context(), cfg, p.log)
		if err != nil {
			return err
		}
		e := &example{system: s, app: a, size: size}
		err = e.run(c.Context())
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

// example is a naru with its brokers and people.
type example struct {
	*system
	app  *cli.App
	size int
	mu   sync.Mutex // of the output
}

func (e *example) say(key string, pairs ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fmt.Fprintln(e.app.Out, e.app.T(key, pairs...))
}

// run serves until ctx ends and then stops everything it started.
func (e *example) run(ctx context.Context) error {
	have, err := e.settled(ctx)
	if err != nil {
		return err
	}
	if !have {
		e.say("run_importing", "systems", fmt.Sprint(e.size))
	}
	institutions, systems, err := e.settle(ctx, e.size)
	if err != nil {
		return err
	}
	e.made = sync.OnceValues(func() ([]web.Proportion, error) { return proportions(e.size) })
	people, err := e.accounts(ctx)
	if err != nil {
		return err
	}
	e.say("run_nation", "institutions", fmt.Sprint(institutions), "systems", fmt.Sprint(systems))
	if err := e.fund(ctx); err != nil {
		return err
	}
	if err := e.amend(ctx); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(e.cfg.Dir, "brokers.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	ctx, stop := context.WithCancel(ctx)
	var children sync.WaitGroup
	err = e.serve(ctx, func(url string) error {
		if err := e.startBrokers(ctx, &children, log); err != nil {
			return err
		}
		if err := e.openProvider(ctx, people); err != nil {
			return err
		}
		e.greet(url, people)
		return nil
	})
	stop()
	e.say("stopping")
	children.Wait()
	return err
}

// startBrokers starts the brokers of both sites and waits until each has been up once
// and is in the catalogue, or has failed once.
func (e *example) startBrokers(ctx context.Context, children *sync.WaitGroup, log io.Writer) error {
	var first sync.WaitGroup
	for _, site := range sites() {
		for _, name := range brokerNames() {
			dir := filepath.Join(e.cfg.Dir, "brokers", site.name+"-"+name)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			token, err := secretFile(filepath.Join(dir, "platform.password"), func() (string, error) { return random(24), nil })
			if err != nil {
				return err
			}
			c := &child{site: site, name: name, dir: dir, token: token, log: log}
			first.Add(1)
			once := sync.OnceFunc(first.Done)
			children.Go(func() {
				c.keep(ctx, func(address string) {
					defer once()
					if err := e.enlist(ctx, c, address); err != nil {
						e.report("example", err)
						return
					}
					e.say("run_broker", "name", c.name, "site", c.site.title, "url", address)
				}, func(err error) {
					defer once()
					e.say("run_broker_down", "name", c.name, "site", c.site.title, "reason", fmt.Sprint(err))
				})
				once()
			})
		}
	}
	first.Wait()
	return ctx.Err()
}

func (e *example) greet(url string, people []person) {
	e.say("run_ready", "url", url)
	for _, a := range people {
		e.say("run_account", "user", fmt.Sprintf("%-11s", a.User), "password", fmt.Sprintf("%-17s", a.Password), "role", string(a.Role))
	}
	e.say("run_first", "url", url)
}
