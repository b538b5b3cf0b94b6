package sheet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
)

// source is an uploaded file.
type source struct {
	r    io.ReaderAt
	size int64
	name string
}

// Layout says where in a file the table is; the zero value is its first worksheet with the headings in row 1.
type Layout struct {
	Sheets    []string // worksheets to look for, in order of preference
	Path      string   // of the array of objects in JSON, dotted
	HeaderRow int      // from 1
}

func (l Layout) header() int { return max(l.HeaderRow, 1) }

// Open reads the headings of a table whose heading row is the first of its first worksheet. The format is told from the
// content; the name serves for messages and to tell TSV from CSV. Every error is a *Fault.
func Open(r io.ReaderAt, size int64, name string, limits Limits) (*Table, error) {
	return Layout{}.Open(r, size, name, limits)
}

// Open opens the table that stands in a file where the layout says.
func (l Layout) Open(r io.ReaderAt, size int64, name string, limits Limits) (*Table, error) {
	return open(source{r, size, name}, l, limits)
}

// Other opens a further table of the same file.
func (t *Table) Other(l Layout) (*Table, error) { return open(t.source, l, t.limits) }

func open(src source, lay Layout, limits Limits) (*Table, error) {
	limits = limits.withDefaults()
	if src.size > limits.Bytes {
		return nil, fatal(CodeTooLarge, itoa(src.size), "<= "+itoa(limits.Bytes))
	}
	t, err := openAny(src, lay, limits)
	if err != nil {
		return nil, AsFault(err)
	}
	t.source, t.limits = src, limits
	if t.Format != "json" {
		t.HeaderRow = lay.header()
	}
	return t, nil
}

func openAny(src source, lay Layout, limits Limits) (*Table, error) {
	head, err := readHead(src)
	if err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return openXLSX(src, lay, limits)
	case bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return nil, fatal(CodeEmpty, src.name, "")
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return nil, compoundFault(src)
	case bytes.HasPrefix(head, []byte("%PDF")):
		return nil, fatal(CodeUnsupported, "pdf", "xlsx, csv, tsv, json")
	}
	return openPlain(src, lay, limits)
}

// readHead gives the first bytes of the file.
func readHead(src source) ([]byte, error) {
	if src.size <= 0 {
		return nil, fatal(CodeEmpty, src.name, "")
	}
	head := make([]byte, min(src.size, 4096))
	n, err := src.r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fatal(CodeCorrupt, err.Error(), "")
	}
	return head[:n], nil
}

// openPlain opens what is not a container: text or JSON, possibly gzipped.
func openPlain(src source, lay Layout, limits Limits) (*Table, error) {
	p := plain{src: src, limits: limits}
	if err := p.sniff(); err != nil {
		return nil, err
	}
	switch {
	case len(p.head) == 0:
		return nil, fatal(CodeEmpty, src.name, "")
	case looksLikeHTML(p.head):
		return nil, fatal(CodeHTML, src.name, "xlsx")
	case p.encoding != "utf-16" && bytes.IndexByte(p.head, 0) >= 0:
		return nil, fatal(CodeUnsupported, src.name, "xlsx, csv, tsv, json")
	case lay.Path != "" || p.ext() == ".json":
		return openJSON(p, lay)
	}
	return openText(p, lay)
}

func looksLikeHTML(head []byte) bool {
	s := strings.ToLower(string(bytes.TrimSpace(head)))
	for _, p := range []string{"<!doctype", "<html", "<table", "<?xml", "<meta", "<head", "<style", "<div", "<!--"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// plain is a file of text, read from its beginning as often as needed.
type plain struct {
	src      source
	limits   Limits
	gzipped  bool
	encoding string
	head     []byte // the first bytes, inflated, without a byte order mark
}

// ext is the file's extension below a ".gz".
func (p *plain) ext() string {
	return path.Ext(strings.TrimSuffix(strings.ToLower(p.src.name), ".gz"))
}

// raw starts reading the bytes, inflated.
func (p *plain) raw() (io.Reader, error) {
	var r io.Reader = io.NewSectionReader(p.src.r, 0, p.src.size)
	if !p.gzipped {
		return r, nil
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fatal(CodeCorrupt, err.Error(), "gzip")
	}
	return &inflating{rc: z, packed: p.src.size, limits: p.limits}, nil
}

// sniff settles compression and encoding; the whole file is read once when it is not plain UTF-8 at the start.
func (p *plain) sniff() error {
	head, err := readHead(p.src)
	if err != nil {
		return err
	}
	p.gzipped = bytes.HasPrefix(head, []byte("\x1f\x8b"))
	r, err := p.raw()
	if err != nil {
		return err
	}
	buf := make([]byte, 4096)
	n, err := io.ReadFull(r, buf)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return AsFault(err)
	}
	return p.settleEncoding(buf[:n])
}

func itoa[T int | int64 | uint64](n T) string { return strconv.FormatInt(int64(n), 10) }
