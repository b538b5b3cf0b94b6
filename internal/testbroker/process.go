package testbroker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"naru/broker/kit"
	"naru/wire/osb"
)

// RunFunc is the Run function of a broker package.
type RunFunc func(ctx context.Context, c kit.Config, out io.Writer) error

// Set names the brokers a test binary can become.
type Set map[string]RunFunc

const childVariable = "NARU_TEST_BROKER"

// child is what a child process is told; unlike kit.Config it carries the password in the clear.
type child struct {
	Name     string     `json:"name"`
	Config   kit.Config `json:"config"`
	Password string     `json:"password"`
}

// config is what the child runs with.
func (c child) config() kit.Config {
	config := c.Config
	config.Password = osb.Secret(c.Password)
	return config
}

// Main runs the tests, or the broker this process was started as; it ends the process.
func Main(m *testing.M, brokers Set) {
	encoded, isChild := os.LookupEnv(childVariable)
	if !isChild {
		os.Exit(m.Run())
	}
	var c child
	if err := json.Unmarshal([]byte(encoded), &c); err != nil || brokers[c.Name] == nil {
		fmt.Fprintf(os.Stderr, "broker %q: not in the set of this test binary: %v\n", c.Name, err)
		os.Exit(2)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // the parent holds the other end: a child never outlives its test
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := brokers[c.Name](ctx, c.config(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Broker is a running reference broker. A platform reaches it at URL with Config.User and Config.Password.
type Broker struct {
	Name   string
	URL    string
	Config kit.Config
	Client *osb.Client
	// stop ends a broker inside the test process; the rest is of one that is a process.
	stop    func()
	stdin   io.Closer
	command *exec.Cmd
	stderr  *lockedBuffer
	ended   chan struct{}
}

// startPatience bounds the start of a broker; PostgreSQL's first start makes a cluster.
const startPatience = 2 * time.Minute

// Start starts the named broker of the Set as a process of its own and waits until it serves. Fields of
// the configuration that are empty get values for tests. The process ends with the test.
func Start(t testing.TB, name string, c kit.Config) *Broker {
	t.Helper()
	b := &Broker{Name: name, Config: filled(t, c)}
	b.start(t)
	t.Cleanup(func() { b.Stop(t) })
	return b
}

func (b *Broker) start(t testing.TB) {
	t.Helper()
	told, err := json.Marshal(child{Name: b.Name, Config: b.Config, Password: b.Config.Password.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	b.command = exec.Command(os.Args[0], "-test.run=^$")
	b.command.Env = append(os.Environ(), childVariable+"="+string(told))
	b.stderr = &lockedBuffer{}
	b.command.Stderr = b.stderr
	stdin, err := b.command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := b.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.command.Start(); err != nil {
		t.Fatal(err)
	}
	b.stdin, b.ended = stdin, make(chan struct{})
	first := make(chan []byte, 1)
	go func() {
		line, _ := bufio.NewReader(stdout).ReadBytes('\n')
		first <- line
		_ = b.command.Wait()
		close(b.ended)
	}()
	b.awaitReady(t, first)
}

func (b *Broker) awaitReady(t testing.TB, first <-chan []byte) {
	t.Helper()
	var line []byte
	select {
	case line = <-first:
	case <-time.After(startPatience):
		_ = b.command.Process.Kill()
	}
	b.connect(t, line)
}

// said is what a process wrote to standard error.
func (b *Broker) said() string {
	if b.stderr == nil {
		return ""
	}
	return b.stderr.String()
}

// Kill ends the process as kill -9 does.
func (b *Broker) Kill(t testing.TB) {
	t.Helper()
	if err := b.command.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-b.ended
}

// Stop ends the process in an orderly way; a second call does nothing.
func (b *Broker) Stop(t testing.TB) {
	t.Helper()
	if b.Client != nil {
		b.Client.Close()
	}
	if b.stop != nil {
		b.stop()
		return
	}
	_ = b.stdin.Close()
	select {
	case <-b.ended:
	case <-time.After(startPatience):
		_ = b.command.Process.Kill()
		t.Errorf("broker %s did not stop\n%s", b.Name, b.said())
	}
	if t.Failed() {
		t.Logf("broker %s said:\n%s", b.Name, b.said())
	}
}

// Restart starts the broker again over the same data after Kill or Stop.
func (b *Broker) Restart(t testing.TB) {
	t.Helper()
	b.start(t)
}

// lockedBuffer collects what a child writes while the test reads it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
