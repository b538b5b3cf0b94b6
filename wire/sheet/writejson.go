package sheet

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// WriteJSON starts a JSON file: an array of objects, one per row, with the headings as names. Empty cells are left out.
// Open reads it back.
func WriteJSON(w io.Writer, heads []Head) (Writer, error) {
	j := &jsonWriter{w: bufio.NewWriter(w)}
	for _, h := range heads {
		name, err := json.Marshal(h.Name)
		if err != nil {
			return nil, fmt.Errorf("heading %q: %w", h.Name, err)
		}
		j.names = append(j.names, name)
	}
	return j, j.w.WriteByte('[')
}

// jsonWriter keeps the first fault in its buffered writer.
type jsonWriter struct {
	w     *bufio.Writer
	names [][]byte
	rows  int
}

func (j *jsonWriter) Row(cells []Cell) error {
	before := "\n{"
	if j.rows++; j.rows > 1 {
		before = ",\n{"
	}
	_, _ = j.w.WriteString(before) // the writer keeps its first fault for Close
	first := true
	for i, c := range cells {
		if i >= len(j.names) || c.Kind == Empty {
			continue
		}
		value, err := json.Marshal(c.inJSON())
		if err != nil {
			return fmt.Errorf("row %d: %w", j.rows, err)
		}
		if !first {
			_ = j.w.WriteByte(',')
		}
		first = false
		_, _ = j.w.Write(j.names[i])
		_ = j.w.WriteByte(':')
		_, _ = j.w.Write(value)
	}
	return j.w.WriteByte('}')
}

func (j *jsonWriter) Close() error {
	_, _ = j.w.WriteString("\n]\n") // Flush tells the first fault
	return j.w.Flush()
}

// inJSON is the cell with its type; a number that a double cannot hold stays text, as in
// a workbook, so that no digit is lost on the way back.
func (c Cell) inJSON() any {
	switch c.Kind {
	case Number:
		if json.Valid([]byte(c.Text)) && len(strings.Trim(c.Text, "-0.")) <= 15 {
			return json.Number(c.Text)
		}
	case Bool:
		return c.Text == "true"
	}
	return c.Text
}
