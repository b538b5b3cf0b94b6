package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// program is the built naru serving a data folder with the example nation in it.
type program struct {
	dir     string
	cmd     *exec.Cmd
	url     string
	started time.Duration // from the start of the process to the first answer
	client  *http.Client
}

// binary is where make builds naru.
const binary = "bin/naru"

// running starts naru over 20,000 example systems, which an earlier start has put there, and signs in.
func (b *bed) running(ctx context.Context) (*program, error) {
	if b.program != nil {
		return b.program, nil
	}
	p := &program{dir: filepath.Join(b.dir, "served")}
	if err := p.start(ctx, "run", "--systems", strconv.Itoa(systems)); err != nil {
		return nil, err
	}
	if err := p.stop(); err != nil {
		return nil, err
	}
	if err := p.start(ctx, "serve"); err != nil {
		return nil, err
	}
	b.program = p
	return p, p.signIn(ctx)
}

// start runs naru until it answers.
func (p *program) start(ctx context.Context, args ...string) error {
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	addr := "127.0.0.1:" + strconv.Itoa(port)
	p.url = "http://" + addr
	p.cmd = exec.CommandContext(ctx, binary, append(args, "--dir", p.dir, "--addr", addr)...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	start := time.Now()
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w; run make build", binary, err)
	}
	for time.Since(start) < 5*time.Minute && ctx.Err() == nil {
		if r, err := http.Get(p.url + "/healthz"); err == nil {
			_ = r.Body.Close()
			p.started = time.Since(start)
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return errors.Join(fmt.Errorf("naru %s did not answer", args[0]), p.stop())
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// stop ends naru as Ctrl-C does.
func (p *program) stop() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	err := p.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 130 {
		return nil
	}
	return err
}

// signIn signs in as the ministry of the example, which sees the whole nation.
func (p *program) signIn(ctx context.Context) error {
	data, err := os.ReadFile(filepath.Join(p.dir, "example-accounts.json"))
	if err != nil {
		return err
	}
	var accounts []struct{ User, Password string }
	if err := json.Unmarshal(data, &accounts); err != nil {
		return err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	p.client = &http.Client{Jar: jar}
	for _, a := range accounts {
		if a.User != "ministry" {
			continue
		}
		form := url.Values{"user": {a.User}, "password": {a.Password}}.Encode()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/sign-in", strings.NewReader(form))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_, err = p.fetch(req)
		return err
	}
	return errors.New("the example has no ministry")
}

// fetch does a request and gives how long it took until its last byte.
func (p *program) fetch(req *http.Request) (time.Duration, error) {
	start := time.Now()
	r, err := p.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	n, err := io.Copy(io.Discard, r.Body)
	if err == nil && (r.StatusCode != http.StatusOK || n < 1000) {
		err = fmt.Errorf("%s: status %d, %d bytes", req.URL, r.StatusCode, n)
	}
	return time.Since(start), err
}

// startToReady is the best of three starts over the full estate.
func startToReady(ctx context.Context, b *bed) (float64, error) {
	p, err := b.running(ctx)
	if err != nil {
		return 0, err
	}
	shortest := p.started
	for range 2 {
		if err := p.stop(); err != nil {
			return 0, err
		}
		if err := p.start(ctx, "serve"); err != nil {
			return 0, err
		}
		shortest = min(shortest, p.started)
	}
	return shortest.Seconds(), nil
}

// listWeb is the slowest of the list pages, each at its best of five.
func listWeb(ctx context.Context, b *bed) (float64, error) {
	p, err := b.running(ctx)
	if err != nil {
		return 0, err
	}
	worst := 0.0
	for _, path := range []string{"/", "/systems", "/verdicts", "/rules"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, http.NoBody)
		if err != nil {
			return 0, err
		}
		s, err := best(5, func() error { _, err := p.fetch(req); return err })
		if err != nil {
			return 0, err
		}
		worst = max(worst, s*1000)
	}
	return worst, nil
}

// whatIfWeb is the page that compares the law of two dates over the whole estate, after a first one: the slowest of five
// dates nobody asked for before, sign-in, database and page included.
func whatIfWeb(ctx context.Context, b *bed) (float64, error) {
	p, err := b.running(ctx)
	if err != nil {
		return 0, err
	}
	worst := 0.0
	for i, day := range []string{"2020-07-01", "2017-03-02", "2019-12-02", "2021-08-01", "2022-06-01", "2024-05-01"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/whatif?way=dates&against="+day, http.NoBody)
		if err != nil {
			return 0, err
		}
		took, err := p.fetch(req)
		if err != nil {
			return 0, err
		}
		if i > 0 { // the first one reads the estate
			worst = max(worst, took.Seconds()*1000)
		}
	}
	return worst, nil
}

// memory is what naru holds after its pages were read, in MB.
func memory(ctx context.Context, b *bed) (float64, error) {
	if _, err := listWeb(ctx, b); err != nil {
		return 0, err
	}
	return rss(b.program.cmd.Process.Pid)
}
