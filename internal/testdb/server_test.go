package testdb

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// asProgram makes the test binary a program that starts a server and waits.
const asProgram = "NARU_TEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Exit(m.Run())
	}
	if _, err := start(os.TempDir(), "-c", "fsync=off"); err != nil {
		panic(err)
	}
	_, _ = os.Stdout.WriteString("ready\n")
	select {}
}

func TestAServerEndsWithItsKilledProgramAndLeavesNothing(t *testing.T) {
	t.Parallel()
	NeedPostgres(t)
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} { // the server's user comes through, and may remove its folder
		if err := os.Chmod(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid := only(t, dir)
	if err := errors.Join(err, cmd.Process.Kill()); err != nil {
		t.Fatal(line, err)
	}
	_ = cmd.Wait() // it was killed
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		left, err := os.ReadDir(dir)
		if err == nil && len(left) == 0 && !lives(pid) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("left: %v, %v; server %d lives: %v", left, err, pid, lives(pid))
		}
	}
}

func TestFoldersOfDeadServersAreSwept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	for name, f := range map[string]struct {
		pid  int
		at   time.Time
		stay bool
	}{
		"of-a-living-one":  {os.Getpid(), old, true},
		"about-to-start":   {0, time.Now(), true},
		"of-a-dead-one":    {dead.Process.Pid, old, false},
		"that-never-began": {0, old, false},
	} {
		folder := filepath.Join(dir, prefix+name)
		if err := os.MkdirAll(filepath.Join(folder, "data"), 0o700); err != nil {
			t.Fatal(err)
		}
		if f.pid != 0 {
			if err := os.WriteFile(pidFile(folder), fmt.Appendf(nil, "%d\n/data\n", f.pid), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(folder, f.at, f.at); err != nil {
			t.Fatal(err)
		}
		sweep(dir)
		_, err := os.Stat(folder)
		if stays := !errors.Is(err, fs.ErrNotExist); stays != f.stay {
			t.Errorf("%s stays: %v", name, stays)
		}
	}
}

// only is the process of the one server below dir.
func only(t *testing.T, dir string) (pid int) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, prefix+"*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("folders: %v, %v", found, err)
	}
	pid, ok := process(found[0])
	if !ok {
		t.Fatal("no server runs")
	}
	return pid
}
