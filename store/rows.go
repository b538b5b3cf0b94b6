package store

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"naru"
)

// maxParams bounds the parameters of one statement of SQLite: its driver looks every one
// of them up among all, so that many in one statement cost more than more statements do.
const maxParams = 320

// insertValues puts rows by VALUES lists. Statements of one length are alike, so there
// are few enough to be kept prepared.
func insertValues(insert, after string, rows [][]any) (list []statement) {
	width := len(rows[0])
	for part := range slices.Chunk(rows, max(1, maxParams/width)) {
		list = append(list, statement{insert + ` VALUES ` + places(len(part), width) + ` ` + after, slices.Concat(part...)})
	}
	return list
}

// deleteIn removes rows by a list of keys.
func deleteIn(table, key string, values []string) (list []statement) {
	for part := range slices.Chunk(values, maxParams) {
		args := make([]any, len(part))
		for i, v := range part {
			args[i] = v
		}
		list = append(list, statement{`DELETE FROM ` + table + ` WHERE ` + key + ` IN ` + places(1, len(part)), args})
	}
	return list
}

// places writes the parameters of rows: (?,?),(?,?).
func places(rows, width int) string {
	row := "(" + strings.Repeat("?,", width-1) + "?)"
	return strings.Repeat(row+",", rows-1) + row
}

// prepared are the statements that a connection of SQLite keeps prepared, by their text.
type prepared map[string]*sql.Stmt

// maxPrepared bounds them; there are a few hundred.
const maxPrepared = 1000

// close ends all statements: a connection that has some is not closed.
func (p prepared) close() {
	for _, s := range p {
		_ = s.Close() // there is nothing to lose
	}
	clear(p)
}

// get prepares a statement once.
func (p prepared) get(ctx context.Context, conn *sql.Conn, query string) (*sql.Stmt, error) {
	if s := p[query]; s != nil {
		return s, nil
	}
	if len(p) >= maxPrepared {
		p.close()
	}
	s, err := conn.PrepareContext(ctx, query)
	if err == nil {
		p[query] = s
	}
	return s, err
}

// inTurn runs statements one after the other.
func inTurn(ctx context.Context, conn *sql.Conn, ready prepared, list []statement) (failed int, err error) {
	for i, s := range list {
		stmt, err := ready.get(ctx, conn, s.query)
		if err != nil {
			return i, err
		}
		if _, err := stmt.ExecContext(ctx, s.args...); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

// insertColumns puts rows by one array for each column: PostgreSQL plans such a statement
// once, however many rows there are.
func insertColumns(insert, after string, rows [][]any) []statement {
	var b strings.Builder
	b.WriteString(insert + ` SELECT * FROM unnest(`)
	args := make([]any, len(rows[0]))
	for n := range args {
		var cast string
		args[n], cast = column(rows, n)
		if n > 0 {
			b.WriteString(`, `)
		}
		fmt.Fprintf(&b, `$%d::%s[]`, n+1, cast)
	}
	b.WriteString(`) ` + after)
	return []statement{{b.String(), args}}
}

// column gives the values of a column as a slice, and the type PostgreSQL calls it by.
func column(rows [][]any, n int) (values any, cast string) {
	switch kind := reflect.TypeOf(rows[0][n]).Kind(); kind {
	case reflect.String:
		return collectColumn(rows, n, reflect.Value.String), "text"
	case reflect.Bool:
		return collectColumn(rows, n, reflect.Value.Bool), "boolean"
	case reflect.Slice:
		return collectColumn(rows, n, reflect.Value.Bytes), "bytea"
	default: // all numbers are whole
		return collectColumn(rows, n, reflect.Value.Int), "bigint"
	}
}

func collectColumn[T any](rows [][]any, n int, as func(reflect.Value) T) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = as(reflect.ValueOf(row[n]))
	}
	return out
}

// deleteAny removes rows by an array of keys.
func deleteAny(table, key string, values []string) []statement {
	return []statement{{`DELETE FROM ` + table + ` WHERE ` + key + ` = ANY($1)`, []any{values}}}
}

// checkTexts refuses what PostgreSQL keeps in no text, before it spoils a transaction that
// other writes share. SQLite would take it; the same is refused there.
func checkTexts(args []any) error {
	for _, a := range args {
		v := reflect.ValueOf(a)
		if v.Kind() != reflect.String {
			continue
		}
		if s := v.String(); strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
			return naru.NewError(naru.Invalid, "store.not_text")
		}
	}
	return nil
}
