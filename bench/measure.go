package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/xuri/excelize/v2"

	"naru"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/wire/sheet"
)

// importFile is an XLSX file of 20,000 systems from its bytes to the database, record and digest included.
func importFile(ctx context.Context, b *bed) (float64, error) {
	err := b.ready(ctx)
	return b.imported.Seconds(), err
}

// decideAll is every component decided under all instruments in force and stored; the best of three runs.
func decideAll(ctx context.Context, b *bed) (float64, error) {
	if err := b.ready(ctx); err != nil {
		return 0, err
	}
	return best(3, func() error {
		out, err := do(ctx, b, b.decide.Run, decide.RunIn{})
		if err == nil && out.Components != systems*3/2 {
			err = fmt.Errorf("%d components decided of %d", out.Components, systems*3/2)
		}
		return err
	})
}

// listPages walks the whole estate by pages and gives the slowest page.
func listPages(ctx context.Context, b *bed) (float64, error) {
	if err := b.ready(ctx); err != nil {
		return 0, err
	}
	in := inventory.ListSystemsIn{Page: naru.Page{Limit: 50}}
	worst := time.Duration(0)
	for seen := 0; ; {
		start := time.Now()
		page, err := do(ctx, b, inventory.ListSystems, in)
		worst = max(worst, time.Since(start))
		if err != nil {
			return 0, err
		}
		seen += len(page.Rows)
		if in.After = page.Next; page.Next == "" {
			if seen != systems {
				err = fmt.Errorf("%d systems listed of %d", seen, systems)
			}
			return worst.Seconds() * 1000, err
		}
	}
}

// readSheet reads every cell of the same workbook with wire/sheet and with excelize's streaming reader, in turns.
func readSheet(_ context.Context, b *bed) (float64, error) {
	file, err := b.workbook()
	if err != nil {
		return 0, err
	}
	var own, peer []float64
	for range 3 {
		o, err := best(1, func() error { return readOwn(file) })
		if err != nil {
			return 0, err
		}
		p, err := best(1, func() error { return readPeer(file) })
		if err != nil {
			return 0, err
		}
		own, peer = append(own, o), append(peer, p)
	}
	return slices.Min(peer) / slices.Min(own), nil
}

func readOwn(file []byte) error {
	table, err := sheet.Open(bytes.NewReader(file), int64(len(file)), "bench.xlsx", sheet.Limits{})
	if err != nil {
		return err
	}
	n := 0
	for _, err := range table.Rows() {
		if err != nil {
			return err
		}
		n++
	}
	return counted(n)
}

func readPeer(file []byte) error {
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := f.Rows("정보시스템")
	if err != nil {
		return err
	}
	defer rows.Close()
	n := -1 // the headings
	for rows.Next() {
		if _, err := rows.Columns(); err != nil {
			return err
		}
		n++
	}
	return counted(n)
}

func counted(rows int) error {
	if want := systems * 3 / 2; rows != want {
		return fmt.Errorf("%d rows read of %d", rows, want)
	}
	return nil
}

// best runs a thing some times and gives the shortest time in seconds.
func best(times int, f func() error) (float64, error) {
	shortest := time.Duration(0)
	for i := range times {
		start := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		if d := time.Since(start); i == 0 || d < shortest {
			shortest = d
		}
	}
	return shortest.Seconds(), nil
}
