package testnaru

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"naru/wire/api"
)

// Config says which naru runs. The zero value is one of its own on SQLite.
type Config struct {
	// Binary is the program; built from this tree when empty, or taken from NARU_TEST_BINARY.
	Binary string
	// Dir is the data folder; a temporary one when empty.
	Dir string
	// Database is the address of a PostgreSQL database; SQLite in Dir when empty.
	Database string
}

// Naru is a naru that runs, or ran until it was killed. Its address stays the same.
type Naru struct {
	Config
	URL  string
	REST *api.Client // as the operator

	mu     sync.Mutex
	run    *running
	output lockedBuffer
}

// startPatience bounds a start: the machine may be busy with other tests.
const startPatience = time.Minute

var built struct {
	once sync.Once
	path string
	err  error
}

// Binary builds cmd/naru once per test program and returns the path.
func Binary(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.path = os.Getenv("NARU_TEST_BINARY"); built.path == "" {
			built.path, built.err = build()
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// build keeps the program beside the other products of the build, where the next test program finds it up to
// date: linking costs more than many tests.
func build() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(here), "..", "..")
	path := filepath.Join(root, "build", "test", "naru")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	own := fmt.Sprintf("%s.%d", path, os.Getpid()) // two test programs may build at once
	if _, err := os.Stat(path); err == nil {
		_ = os.Link(path, own) // an up-to-date one is not linked again
	}
	command := exec.Command("go", "build", "-buildvcs=false", "-o", own, "./cmd/naru")
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build of naru: %w: %s", err, out)
	}
	return path, os.Rename(own, path)
}

// Start starts a naru and waits until it answers. It ends with the test.
func Start(t testing.TB, c Config) *Naru {
	t.Helper()
	if c.Binary == "" {
		c.Binary = Binary(t)
	}
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	n := &Naru{Config: c, URL: "http://" + freeAddress(t)}
	t.Cleanup(func() {
		n.kill()
		if t.Failed() {
			t.Logf("naru said:\n%s", tail(n.Said(), 6000))
		}
	})
	n.Restart(t)
	token, err := os.ReadFile(filepath.Join(c.Dir, "operator.token"))
	if err != nil {
		t.Fatal(err)
	}
	n.REST = &api.Client{URL: n.URL, Token: strings.TrimSpace(string(token)), Lang: "en", HTTP: &http.Client{Timeout: time.Minute}}
	return n
}

// freeAddress is on a loopback address of its own, which no outgoing connection ever takes.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// running is one process.
type running struct {
	command *exec.Cmd
	ready   chan struct{}
	ended   chan struct{}
}

// Process is the one that runs, for measurements; nil when none does.
func (n *Naru) Process() *os.Process {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.run == nil {
		return nil
	}
	return n.run.command.Process
}

// Launch starts the process and does not wait until it answers.
func (n *Naru) Launch() error {
	args := []string{"serve", "--addr", strings.TrimPrefix(n.URL, "http://"), "--dir", n.Dir, "--broker-loopback"}
	if n.Database != "" {
		args = append(args, "--database", n.Database)
	}
	command := exec.Command(n.Binary, args...)
	command.Dir = n.Dir
	command.Stderr = &n.output
	stdout, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r := &running{command: command, ready: make(chan struct{}), ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the death signal is bound to the starting thread
		err := command.Start()
		started <- err
		if err != nil {
			return
		}
		lines := bufio.NewScanner(stdout)
		if lines.Scan() { // the one line a serving naru prints first
			_, _ = n.output.Write(append(lines.Bytes(), '\n'))
			close(r.ready)
		}
		_, _ = io.Copy(&n.output, stdout)
		_ = command.Wait()
		close(r.ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.run = r
	return nil
}

// Await waits until the process answers.
func (n *Naru) Await(ctx context.Context) error {
	r := n.current()
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	select {
	case <-r.ready:
		return nil
	case <-r.ended:
		return fmt.Errorf("naru ended at its start: %s", tail(n.Said(), 2000))
	case <-ctx.Done():
		return fmt.Errorf("naru does not start: %w", ctx.Err())
	}
}

func (n *Naru) current() *running {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.run
}

// Restart starts the process over the same data and waits until it answers.
func (n *Naru) Restart(t testing.TB) {
	t.Helper()
	if err := n.Launch(); err != nil {
		t.Fatal(err)
	}
	if err := n.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the process as kill -9 does.
func (n *Naru) Kill(t testing.TB) {
	t.Helper()
	select {
	case <-n.current().ended:
		t.Fatalf("naru was gone before it was killed: %s", tail(n.Said(), 2000))
	default:
		n.kill()
	}
}

func (n *Naru) kill() {
	r := n.current()
	if r == nil {
		return
	}
	_ = r.command.Process.Kill() // SIGKILL; it may have ended by itself
	<-r.ended
}

// Said is everything the processes wrote.
func (n *Naru) Said() string { return n.output.String() }

// Command runs another command of the same program and returns what it printed.
func (n *Naru) Command(t testing.TB, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), n.Binary, args...)
	command.Dir = n.Dir
	command.Env = append(os.Environ(), "HOME="+n.Dir, "NARU_DATABASE="+n.Database)
	out, err := command.CombinedOutput()
	return string(out), err
}

func tail(s string, most int) string {
	if len(s) > most {
		return "…" + s[len(s)-most:]
	}
	return s
}

// lockedBuffer collects what processes write while a test reads it.
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
