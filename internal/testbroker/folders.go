package testbroker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"naru/broker/kit"
	"naru/wire/osb"
)

// folders is the smallest real engine: an instance is a folder, a binding is a file with a key in it.
// While a file named "gate" lies in the data directory, slow creations wait.
type folders struct {
	root   string
	ledger *kit.Ledger
}

// Folders is the Run function of a broker whose engine needs nothing: plans "sync", "bigger" and "async",
// meters storage_gib_hours and requests. It is a real broker over real HTTP, and starts in milliseconds.
func Folders(ctx context.Context, c kit.Config, out io.Writer) error {
	return kit.Run(ctx, kit.Driver{Name: "folders", Describe: describeFolders, Open: openFolders}, c, out)
}

func describeFolders(_ context.Context, c kit.Config) (kit.Offering, error) {
	o := kit.Offering{
		Name: "folders", Category: "test", Display: kit.Text{Ko: "폴더", En: "Folders"}, Description: kit.Text{Ko: "폴더", En: "folders"},
		Engine: "os", EngineVersion: "1.0.0",
		Meters: []kit.Meter{kit.LevelMeter("storage_gib_hours", "GiB-h", kit.GiB), kit.CountMeter("requests", "request", 1)},
		Plans: []kit.Plan{
			{Name: "sync", Display: kit.Text{Ko: "즉시", En: "sync"}, Description: kit.Text{En: "at once"}, QuotaBytes: 100},
			{Name: "bigger", Display: kit.Text{Ko: "큰 것", En: "bigger"}, Description: kit.Text{En: "at once, more"}, QuotaBytes: 200, BindingLife: 90 * 24 * time.Hour},
			{Name: "async", Display: kit.Text{Ko: "나중에", En: "async"}, Description: kit.Text{En: "later"}, QuotaBytes: 100, Async: true, AsyncBind: true},
		},
	}
	if len(c.EngineDirs) > 0 && c.EngineDirs[0] == "none" {
		o.Unavailable = &kit.Text{Ko: "엔진이 설치되어 있지 않습니다", En: "engine not installed"}
	}
	return o, nil
}

func openFolders(c kit.Config, l *kit.Ledger, _ *slog.Logger) (kit.Engine, error) {
	root := filepath.Join(c.DataDir, "folders")
	return &folders{root: root, ledger: l}, os.MkdirAll(root, 0o700)
}

func (f *folders) path(i kit.Instance) string { return filepath.Join(f.root, i.Key) }

func (f *folders) Restore(context.Context, []kit.Held) error { return nil }

func (f *folders) Create(ctx context.Context, i kit.Instance) error {
	if err := os.MkdirAll(f.path(i), 0o700); err != nil {
		return err
	}
	if i.Plan.Async {
		if err := f.waitForGate(ctx, "gate"); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(f.root, "refuse")); err == nil {
		return osb.Unprocessable("", "no more folders")
	}
	made, err := os.OpenFile(filepath.Join(f.root, "made"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(made, i.ID)
	return errors.Join(err, made.Close())
}

// waitForGate waits while the gate lies there: a named pipe, so that nothing polls.
func (f *folders) waitForGate(ctx context.Context, name string) error {
	gate := filepath.Join(f.root, name)
	if _, err := os.Stat(gate); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	opened := make(chan error, 1)
	go func() {
		_, err := os.ReadFile(gate)
		opened <- err
	}()
	select {
	case err := <-opened:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *folders) Resize(ctx context.Context, i kit.Instance) error {
	if i.Plan.Async {
		if err := f.waitForGate(ctx, "gate"); err != nil {
			return err
		}
	}
	if i.Plan.Name == "sync" {
		return osb.Unprocessable("", "folders do not shrink")
	}
	f.ledger.SetLevel(i.ID, "storage_gib_hours", i.Plan.QuotaBytes)
	return nil
}

func (f *folders) Destroy(_ context.Context, i kit.Instance) error { return os.RemoveAll(f.path(i)) }

func (f *folders) Grant(ctx context.Context, i kit.Instance, g kit.Grant) (osb.Binding, error) {
	if i.Plan.AsyncBind {
		if err := f.waitForGate(ctx, "bind-gate"); err != nil {
			return osb.Binding{}, err
		}
	}
	secret := kit.NewPassword()
	credentials, err := json.Marshal(map[string]string{"key": secret})
	if err != nil {
		return osb.Binding{}, err
	}
	return osb.Binding{Credentials: credentials}, os.WriteFile(filepath.Join(f.path(i), g.Key), []byte(secret), 0o600)
}

func (f *folders) Revoke(_ context.Context, i kit.Instance, g kit.Grant) error {
	if err := os.Remove(filepath.Join(f.path(i), g.Key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (f *folders) Sample(_ context.Context, i kit.Instance) error {
	f.ledger.Add(i.ID, "requests", 1)
	return nil
}

func (f *folders) Done() <-chan struct{} { return nil }

func (f *folders) Close() error { return nil }

// Shut makes asynchronous creations and plan changes of a Folders broker wait, from now on, and returns
// the function that lets one through. The broker must run already.
func Shut(t testing.TB, b *Broker) (let func()) { return shut(t, b, "gate") }

// ShutBindings is Shut for asynchronous bindings.
func ShutBindings(t testing.TB, b *Broker) (let func()) { return shut(t, b, "bind-gate") }

func shut(t testing.TB, b *Broker, name string) (let func()) {
	t.Helper()
	gate := filepath.Join(b.Config.DataDir, "folders", name)
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.WriteFile(gate, nil, 0o600); err != nil {
			t.Error(err)
		}
	}
}
