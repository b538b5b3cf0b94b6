package record

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"
)

// An exported record is a text file that needs no naru to be read:
//
//	{"naru_record":1,"verifier":"…"}          first line
//	{"i":0,"hash":"…","leaf":"base64"}        one line per entry, in order
//	{"checkpoint":"signed note"}              last line
//
// hash is the leaf hash stored when the entry was written. Verify recomputes it, so a
// changed leaf is found and named; a forger who also changes the hash fails at the
// signed root.
type exportHead struct {
	Version  int    `json:"naru_record"`
	Verifier string `json:"verifier"`
}

type exportLine struct {
	Index      *int64 `json:"i,omitempty"`
	Hash       string `json:"hash,omitempty"`
	Leaf       string `json:"leaf,omitempty"`
	Checkpoint string `json:"checkpoint,omitempty"`
}

// Stored is one entry as the store keeps it.
type Stored struct {
	Index int64
	Leaf  []byte
	Hash  tlog.Hash
}

// Exporter writes an exported record line by line.
type Exporter struct{ enc *json.Encoder }

// NewExporter writes the head with the verifier key and returns the exporter.
func NewExporter(w io.Writer, verifier string) (*Exporter, error) {
	x := &Exporter{enc: json.NewEncoder(w)}
	return x, x.enc.Encode(exportHead{Version: 1, Verifier: verifier})
}

// Entry writes one stored entry, as it is.
func (x *Exporter) Entry(s Stored) error {
	return x.enc.Encode(exportLine{
		Index: &s.Index, Hash: s.Hash.String(), Leaf: base64.StdEncoding.EncodeToString(s.Leaf),
	})
}

// Close writes the signed checkpoint.
func (x *Exporter) Close(checkpoint []byte) error {
	return x.enc.Encode(exportLine{Checkpoint: string(checkpoint)})
}

// Report is what Verify found.
type Report struct {
	Entries    int64      `json:"entries"`
	Denied     int64      `json:"denied"`
	Checkpoint Checkpoint `json:"checkpoint"`
	Root       tlog.Hash  `json:"root"`             // recomputed over the signed part
	Edited     []int64    `json:"edited,omitempty"` // entries whose leaf does not match its hash
	Faults     []string   `json:"faults,omitempty"` // message keys, in order of discovery
}

// OK reports whether nothing was found.
func (r *Report) OK() bool { return len(r.Faults) == 0 }

// maxLine bounds one line of an exported record.
const maxLine = 1 << 22

// Verify checks an exported record with a verifier key that the reader got from
// elsewhere; with "" it trusts the key in the file, which proves integrity but not
// origin. It returns an error only when the file cannot be read as a record at all.
func Verify(r io.Reader, verifier string) (*Report, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 1<<16), maxLine)
	if !sc.Scan() {
		return nil, errors.Join(errors.New("exported record is empty"), sc.Err())
	}
	var head exportHead
	if err := json.Unmarshal(sc.Bytes(), &head); err != nil || head.Version != 1 {
		return nil, errors.New("line 1 is not the head of an exported record")
	}
	v := verification{report: &Report{}}
	for line := 2; sc.Scan(); line++ {
		if err := v.line(sc.Bytes()); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("exported record: %w", err)
	}
	if verifier == "" {
		verifier = head.Verifier
	} else if verifier != head.Verifier {
		v.fault("record.other_key")
	}
	v.finish(verifier)
	return v.report, nil
}

// verification walks the lines and grows the tree.
type verification struct {
	report     *Report
	tree       Tree
	checkpoint []byte
}

func (v *verification) fault(key string) { v.report.Faults = append(v.report.Faults, key) }

func (v *verification) line(data []byte) error {
	var l exportLine
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return fmt.Errorf("not a line of a record: %w", err)
	}
	if l.Checkpoint != "" {
		v.checkpoint = []byte(l.Checkpoint)
		return nil
	}
	if l.Index == nil || *l.Index != v.tree.Size {
		v.fault("record.gap")
	}
	leaf, err := base64.StdEncoding.DecodeString(l.Leaf)
	if err != nil {
		return fmt.Errorf("leaf: %w", err)
	}
	v.entry(leaf, l.Hash)
	return nil
}

func (v *verification) entry(leaf []byte, stored string) {
	index := v.tree.Size
	hash := tlog.RecordHash(leaf)
	if hash.String() != stored {
		v.report.Edited = append(v.report.Edited, index)
		v.fault("record.edited")
	}
	if e, err := ParseLeaf(index, leaf); err != nil {
		v.fault("record.unreadable")
	} else if e.Outcome == Denied {
		v.report.Denied++
	}
	v.tree, _ = v.tree.Append([]tlog.Hash{hash})
	v.report.Entries = v.tree.Size
}

func (v *verification) finish(verifier string) {
	v.report.Root = v.tree.Root()
	c, err := OpenCheckpoint(v.checkpoint, verifier)
	switch {
	case err != nil:
		v.fault("record.bad_signature")
		return
	case c.Size != v.tree.Size:
		v.fault("record.size_differs")
	case c.Root != v.report.Root:
		v.fault("record.root_differs")
	}
	v.report.Checkpoint = c
}
