package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/flow/plan"
	packlaw "naru/packs/law"
	packs "naru/packs/mapping"
	"naru/store"
	"naru/wire/mapping"
	"naru/wire/sheet"
)

// bed is what the claims share: a folder, the mapping, the estate as a file, and naru over SQLite once it is asked for.
type bed struct {
	dir     string
	mapping *mapping.Mapping
	file    []byte

	db       *store.DB
	runner   *op.Runner
	decide   decide.Ops
	plan     plan.Ops
	imported time.Duration // how long the import took, once it is done

	program *program           // the built naru, once it is asked for
	peers   map[string]float64 // what bench/peers measured, once it ran

	parts       []*market // the processes of the claims about the platforms' door
	smallMarket *market
}

func newBed() (*bed, error) {
	data, err := packs.Files.ReadFile("systems.yaml")
	if err != nil {
		return nil, err
	}
	b := &bed{}
	if b.mapping, err = mapping.Parse("systems.yaml", data); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp("", "naru-bench-"); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *bed) close() error {
	var err error
	for _, m := range b.parts {
		err = errors.Join(err, m.close())
	}
	if b.program != nil {
		err = errors.Join(err, b.program.stop())
	}
	if b.db != nil {
		err = errors.Join(err, b.db.Close())
	}
	if rerr := os.RemoveAll(b.dir); err == nil {
		err = rerr
	}
	return err
}

// workbook gives the estate as an XLSX file.
func (b *bed) workbook() ([]byte, error) {
	if b.file != nil {
		return b.file, nil
	}
	var err error
	b.file, err = estate(b.mapping)
	return b.file, err
}

// ready imports the estate from its file into a fresh database, once, and keeps how long that took.
func (b *bed) ready(ctx context.Context) error {
	if b.db != nil {
		return nil
	}
	file, err := b.workbook()
	if err != nil {
		return err
	}
	if err := b.open(ctx); err != nil {
		return err
	}
	if _, err := do(ctx, b, inventory.ImportInstitutions, inventory.ImportInstitutionsIn{Source: "bench", Rows: nation()}); err != nil {
		return err
	}
	start := time.Now()
	rows, err := b.read(file)
	if err != nil {
		return err
	}
	report, err := do(ctx, b, inventory.Import, inventory.ImportIn{Source: "bench.xlsx", Synthetic: true, Rows: rows})
	b.imported = time.Since(start)
	if err == nil && report.Added != systems {
		err = fmt.Errorf("%d systems added of %d", report.Added, systems)
	}
	return err
}

func (b *bed) open(ctx context.Context) error {
	key := make([]byte, store.SealKeySize)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	sealer, err := store.NewSealer(key)
	if err != nil {
		return err
	}
	if b.db, err = store.Open(ctx, filepath.Join(b.dir, "naru.db"), sealer); err != nil {
		return err
	}
	instruments, err := policy.Load(inventory.Facts(), packlaw.Files)
	if err != nil {
		return err
	}
	book := law.NewBook(instruments)
	b.decide, b.plan = decide.New(book), plan.New(book, plan.Config{})
	b.runner = op.NewRunner(b.db, time.Now, naru.NewIDs(rand.Reader))
	return nil
}

// do runs an operation as the operator.
func do[S, In, Out any](ctx context.Context, b *bed, o op.Op[S, In, Out], in In) (Out, error) {
	return op.Do(ctx, b.runner, b.runner.CallFor(naru.Actor{User: "bench", Role: string(identity.Operator)}), o, in)
}

// read reads the workbook through the mapping.
func (b *bed) read(file []byte) ([]inventory.Row, error) {
	table, err := b.mapping.Open(bytes.NewReader(file), int64(len(file)), "bench.xlsx", sheet.Limits{})
	if err != nil {
		return nil, err
	}
	schema := inventory.Facts()
	var rows []inventory.Row
	for rec, faults := range b.mapping.Apply(table) {
		if len(faults) > 0 {
			return nil, fmt.Errorf("row %d: %w", rec.Row, &faults[0])
		}
		row := inventory.Row{
			Row: rec.Row, InstitutionCode: rec.Value("institution.code").Text, Code: rec.Value("system.code").Text,
			Name: rec.Value("system.name").Text, Component: rec.Value("component.name").Text, Facts: map[string]any{},
		}
		for field, v := range rec.Values {
			if schema.Index(field) >= 0 {
				row.Facts[field] = outside(v)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// outside gives a value in the form in which facts come from outside.
func outside(v mapping.Value) any {
	switch v.Type {
	case mapping.TypeInt:
		return v.Int
	case mapping.TypeBool:
		return v.Bool
	case mapping.TypeList:
		return v.List
	}
	return v.Text
}
