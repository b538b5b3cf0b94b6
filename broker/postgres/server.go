package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"naru/broker/kit"
)

const (
	admin         = "naru_admin"
	startPatience = time.Minute
	stopPatience  = 10 * time.Second
)

// server is the child process and how the broker reaches it.
type server struct {
	binaries
	dir      string
	address  string
	password string
	process  *os.Process
	ended    chan struct{}
	db       *sql.DB
}

// boot makes the cluster if there is none, starts the server and waits until it answers. A server of a
// broker that was killed may still be ending and hold the lock: then it is tried again.
func boot(ctx context.Context, c kit.Config, found binaries) (*server, error) {
	s := &server{binaries: found, dir: filepath.Join(c.DataDir, "cluster")}
	if err := s.prepare(ctx, c); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if s.process == nil {
			if err := s.start(); err != nil {
				return nil, err
			}
		}
		err := s.db.PingContext(ctx)
		if err == nil {
			return s, nil
		}
		select {
		case <-s.ended:
			s.process = nil
		default:
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("postgres: no answer at %s, see %s/log: %w", s.address, s.dir, err), s.stop())
		case <-tick.C:
		}
	}
}

func (s *server) prepare(ctx context.Context, c kit.Config) (err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if s.as != nil {
		if err := os.Chown(s.dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
	}
	port, err := kit.KeptPort(ctx, c, "postgres")
	if err != nil {
		return err
	}
	s.address = net.JoinHostPort(c.Host(), strconv.Itoa(port))
	if err := s.makeCluster(ctx, filepath.Join(c.DataDir, "admin")); err != nil {
		return err
	}
	s.db, err = sql.Open("pgx", s.uri(admin, s.password, "postgres"))
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	s.db.SetMaxOpenConns(4)
	return nil
}

func (s *server) uri(user, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: s.address, Path: database, RawQuery: "sslmode=disable"}
	return u.String()
}

// makeCluster runs initdb once. The password is written last: without it what lies there is unfinished.
func (s *server) makeCluster(ctx context.Context, kept string) error {
	password, err := os.ReadFile(kept)
	if err == nil {
		s.password = string(password)
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("postgres: %w", err)
	}
	if err := os.RemoveAll(s.data()); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	s.password = kit.NewPassword()
	const first = "first-password"
	file := filepath.Join(s.dir, first)
	if err := os.WriteFile(file, []byte(s.password), 0o600); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer func() { _ = os.Remove(file) }()
	if s.as != nil {
		if err := os.Chown(file, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
	}
	folder, err := os.Open(s.dir)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer func() { _ = folder.Close() }()
	initdb := s.command(ctx, folder, "initdb", "-D", handed+"/data", "-A", "scram-sha-256", "--pwfile="+handed+"/"+first, "-U", admin,
		"-E", "UTF8", "--locale=C.UTF-8", "--data-checksums")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("postgres: initdb: %w: %s", err, out)
	}
	return kit.WriteFile(kept, []byte(s.password))
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

// handed is where a program of the server finds the folder that it was handed open: so the folders above
// it may stay closed to whom the program runs as.
const handed = "/proc/self/fd/3"

func (s *server) command(ctx context.Context, folder *os.File, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.binaries.dir, name), args...)
	cmd.Dir, cmd.Env = "/", []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=/"}
	cmd.ExtraFiles = []*os.File{folder} // becomes number 3
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

// start starts the server; the kernel stops it when the broker ends in whatever way. That is bound to
// the thread that starts it, which therefore stays until the server has ended.
func (s *server) start() error {
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	folder, err := os.Open(s.dir)
	if err != nil {
		return errors.Join(fmt.Errorf("postgres: %w", err), log.Close())
	}
	args := []string{"-D", handed + "/data"}
	for _, set := range []string{
		"listen_addresses=" + host, "port=" + port, "unix_socket_directories=", "max_connections=300", "shared_buffers=64MB",
		"max_wal_size=256MB", "password_encryption=scram-sha-256", "log_min_error_statement=panic", "track_activities=on",
	} {
		args = append(args, "-c", set)
	}
	cmd := s.command(context.Background(), folder, "postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		defer func() { _, _ = log.Close(), folder.Close() }()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	s.process, s.ended = cmd.Process, ended
	return nil
}

// stop asks for a fast shutdown, then for an immediate one.
func (s *server) stop() error {
	err := s.db.Close()
	if s.process == nil {
		return err
	}
	_ = s.process.Signal(syscall.SIGINT) // one that has ended needs none
	late := time.NewTimer(stopPatience)
	defer late.Stop()
	select {
	case <-s.ended:
	case <-late.C:
		_ = s.process.Signal(syscall.SIGQUIT)
		<-s.ended
	}
	return err
}

// within runs statements as the administrator inside a database of a tenant.
func (s *server) within(ctx context.Context, database string, statements ...string) error {
	db, err := sql.Open("pgx", s.uri(admin, s.password, database))
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	db.SetMaxOpenConns(1) // one session: the first statement holds for the others
	statements = append([]string{"SET default_transaction_read_only = off"}, statements...)
	return errors.Join(run(ctx, db, statements...), db.Close())
}

// run carries statements out one by one; an error tells the statement's first words, never a password.
func run(ctx context.Context, db *sql.DB, statements ...string) error {
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			words := strings.Fields(statement)
			return fmt.Errorf("postgres: %s: %w", strings.Join(words[:min(3, len(words))], " "), err)
		}
	}
	return nil
}
