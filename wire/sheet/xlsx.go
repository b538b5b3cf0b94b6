package sheet

import (
	"path"
	"strconv"
	"strings"
)

// workbook is what must be known of an XLSX file before its rows can be read (ECMA-376 part 1, SpreadsheetML).
type workbook struct {
	zip      *container
	main     string             // the workbook part
	rels     map[string]relPart // its relationships by id
	sheets   []sheetRef
	date1904 bool
	days     []bool // by cell style: the number is a date
	strings  sharedStrings
}

type relPart struct{ kind, target string }

type sheetRef struct {
	name, id string
	hidden   bool
}

func openXLSX(src source, lay Layout, limits Limits) (*Table, error) {
	zip, err := openContainer(src, limits)
	if err != nil {
		return nil, err
	}
	w := &workbook{zip: zip}
	for _, load := range []func() error{w.loadMain, w.loadSheets, w.loadStyles, w.loadStrings} {
		if err := load(); err != nil {
			return nil, err
		}
	}
	ref, err := w.choose(lay.Sheets)
	if err != nil {
		return nil, err
	}
	s := &xlsxScan{book: w, part: w.rels[ref.id].target, header: lay.header(), limits: limits}
	t := &Table{Format: "xlsx", Sheet: ref.name, Date1904: w.date1904}
	if t.Headings, err = s.open(); err != nil {
		return nil, err
	}
	t.scan = s.rows
	return t, nil
}

// loadMain finds the workbook part; another kind of document in the same container is refused.
func (w *workbook) loadMain() error {
	rels, err := w.relations("_rels/.rels", "")
	if err != nil {
		return err
	}
	for _, r := range rels {
		if r.kind == "officeDocument" {
			w.main = r.target
		}
	}
	if w.zip.parts["mimetype"] != nil && w.main == "" || !strings.Contains(partKey(w.main), "workbook") {
		return fatal(CodeUnsupported, w.main, "xlsx, csv, tsv, json")
	}
	dir, file := path.Split(w.main)
	w.rels, err = w.relations(dir+"_rels/"+file+".rels", dir)
	return err
}

// relations reads a relationship part; kinds are the last word of their type address.
func (w *workbook) relations(part, dir string) (map[string]relPart, error) {
	rels := map[string]relPart{}
	err := w.zip.each(part, func(s *xmlScanner) error {
		if s.kind != xmlStart || string(s.name) != "Relationship" || string(s.attr("TargetMode")) == "External" {
			return nil
		}
		target, err := s.attrText("Target")
		if err != nil {
			return err
		}
		if !strings.HasPrefix(target, "/") {
			target = dir + target
		}
		rels[string(s.attr("Id"))] = relPart{kind: path.Base(string(s.attr("Type"))), target: partKey(target)}
		return nil
	})
	return rels, err
}

func (w *workbook) loadSheets() error {
	return w.zip.each(w.main, func(s *xmlScanner) error {
		if s.kind != xmlStart {
			return nil
		}
		switch string(s.name) {
		case "workbookPr":
			v := string(s.attr("date1904"))
			w.date1904 = v == "1" || v == "true"
		case "sheet":
			name, err := s.attrText("name")
			if err != nil {
				return err
			}
			state := string(s.attr("state"))
			w.sheets = append(w.sheets, sheetRef{name: name, id: string(s.attr("id")), hidden: state != "" && state != "visible"})
		}
		return nil
	})
}

// choose takes the first of the wanted worksheets, or the first visible one when none is named.
func (w *workbook) choose(wanted []string) (sheetRef, error) {
	for _, name := range wanted {
		for _, ref := range w.sheets {
			if Fold(ref.name) == Fold(name) && w.isTable(ref) {
				return ref, nil
			}
		}
	}
	if len(wanted) > 0 {
		return sheetRef{}, fatal(CodeNoSheet, w.names(), strings.Join(wanted, ", "))
	}
	for _, ref := range w.sheets {
		if !ref.hidden && w.isTable(ref) {
			return ref, nil
		}
	}
	return sheetRef{}, fatal(CodeEmpty, "", "worksheet")
}

func (w *workbook) isTable(ref sheetRef) bool { return w.rels[ref.id].kind == "worksheet" }

