package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
)

// maxDirectory bounds the bytes read to list a container; a spreadsheet has some tens of parts.
const maxDirectory = 8 << 20

// container is an opened zip whose parts are read under limits.
type container struct {
	parts  map[string]*zip.File // by lower-case name
	limits Limits
}

// directoryReader counts what listing the container reads, so that a directory of millions of entries ends early.
type directoryReader struct {
	r    io.ReaderAt
	left int64 // negative once listing is over and reads are free
	free bool
}

func (d *directoryReader) ReadAt(p []byte, off int64) (int, error) {
	if d.free {
		return d.r.ReadAt(p, off)
	}
	n, err := d.r.ReadAt(p, off)
	if d.left -= int64(n); d.left < 0 {
		return n, fatal(CodeBomb, "", "directory <= 8 MiB")
	}
	return n, err
}

// openContainer lists a zip and refuses it by what its directory promises: encryption, total size, ratio.
func openContainer(src source, limits Limits) (*container, error) {
	dir := &directoryReader{r: src.r, left: maxDirectory}
	z, err := zip.NewReader(dir, src.size)
	if dir.left < 0 {
		return nil, fatal(CodeBomb, "", "directory <= 8 MiB")
	}
	if err != nil {
		return nil, fatal(CodeCorrupt, err.Error(), "zip")
	}
	dir.free = true
	c := &container{parts: make(map[string]*zip.File, len(z.File)), limits: limits}
	var total uint64
	for _, f := range z.File {
		if f.Flags&1 != 0 {
			return nil, fatal(CodeEncrypted, f.Name, "")
		}
		if total += f.UncompressedSize64; total < f.UncompressedSize64 || total > uint64(limits.Inflated) {
			return nil, fatal(CodeBomb, f.Name, "inflated <= "+itoa(limits.Inflated))
		}
		if limits.excessive(int64(f.UncompressedSize64), int64(f.CompressedSize64)) {
			return nil, fatal(CodeBomb, f.Name, "ratio <= "+itoa(limits.Ratio))
		}
		c.parts[partKey(f.Name)] = f
	}
	return c, nil
}

// excessive reports whether a part inflates more than any real table does.
func (l Limits) excessive(inflated, packed int64) bool {
	return inflated > ratioFloor && inflated/max(packed, 1) > l.Ratio
}

func partKey(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"))
}

// open starts reading a part; the caller closes it.
func (c *container) open(name string) (io.ReadCloser, error) {
	f := c.parts[partKey(name)]
	if f == nil {
		return nil, fatal(CodeCorrupt, name, "part")
	}
	rc, err := f.Open()
	if err != nil {
		return nil, fatal(CodeCorrupt, err.Error(), name)
	}
	return &inflating{rc: rc, packed: int64(f.CompressedSize64), limits: c.limits}, nil
}

// each scans every token of a part that need not be there.
func (c *container) each(name string, token func(*xmlScanner) error) error {
	if c.parts[partKey(name)] == nil {
		return nil
	}
	rc, err := c.open(name)
	if err != nil {
		return err
	}
	defer rc.Close()
	s := newXMLScanner(rc)
	for {
		if err := s.next(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return partFault(err, name)
		}
		if err := token(s); err != nil {
			return partFault(err, name)
		}
	}
}

// partFault says which part is damaged, unless the fault is known already.
func partFault(err error, name string) error {
	if _, ok := errors.AsType[*Fault](err); ok {
		return err
	}
	return fatal(CodeCorrupt, err.Error(), name)
}

// inflating counts what really comes out, whatever the directory promised.
type inflating struct {
	rc     io.ReadCloser
	packed int64
	n      int64
	limits Limits
}

func (i *inflating) Read(p []byte) (int, error) {
	n, err := i.rc.Read(p)
	if i.n += int64(n); i.n > i.limits.Inflated || i.limits.excessive(i.n, i.packed) {
		return 0, fatal(CodeBomb, "", "inflated <= "+itoa(i.limits.Inflated))
	}
	return n, err
}

func (i *inflating) Close() error { return i.rc.Close() }

// encryptedMark is the stream that holds an encrypted XLSX inside a compound file, named in UTF-16.
var encryptedMark = utf16le("EncryptedPackage")

func utf16le(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}

// compoundFault tells a password-protected XLSX from an old XLS: both are compound files.
func compoundFault(src source) *Fault {
	buf := make([]byte, 64<<10)
	for off := int64(0); off < src.size; off += int64(len(buf) - len(encryptedMark)) {
		n, err := src.r.ReadAt(buf, off)
		if bytes.Contains(buf[:n], encryptedMark) {
			return fatal(CodeEncrypted, src.name, "")
		}
		if err != nil {
			break
		}
	}
	return fatal(CodeOldXLS, src.name, "xlsx")
}
