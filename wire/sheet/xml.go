package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// xmlScanner reads the XML of a spreadsheet part: elements, attributes and text, by local name. encoding/xml would do
// the same at a tenth of the speed, and half of an import is this loop. It refuses document types, which a
// spreadsheet never has and which are the way to entity bombs.
type xmlScanner struct {
	r    *bufio.Reader
	kind xmlKind
	name []byte // local name of the current element
	text []byte // current character data, entities resolved
	body []byte // current tag between < and >
	end  bool   // the current element closes itself: an end token follows
	buf  []byte
	max  int // longest tag or text taken
}

type xmlKind uint8

const (
	xmlStart xmlKind = iota + 1
	xmlEnd
	xmlText
)

var (
	errXML     = errors.New("xml: not well formed")
	errXMLType = errors.New("xml: document type")
	errXMLLong = errors.New("xml: element too long")
)

func newXMLScanner(r io.Reader) *xmlScanner {
	return &xmlScanner{r: bufio.NewReaderSize(r, 64<<10), max: 4 << 20}
}

// next reads one token; io.EOF is the end of the part.
func (s *xmlScanner) next() error {
	if s.end {
		s.end, s.kind = false, xmlEnd
		return nil
	}
	for {
		c, err := s.r.ReadByte()
		if err != nil {
			return err
		}
		if c != '<' {
			if err := s.r.UnreadByte(); err != nil {
				return err
			}
			return s.readText()
		}
		done, err := s.readTag()
		if done || err != nil {
			return noEOF(err)
		}
	}
}

// readText takes character data up to the next tag, which stays unread.
func (s *xmlScanner) readText() error {
	raw, err := s.until('<')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err == nil {
		raw = raw[:len(raw)-1]
		if err := s.r.UnreadByte(); err != nil {
			return err
		}
	}
	s.kind = xmlText
	s.text, err = unescape(s.text[:0], raw)
	return err
}

// readTag takes what follows a "<"; false means that it was a comment or an instruction.
func (s *xmlScanner) readTag() (bool, error) {
	c, err := s.r.ReadByte()
	if err != nil {
		return false, err
	}
	switch c {
	case '?':
		return false, s.skipPast("?>")
	case '!':
		return s.readBang()
	}
	if err := s.r.UnreadByte(); err != nil {
		return false, err
	}
	if err := s.readBody(); err != nil {
		return false, err
	}
	return true, s.parseTag()
}

// readBody takes a tag up to its ">"; one inside an attribute value does not count.
func (s *xmlScanner) readBody() error {
	s.body = s.body[:0]
	for {
		part, err := s.until('>')
		if err != nil {
			return err
		}
		s.body = append(s.body, part...)
		if balanced(s.body) {
			s.body = s.body[:len(s.body)-1]
			return nil
		}
		if len(s.body) > s.max {
			return errXMLLong
		}
	}
}

// balanced reports whether no quoted attribute value is open.
func balanced(tag []byte) bool {
	var open byte
	for _, c := range tag {
		switch {
		case open == 0 && (c == '"' || c == '\''):
			open = c
		case c == open:
			open = 0
		}
	}
	return open == 0
}

func (s *xmlScanner) parseTag() error {
	b := s.body
	s.kind = xmlStart
	if len(b) > 0 && b[0] == '/' {
		s.kind, b = xmlEnd, b[1:]
	} else if len(b) > 0 && b[len(b)-1] == '/' {
		s.end, b = true, b[:len(b)-1]
		s.body = b
	}
	n := bytes.IndexAny(b, " \t\r\n")
	if n < 0 {
		n = len(b)
	}
	s.name = localName(b[:n])
	if len(s.name) == 0 {
		return errXML
	}
	return nil
}

// readBang takes CDATA as text, skips comments and refuses document types.
func (s *xmlScanner) readBang() (bool, error) {
	head, err := s.r.Peek(2)
	if err != nil {
		return false, err
	}
	if string(head) == "--" {
		return false, s.skipPast("-->")
	}
	head, err = s.r.Peek(7)
	if err != nil || string(head) != "[CDATA[" {
		return false, errXMLType
	}
	if _, err := s.r.Discard(7); err != nil {
		return false, err
	}
	s.kind, s.text = xmlText, s.text[:0]
	for !bytes.HasSuffix(s.text, []byte("]]>")) {
		part, err := s.until('>')
		if err != nil {
			return false, err
		}
		if s.text = append(s.text, part...); len(s.text) > s.max {
			return false, errXMLLong
		}
	}
	s.text = s.text[:len(s.text)-3]
	return true, nil
}

// skipPast drops input up to and with a closing mark that ends in ">".
func (s *xmlScanner) skipPast(mark string) error {
	var tail []byte
	for {
		part, err := s.until('>')
		if err != nil {
			return err
		}
		tail = append(tail, part...)
		if bytes.HasSuffix(tail, []byte(mark)) {
			return nil
		}
		if len(tail) > len(mark) {
			tail = append(tail[:0], tail[len(tail)-len(mark):]...)
		}
	}
}

// until reads up to and with a byte; what it gives is valid until the next read.
func (s *xmlScanner) until(c byte) ([]byte, error) {
	part, err := s.r.ReadSlice(c)
	if !errors.Is(err, bufio.ErrBufferFull) {
		return part, err
	}
	s.buf = append(s.buf[:0], part...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(s.buf) > s.max {
			return nil, errXMLLong
		}
		part, err = s.r.ReadSlice(c)
		s.buf = append(s.buf, part...)
	}
	return s.buf, err
}

// attr gives an attribute of the current start tag by local name, entities not resolved; nil when it is absent.
func (s *xmlScanner) attr(name string) []byte {
	b := s.body
	for {
		eq := bytes.IndexByte(b, '=')
		if eq < 0 {
			return nil
		}
		key := bytes.TrimRight(b[:eq], " \t\r\n")
		if i := bytes.LastIndexAny(key, " \t\r\n"); i >= 0 {
			key = key[i+1:]
		}
		b = bytes.TrimLeft(b[eq+1:], " \t\r\n")
		if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
			return nil
		}
		n := bytes.IndexByte(b[1:], b[0])
		if n < 0 {
			return nil
		}
		if string(localName(key)) == name {
			return b[1 : 1+n]
		}
		b = b[n+2:]
	}
}

// attrText gives an attribute with its entities resolved.
func (s *xmlScanner) attrText(name string) (string, error) {
	b, err := unescape(nil, s.attr(name))
	return string(b), err
}

func localName(b []byte) []byte {
	if i := bytes.IndexByte(b, ':'); i >= 0 {
		return b[i+1:]
	}
	return b
}

// unescape appends src to dst with the predefined entities and character references resolved.
func unescape(dst, src []byte) ([]byte, error) {
	for {
		i := bytes.IndexByte(src, '&')
		if i < 0 {
			return append(dst, src...), nil
		}
		dst = append(dst, src[:i]...)
		src = src[i+1:]
		n := bytes.IndexByte(src, ';')
		if n < 1 || n > 10 {
			return dst, errXML
		}
		r, ok := entity(string(src[:n]))
		if !ok {
			return dst, errXML
		}
		dst = utf8.AppendRune(dst, r)
		src = src[n+1:]
	}
}

func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if name[0] != '#' || len(name) < 2 {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	v, err := strconv.ParseUint(digits, base, 32)
	if err != nil || v == 0 || v > utf8.MaxRune || !utf8.ValidRune(rune(v)) {
		return 0, false
	}
	return rune(v), true
}

// noEOF makes the end of input inside a tag the error that it is.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
