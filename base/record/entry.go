package record

import (
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"naru"
)

// Outcome says whether the operation of an entry took effect.
type Outcome string

// The outcomes of an operation.
const (
	Done   Outcome = "done"
	Denied Outcome = "denied" // refused: no permission, or another institution's object
)

// Entry is one fact for ever: who did what to which objects, when, by which
// operation. Detail holds small public facts and digests, never personal data.
type Entry struct {
	Index       int64             `json:"-"` // position in the tree; not part of the leaf
	At          time.Time         `json:"at"`
	Op          string            `json:"op"`
	Outcome     Outcome           `json:"outcome"`
	Call        string            `json:"call"`
	User        string            `json:"user"`
	Role        string            `json:"role"`
	Institution string            `json:"institution,omitempty"`
	Subjects    []string          `json:"subjects,omitempty"` // ids of the objects concerned
	Detail      map[string]string `json:"detail,omitempty"`
}

// NewEntry starts an entry for an operation of a call.
func NewEntry(c *naru.Call, op string, outcome Outcome) Entry {
	return Entry{
		At: c.Now.UTC().Truncate(time.Microsecond), Op: op, Outcome: outcome, Call: c.ID,
		User: c.Actor.User, Role: c.Actor.Role, Institution: c.Actor.Institution,
	}
}

// Leaf returns the bytes that are hashed: JSON with fields in the order above and
// detail keys sorted, so the same entry always gives the same leaf.
func (e *Entry) Leaf() ([]byte, error) {
	leaf, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("entry of %s: %w", e.Op, err)
	}
	return leaf, nil
}

// ParseLeaf reads an entry back from its leaf.
func ParseLeaf(index int64, leaf []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(leaf, &e); err != nil {
		return Entry{}, fmt.Errorf("entry %d: %w", index, err)
	}
	e.Index = index
	return e, nil
}

// LeafHash returns the hash of a leaf in the tree (RFC 6962 section 2.1).
func LeafHash(leaf []byte) tlog.Hash { return tlog.RecordHash(leaf) }
