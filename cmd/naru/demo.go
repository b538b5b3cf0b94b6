package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"naru"
	"naru/door/cli"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/match"
	"naru/flow/provision"
)

// demoCommand is `naru demo`: the whole road, for real, in a folder that is removed.
func (p *program) demoCommand(a *cli.App) *cobra.Command {
	var size int
	c := &cobra.Command{Use: "demo", GroupID: "start", Short: a.T("demo_short"), Long: a.T("demo_long"), Example: a.T("demo_example"), Args: cobra.NoArgs}
	c.Flags().IntVar(&size, "systems", 1200, a.T("flag_systems"))
	c.RunE = func(c *cobra.Command, _ []string) error {
		dir, err := os.MkdirTemp("", "naru-demo-")
		if err != nil {
			return err
		}
		err = p.demo(c.Context(), a, dir, size)
		return errors.Join(err, os.RemoveAll(dir))
	}
	return c
}

// demo puts a naru together in the folder and walks the road with it.
func (p *program) demo(ctx context.Context, a *cli.App, dir string, size int) error {
	log, err := os.OpenFile(filepath.Join(dir, "naru.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cfg := config{Addr: "127.0.0.1:0", Dir: filepath.Join(dir, "data"), Origin: "naru.demo/record", Loopback: true}
	s, err := open(ctx, cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		return err
	}
	d := &demo{example: &example{system: s, app: a, size: size}, dir: dir, log: log, began: time.Now()}
	err = d.walk(ctx)
	if err != nil {
		d.showLog()
	}
	return errors.Join(err, s.close())
}

// demo is one walk along the road, with what it picked up on the way.
type demo struct {
	*example
	dir   string
	log   *os.File
	began time.Time

	people    map[string]naru.Actor
	chosen    inventory.SystemOut
	component inventory.Component
	picks     []match.Candidate
	orders    []contract.Order
	running   []running
	children  sync.WaitGroup
}

// running is a service that was provisioned, with its credentials.
type running struct {
	category    string
	order       contract.Order
	instance    provision.InstanceID
	binding     provision.BindingID
	credentials []byte
}

// stage is one step of the walk: what it is called and what it does. The text it returns
// tells what was seen.
type stage struct {
	key string
	run func(context.Context) (string, error)
}

func (d *demo) stages() []stage {
	return []stage{
		{"demo_import", d.importFiles},
		{"demo_decide", d.decide},
		{"demo_law", d.law},
		{"demo_brokers", d.openSites},
		{"demo_match", d.match},
		{"demo_order", d.order},
		{"demo_approve", d.approve},
		{"demo_provision", d.provision},
		{"demo_use", d.use},
		{"demo_end", d.end},
		{"demo_meter", d.meter},
		{"demo_close", d.closeMonth},
		{"demo_report", d.adoption},
		{"demo_record", d.proveRecord},
	}
}

// walk runs the stages in order while followers, tasks and brokers run beside them.
func (d *demo) walk(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var loops sync.WaitGroup
	loops.Go(func() { d.runner.Run(ctx, d.work()) })
	loops.Go(func() { d.sign(ctx) })
	defer func() {
		stop()
		d.children.Wait()
		loops.Wait()
	}()
	list := d.stages()
	for i, st := range list {
		title := d.app.T(st.key)
		if d.app.Terminal {
			fmt.Fprintf(d.app.Err, "[%2d/%d] %s …\r", i+1, len(list), title)
		}
		start := time.Now()
		text, err := st.run(ctx)
		mark := "✓"
		if err != nil {
			mark = "✗"
		}
		fmt.Fprintf(d.app.Out, "[%2d/%d] %s %s (%s)\n", i+1, len(list), mark, title, time.Since(start).Round(time.Millisecond))
		if text != "" {
			fmt.Fprintln(d.app.Out, text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", title, err)
		}
	}
	fmt.Fprintln(d.app.Out, d.app.T("demo_done", "seconds", fmt.Sprintf("%.1f", time.Since(d.began).Seconds())))
	return nil
}

// showLog prints the end of the log, because the folder is about to go.
func (d *demo) showLog() {
	info, err := d.log.Stat()
	if err != nil {
		return
	}
	const tail = 4000
	file, err := os.Open(d.log.Name())
	if err != nil {
		return
	}
	defer file.Close()
	_, _ = io.Copy(d.app.Err, io.NewSectionReader(file, max(0, info.Size()-tail), tail)) // it is only help
}

// as starts a call of an example person.
func (d *demo) as(user string) naru.Call { return d.runner.CallFor(d.people[user]) }

// errNotHeld says that something the demo claims did not come out.
func errNotHeld(format string, args ...any) error { return fmt.Errorf("demo: "+format, args...) }
