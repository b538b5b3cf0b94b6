package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"naru/internal/testdb"
)

// asProgram makes the test binary act as naru itself, so that the demo's brokers, which
// start their own executable again, are real processes.
const asProgram = "NARU_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		flag.Bool(update, false, "write golden files anew")
		flag.Parse()
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func TestTheDemoHolds(t *testing.T) {
	t.Parallel()
	testdb.NeedPostgres(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "demo", "--lang", "en", "--systems", "300")
	cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+tmp)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	if err := cmd.Run(); err != nil {
		t.Fatalf("naru demo: %v\n%s\n%s", err, &out, &errs)
	}
	stages := len(new(demo).stages())
	for i := range stages {
		if want := fmt.Sprintf("[%2d/%d] ✓", i+1, stages); !strings.Contains(out.String(), want) {
			t.Errorf("stage %d did not pass:\n%s", i+1, &out)
		}
	}
	left, err := filepath.Glob(filepath.Join(tmp, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the demo left %v behind: %v", left, err)
	}
}