func (w *workbook) names() string {
	names := make([]string, len(w.sheets))
	for i, ref := range w.sheets {
		names[i] = ref.name
	}
	return strings.Join(names, ", ")
}

// part gives the workbook's part of a kind; empty when it has none.
func (w *workbook) part(kind string) string {
	for _, r := range w.rels {
		if r.kind == kind {
			return r.target
		}
	}
	return ""
}

// loadStyles finds out which cell styles show their number as a date.
func (w *workbook) loadStyles() error {
	dates := map[string]bool{}
	inCellXfs := false
	return w.zip.each(w.part("styles"), func(s *xmlScanner) error {
		name := string(s.name)
		switch {
		case s.kind == xmlText:
		case name == "cellXfs":
			inCellXfs = s.kind == xmlStart
		case s.kind == xmlStart && name == "numFmt":
			code, err := s.attrText("formatCode")
			dates[string(s.attr("numFmtId"))] = dateFormat(code)
			return err
		case s.kind == xmlStart && name == "xf" && inCellXfs:
			id := string(s.attr("numFmtId"))
			custom, known := dates[id]
			w.days = append(w.days, known && custom || !known && builtinDate(id))
		}
		return nil
	})
}

// builtinDate reports the number formats that are dates in every or in the Korean edition (ECMA-376 18.8.30).
func builtinDate(id string) bool {
	n, err := strconv.Atoi(id)
	return err == nil && (n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 50 && n <= 58)
}

// dateFormat reports whether a custom number format shows a day: a year, month or day letter outside quotes and brackets.
func dateFormat(code string) bool {
	var plain strings.Builder
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '"', '[':
			end := map[byte]byte{'"': '"', '[': ']'}[c]
			n := strings.IndexByte(code[i+1:], end)
			if n < 0 {
				return false
			}
			i += n + 1
		case '\\', '_', '*':
			i++
		case ';':
			i = len(code)
		default:
			plain.WriteByte(c)
		}
	}
	s := strings.ToLower(plain.String())
	return !strings.Contains(s, "general") && strings.ContainsAny(s, "yd")
}

// sharedStrings keeps the texts of a workbook end to end in one block.
type sharedStrings struct {
	block string
	ends  []int
}

func (t *sharedStrings) get(index string) (string, bool) {
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(t.ends) {
		return "", false
	}
	start := 0
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.block[start:t.ends[i]], true
}

func (w *workbook) loadStrings() error {
	var block []byte
	var ends []int
	var rich richText
	err := w.zip.each(w.part("sharedStrings"), func(s *xmlScanner) error {
		block = rich.take(s, block)
		if s.kind == xmlEnd && string(s.name) == "si" {
			ends = append(ends, len(block))
		}
		if int64(len(block)+8*len(ends)) > w.zip.limits.Strings {
			return fatal(CodeBomb, "", "strings <= "+itoa(w.zip.limits.Strings))
		}
		return nil
	})
	w.strings = sharedStrings{block: string(block), ends: ends}
	return err
}

// richText gathers the runs of a string item, without the phonetic guide that East Asian texts may carry.
type richText struct{ in, phonetic bool }

func (t *richText) take(s *xmlScanner, dst []byte) []byte {
	switch {
	case s.kind == xmlText:
		if t.in && !t.phonetic {
			return unescapeChars(append(dst, s.text...), len(dst))
		}
	case string(s.name) == "t":
		t.in = s.kind == xmlStart
	case string(s.name) == "rPh":
		t.phonetic = s.kind == xmlStart
	}
	return dst
}

// unescapeChars undoes the "_x000D_" form in which spreadsheets write characters that XML cannot hold.
func unescapeChars(b []byte, from int) []byte {
	for i := from; i+7 <= len(b); i++ {
		if b[i] != '_' || b[i+1] != 'x' || b[i+6] != '_' {
			continue
		}
		v, err := strconv.ParseUint(string(b[i+2:i+6]), 16, 16)
		if err != nil {
			continue
		}
		tail := append([]byte(string(rune(v))), b[i+7:]...)
		b = append(b[:i], tail...)
	}
	return b
}
