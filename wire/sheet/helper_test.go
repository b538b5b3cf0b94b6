package sheet

import (
	"bytes"
	"errors"
	"testing"

	"github.com/xuri/excelize/v2"
)

// workbookOf builds an XLSX file with an independent writer.
func workbookOf(t testing.TB, build func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	build(f)
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// rowsOf writes rows of values from A1 on.
func rowsOf(t testing.TB, f *excelize.File, name string, rows ...[]any) {
	t.Helper()
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetRow(name, cell, &row); err != nil {
			t.Fatal(err)
		}
	}
}

func openBytes(data []byte, name string, limits Limits) (*Table, error) {
	return Open(bytes.NewReader(data), int64(len(data)), name, limits)
}

func mustOpen(t testing.TB, data []byte, name string) *Table {
	t.Helper()
	table, err := openBytes(data, name, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// allRows copies the rows of a table.
func allRows(t testing.TB, table *Table) []Row {
	t.Helper()
	var rows []Row
	for r, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		r.Cells = append([]Cell(nil), r.Cells...)
		r.Faults = append([]Fault(nil), r.Faults...)
		rows = append(rows, r)
	}
	return rows
}

// firstFault opens and reads a file to the first fault, wherever it stands.
func firstFault(data []byte, name string, limits Limits) *Fault {
	table, err := openBytes(data, name, limits)
	if err != nil {
		return faultOf(err)
	}
	for r, err := range table.Rows() {
		if err != nil {
			return faultOf(err)
		}
		if len(r.Faults) > 0 {
			return &r.Faults[0]
		}
		for i, c := range r.Cells {
			if c.Kind == Bad {
				return &Fault{Code: c.Code, Row: r.Number, Column: table.Headings[i].Column, Value: c.Text}
			}
		}
	}
	return nil
}

func faultOf(err error) *Fault {
	f, ok := errors.AsType[*Fault](err)
	if !ok {
		return &Fault{Code: Code("not a fault: " + err.Error())}
	}
	return f
}

// sameFault compares code and place.
func sameFault(t *testing.T, got *Fault, code Code, row int, column string) {
	t.Helper()
	if got == nil || got.Code != code || got.Row != row || got.Column != column {
		t.Errorf("got %v, want %s at row %d column %q", got, code, row, column)
	}
}
