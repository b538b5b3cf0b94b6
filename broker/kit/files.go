package kit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// WriteFile replaces a file so that a crash leaves the old or the new content, never a part.
func WriteFile(path string, content []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return fmt.Errorf("state %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("state %s: %w", path, err), f.Close(), os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(content); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("state %s: %w", path, err)
	}
	return syncDir(dir)
}

// syncDir makes a rename or removal in the folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("state %s: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// removeFile removes a file durably; a missing one is no error.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("state %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

const lockPatience = 5 * time.Second

// lockDir keeps a second broker out of the same folder; it waits a little for one that is just dying.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	deadline := time.Now().Add(lockPatience)
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("data directory %s is in use by another broker: %w", dir, err), f.Close())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// KeptPort returns the port of the engine part called name: the one it had before, or a free one that is
// remembered from now on. Bindings tell the port, so it must not change with a restart.
func KeptPort(ctx context.Context, c Config, name string) (int, error) {
	path := filepath.Join(c.DataDir, name+".port")
	kept, err := os.ReadFile(path)
	if err == nil {
		port, err := strconv.Atoi(strings.TrimSpace(string(kept)))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		return port, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("port of %s: %w", name, err)
	}
	port, err := freePort(ctx, c.Host())
	if err != nil {
		return 0, fmt.Errorf("port of %s: %w", name, err)
	}
	return port, WriteFile(path, []byte(strconv.Itoa(port)))
}

// Ports are chosen below those that systems hand out by themselves (32768 and up on Linux), so that nobody
// is given the port of a broker while it is down or just starting.
const (
	firstPort = 20000
	ports     = 12000
	portTries = 50
)

// freePort finds a port that nobody listens on.
func freePort(ctx context.Context, host string) (int, error) {
	var last error
	for range portTries {
		port := firstPort + rand.IntN(ports)
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
		last = err
	}
	return 0, fmt.Errorf("no free port: %w", last)
}
