// Command peers measures naru's decisions beside other engines on the same rows in one
// process: CEL (one program a rule and one for all), OPA (one prepared query) and plain
// Go. It has a module of its own, so that the peers are no dependency of naru.
//
// It prints a line per claim, name and value; what it measured goes to the error stream.
// Engines take turns in rounds on one core, each is taken at its best, and every answer
// of every engine is compared with the batch.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
)

//go:generate go run ./gen hand/hand.go

func main() {
	rows := flag.Int("rows", 1_000_000, "systems")
	rounds := flag.Int("rounds", 12, "rounds in which the engines take turns")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	if err := run(context.Background(), *rows, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rows, rounds int) error {
	bench, err := newBench(ctx, rows)
	if err != nil {
		return err
	}
	values := make(map[string]float64)
	keep := func(name string, v float64) { // a claim holds on its worst estate
		if old, measured := values[name]; !measured || v < old {
			values[name] = v
		}
	}
	for _, gaps := range []int{0, 1} {
		if err := bench.estate(gaps); err != nil {
			return err
		}
		for range rounds {
			if err := bench.round(ctx); err != nil {
				return err
			}
		}
		bench.report()
		cel := min(bench.best["cel-each"], bench.best["cel-all"])
		keep("decide-batch-cel", cel/bench.best["columns"])
		keep("decide-batch-go", bench.best["hand-written"]/bench.best["columns"])
		if gaps == 0 {
			keep("decide-batch-opa", bench.best["opa"]/bench.best["columns"])
		}
		keep("decide-explain-cel", min(bench.best["law-cel-each"], bench.best["law-cel-all"])/bench.best["explain"])
		keep("decide-next-version", bench.best["cold"]/bench.best["next"])
	}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range values {
			if !yield(name) {
				return
			}
		}
	}) {
		fmt.Printf("%s %.4g\n", name, values[name])
	}
	return nil
}
