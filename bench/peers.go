package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// beside gives a value that bench/peers measures. The peers have a module of their own; one run measures all of them
// over the same million systems, on one core, and what they print of it goes to the error stream.
func beside(name string) func(context.Context, *bed) (float64, error) {
	return func(ctx context.Context, b *bed) (float64, error) {
		if b.peers == nil {
			var err error
			if b.peers, err = runPeers(ctx, b.dir); err != nil {
				return 0, fmt.Errorf("bench/peers: %w", err)
			}
		}
		v, measured := b.peers[name]
		if !measured {
			return 0, fmt.Errorf("bench/peers did not measure %s", name)
		}
		return v, nil
	}
}

// runPeers generates the law as plain Go again, builds the module and runs it.
func runPeers(ctx context.Context, dir string) (map[string]float64, error) {
	program := filepath.Join(dir, "peers")
	for _, args := range [][]string{{"generate", "."}, {"build", "-o", program, "."}} {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = filepath.Join("bench", "peers"), os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("go %s: %w", args[0], err)
		}
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, program)
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	values := make(map[string]float64)
	for line := range strings.Lines(out.String()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
		values[name] = v
	}
	return values, nil
}
