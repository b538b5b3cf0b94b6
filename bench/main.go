// Command bench measures every claim of speed (성능 주장) in one run, one line a claim:
//
//	claim=<name> value=<number> unit=<x|s|ms|MB> peer=<name> goal=<op><number> ok=<true|false>
//
// A ratio compares naru with a peer that does the same work on the same machine in the same run; the peer of an absolute
// figure is the clock. Everything runs on real parts: XLSX files through mapping files, SQLite on disk, the law in
// packs, the built binary. Arguments are prefixes of names; without any, all claims are measured. It fails when a claim
// does not hold.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
)

// claim is one thing said about speed.
type claim struct {
	name, unit, peer string
	op               string // "<" or ">"
	goal             float64
	measure          func(ctx context.Context, b *bed) (float64, error)
}

func (c claim) holds(v float64) bool {
	if c.op == "<" {
		return v < c.goal
	}
	return v > c.goal
}

func claims() []claim {
	return []claim{
		{"inventory-import-20000", "s", "clock", "<", 5, importFile},
		{"inventory-list-20000", "ms", "clock", "<", 200, listPages},
		{"decide-20000", "s", "clock", "<", 1, decideAll},
		{"decide-batch-cel", "x", "cel-row", ">", 300, beside("decide-batch-cel")},
		{"decide-batch-opa", "x", "opa-row", ">", 1500, beside("decide-batch-opa")},
		{"decide-batch-go", "x", "hand-written-go", ">", 1, beside("decide-batch-go")},
		{"decide-explain-cel", "x", "cel-without-explanation", ">", 10, beside("decide-explain-cel")},
		{"decide-whatif-web-20000", "ms", "clock", "<", 200, whatIfWeb},
		{"decide-next-version", "x", "cold", ">", 3, beside("decide-next-version")},
		{"plan-waves-20000", "ms", "clock", "<", 1000, planWaves},
		{"plan-blast-20000", "ms", "clock", "<", 1000, planBlast},
		{"web-start-20000", "s", "clock", "<", 1, startToReady},
		{"web-list-20000", "ms", "clock", "<", 200, listWeb},
		{"web-memory-20000", "MB", "clock", "<", 150, memory},
		{"sheet-read-xlsx", "x", "excelize", ">", 2, readSheet},
		{"osb-catalog", "x", "reverse-proxy", ">", 0.5, reads("catalog")},
		{"osb-fetch", "x", "reverse-proxy", ">", 0.5, reads("fetch")},
		{"osb-last-operation", "x", "reverse-proxy", ">", 0.5, reads("last-operation")},
		{"osb-catalog-400-cpu", "x", "reverse-proxy", "<", 2, largeCatalog},
		{"osb-mutation-sqlite", "x", "insert-and-commit", ">", 0.5, mutations("sqlite")},
		{"osb-mutation-postgres", "x", "insert-and-commit", ">", 0.5, mutations("postgres")},
		{"osb-statements-mutation", "statements", "count", "<", 3, statementsOfMutations},
		{"osb-statements-read", "statements", "count", "<", 0.05, statementsOfReads},
		{"osb-inflight-memory", "MB", "process", "<", 200, inflightMemory},
		{"store-group-commit", "x", "one-transaction-per-write", ">", 5, groupCommit},
	}
}

func main() {
	if asked, err := part(os.Args[1:]); asked {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the chosen claims; all claims share one estate, built once.
func run(ctx context.Context, prefixes []string) (err error) {
	b, err := newBed()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	var missed []string
	chosen := 0
	for _, c := range claims() {
		if !asked(c.name, prefixes) {
			continue
		}
		chosen++
		v, err := c.measure(ctx, b)
		if errors.Is(err, errSkipped) {
			fmt.Printf("claim=%s %v\n", c.name, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		ok := c.holds(v)
		fmt.Printf("claim=%s value=%.3g unit=%s peer=%s goal=%s%g ok=%t\n", c.name, v, c.unit, c.peer, c.op, c.goal, ok)
		if !ok {
			missed = append(missed, c.name)
		}
	}
	switch {
	case chosen == 0:
		return fmt.Errorf("no claim begins with %s", strings.Join(prefixes, " or "))
	case len(missed) > 0:
		return fmt.Errorf("claims that do not hold here: %s", strings.Join(missed, ", "))
	}
	return nil
}

func asked(name string, prefixes []string) bool {
	return len(prefixes) == 0 || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}
