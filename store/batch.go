package store

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"naru/base/record"
)

// bulk is a statement that puts rows which can wait: they are collected and written
// for a whole group of jobs at once, one statement for many rows.
type bulk struct {
	table  string
	fresh  bool   // every row is a new one: a second one of its key is a conflict
	insert string // up to VALUES
	after  string // behind the rows: what to do with one that is there
	key    string // the column rows are deleted by; the first one that is put
	needs  []string
}

// The tables whose rows wait, in the order they are written in, because of the keys
// that one refers to another by.
func bulks() []*bulk {
	return []*bulk{&instanceRows, &bindingRows, &secretRows, &callRows, &windowRows, &newTasks, &taskRows, &cursorRows}
}

// pendingRows are the rows of a table that wait, each key once: args is nil for one to
// be deleted.
type pendingRows struct {
	bulk *bulk
	rows []pendingRow
	at   map[string]int
}

type pendingRow struct {
	key  string
	args []any
}

func (p *pendingRows) put(row pendingRow) {
	if i, ok := p.at[row.key]; ok && !p.bulk.fresh {
		p.rows[i] = row
		return
	}
	p.at[row.key] = len(p.rows)
	p.rows = append(p.rows, row)
}

// pending returns the rows of a table that wait.
func (l *layer) pending(b *bulk) *pendingRows {
	p := l.rows[b]
	if p == nil {
		p = &pendingRows{bulk: b, at: map[string]int{}}
		l.rows[b] = p
	}
	return p
}

// waits reports whether something waits for one of the tables to be written.
func (l *layer) waits(tables []string) bool {
	for b := range l.rows {
		if slices.Contains(tables, b.table) {
			return true
		}
	}
	return len(l.record) > 0 && slices.ContainsFunc(tables, isRecord)
}

func (l *layer) mergeRows(job *layer) {
	for _, p := range job.rows {
		below := l.pending(p.bulk)
		for _, row := range p.rows {
			below.put(row)
		}
	}
	l.record = append(l.record, job.record...)
}

// put lets a row wait until the group is written or a statement asks for its table. The
// first argument is its key. tags says which remembered results it concerns; without
// any, all of the table.
func (tx *Tx) put(b *bulk, tags []string, args ...any) {
	if err := checkTexts(args); err != nil {
		tx.job.failed = errors.Join(tx.job.failed, err)
	}
	tx.job.layer.change(b.table, tags)
	tx.job.layer.pending(b).put(pendingRow{args[0].(string), args})
}

// remove is put for a row that goes.
func (tx *Tx) remove(b *bulk, tags []string, key string) {
	tx.job.layer.change(b.table, tags)
	tx.job.layer.pending(b).put(pendingRow{key: key})
}

// statement is one on its way to the engine.
type statement struct {
	query string
	args  []any
}

// statements takes what waits of some tables, or with none named of all, and gives the
// statements that write it, deletions first.
func (l *layer) statements(d dialect, tables []string) (list []statement) {
	for _, b := range bulks() {
		p := l.rows[b]
		if p == nil || (tables != nil && !slices.Contains(tables, b.table)) {
			continue
		}
		if len(b.needs) > 0 {
			list = append(list, l.statements(d, b.needs)...)
		}
		list = append(list, p.statements(d)...)
		delete(l.rows, b)
	}
	return list
}

func (p *pendingRows) statements(d dialect) (list []statement) {
	var gone []string
	var rows [][]any
	for _, row := range p.rows {
		if row.args == nil {
			gone = append(gone, row.key)
			continue
		}
		rows = append(rows, row.args)
	}
	if len(gone) > 0 {
		list = d.deletes(p.bulk.table, p.bulk.key, gone)
	}
	if len(rows) > 0 {
		list = append(list, d.inserts(p.bulk.insert, p.bulk.after, rows)...)
	}
	return list
}

// pendingEntry is an entry of the record that waits for its index.
type pendingEntry struct {
	record.Entry
	leaf []byte
}

// argRow reads the values of a row as they were given to a statement: what the row will
// be when it is read from the database, without asking it.
type argRow []any

var _ scanner = argRow(nil)

// Scan implements scanner.
func (a argRow) Scan(dest ...any) error {
	for i, d := range dest {
		if s, ok := d.(sql.Scanner); ok {
			if err := s.Scan(a[i]); err != nil {
				return err
			}
			continue
		}
		to, from := reflect.ValueOf(d).Elem(), reflect.ValueOf(a[i])
		switch {
		case from.IsValid() && from.Type().ConvertibleTo(to.Type()) && (from.Kind() == to.Kind() || (from.CanInt() && to.CanInt())):
			to.Set(from.Convert(to.Type()))
		case from.IsValid() && from.Kind() == reflect.String && to.Type() == reflect.TypeFor[[]byte]():
			to.SetBytes([]byte(from.String()))
		default:
			return fmt.Errorf("column %d: %T into %T", i, a[i], d)
		}
	}
	return nil
}
