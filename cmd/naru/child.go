package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// child is a reference broker that runs as a process of its own.
type child struct {
	site  site
	name  string
	dir   string
	token string // the platform's password
	log   io.Writer
}

// site is a place of the example with its brokers.
type site struct{ name, venue, title string }

func sites() []site {
	return []site{{"gov", "government", "예제 정부 센터"}, {"priv", "private", "예제 민간 클라우드"}}
}

// keep runs the broker and starts it again when it fails, until ctx ends. up is called
// with its address each time it serves, down with the reason each time it ended.
func (c *child) keep(ctx context.Context, up func(address string), down func(error)) {
	wait := time.Second
	for ctx.Err() == nil {
		started := time.Now()
		err := c.once(ctx, up)
		if ctx.Err() != nil {
			return
		}
		down(err)
		if time.Since(started) > time.Minute {
			wait = time.Second
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
			wait = min(2*wait, 30*time.Second)
		}
	}
}

// once starts the process and waits for its end. The thread is held because the kernel
// ties a child's death signal to the thread that started it; a closed standard input
// tells the child the same, so that none survives even when naru is killed.
func (c *child) once(ctx context.Context, up func(address string)) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, "broker", c.name, "--stdin", "--synthetic", "--dir", c.dir,
		"--site", c.site.name, "--venue", c.site.venue, "--title", c.site.title, "--addr", c.address())
	cmd.Env = append(os.Environ(), brokerPassword+"="+c.token)
	cmd.Stderr = c.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
	if _, err := cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	address, rerr := readyAddress(out)
	if rerr == nil {
		rerr = c.keepAddress(address)
	}
	if rerr == nil {
		up(address)
	}
	_, _ = io.Copy(io.Discard, out) // until it ends
	return errors.Join(rerr, cmd.Wait())
}

// readyAddress reads the one line a broker prints when it serves.
func readyAddress(out io.Reader) (string, error) {
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		return "", fmt.Errorf("it did not become ready: %w", err)
	}
	var ready struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal(line, &ready); err != nil || ready.URL == "" {
		return "", fmt.Errorf("its first line is not the ready line: %.80q", line)
	}
	return ready.URL, nil
}

// address is where the broker served last time, so that the catalogue stays right.
func (c *child) address() string {
	data, err := os.ReadFile(filepath.Join(c.dir, "address"))
	if err != nil {
		return "127.0.0.1:0"
	}
	_ = os.Remove(filepath.Join(c.dir, "address")) // a taken port is not asked for twice
	return strings.TrimSpace(string(data))
}

func (c *child) keepAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.dir, "address"), []byte(u.Host+"\n"), 0o600)
}
