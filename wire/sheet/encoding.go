package sheet

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

var utf8BOM = []byte("\xEF\xBB\xBF")

// settleEncoding finds how the text is written: by its byte order mark, else UTF-8 when all of it is valid, else CP949
// (the "CSV" of Korean Windows) when all of it is, else it is refused.
func (p *plain) settleEncoding(head []byte) error {
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")):
		p.encoding = "utf-16"
	case bytes.IndexByte(head, 0) >= 0:
		p.encoding = "utf-8" // not text at all: the caller says so
	case bytes.HasPrefix(head, utf8BOM):
		if err := p.tryEncodings("utf-8"); err != nil {
			return err
		}
	default:
		if err := p.tryEncodings("utf-8", "cp949"); err != nil {
			return err
		}
	}
	p.head = bytes.TrimPrefix(head, utf8BOM)
	return nil
}

func (p *plain) tryEncodings(names ...string) error {
	for _, name := range names {
		p.encoding = name
		ok, err := p.decodes()
		if ok || err != nil {
			return err
		}
	}
	return fatal(CodeEncoding, p.src.name, "utf-8, cp949")
}

// decodes reads the whole file once in the supposed encoding.
func (p *plain) decodes() (bool, error) {
	r, err := p.text()
	if err != nil {
		return false, err
	}
	if p.encoding == "utf-8" {
		_, err = io.Copy(io.Discard, transform.NewReader(r, encoding.UTF8Validator))
		if errors.Is(err, encoding.ErrInvalidUTF8) {
			return false, nil
		}
		return err == nil, err
	}
	found := &runeFinder{}
	_, err = io.Copy(found, r)
	if errors.Is(err, errReplaced) {
		return false, nil
	}
	return err == nil, err
}

// text starts reading the file as UTF-8 without a byte order mark.
func (p *plain) text() (io.Reader, error) {
	r, err := p.raw()
	if err != nil {
		return nil, err
	}
	switch p.encoding {
	case "utf-16":
		return transform.NewReader(r, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()), nil
	case "cp949":
		return transform.NewReader(r, korean.EUCKR.NewDecoder()), nil
	}
	return transform.NewReader(r, &bomDropper{}), nil
}

// bomDropper removes a UTF-8 byte order mark at the start and passes the rest on.
type bomDropper struct{ started bool }

func (d *bomDropper) Reset() { d.started = false }

func (d *bomDropper) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	if !d.started {
		if len(src) < len(utf8BOM) && !atEOF {
			return 0, 0, transform.ErrShortSrc
		}
		if bytes.HasPrefix(src, utf8BOM) {
			nSrc = len(utf8BOM)
		}
		d.started = true
	}
	n := copy(dst, src[nSrc:])
	if nSrc+n < len(src) {
		err = transform.ErrShortDst
	}
	return n, nSrc + n, err
}

var errReplaced = errors.New("undecodable byte")

// runeFinder fails on the replacement character that a decoder writes for what it cannot decode.
type runeFinder struct{ tail []byte }

var replacement = []byte(string(utf8.RuneError))

func (f *runeFinder) Write(p []byte) (int, error) {
	if bytes.Contains(append(f.tail, p[:min(len(p), 2)]...), replacement) || bytes.Contains(p, replacement) {
		return 0, errReplaced
	}
	f.tail = append(f.tail[:0], p[max(0, len(p)-2):]...)
	return len(p), nil
}
