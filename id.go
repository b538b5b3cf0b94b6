package naru

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"
)

// idAlphabet keeps text order equal to byte order (RFC 4648 base32hex, lower case).
var idAlphabet = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// IDs makes identifiers: a prefix that names the kind, 48 bits of milliseconds and
// 80 random bits, so that ids sort by creation and cannot be guessed.
type IDs struct {
	mu      sync.Mutex
	entropy io.Reader
}

// NewIDs returns a source that draws its random bits from entropy, which is
// crypto/rand in production and a fixed stream in tests.
func NewIDs(entropy io.Reader) *IDs { return &IDs{entropy: entropy} }

// New returns prefix + "_" + 26 characters. It panics when the entropy source
// fails, because an id that may repeat is worse than no answer.
func (s *IDs) New(prefix string, now time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	s.mu.Lock()
	_, err := io.ReadFull(s.entropy, b[6:])
	s.mu.Unlock()
	if err != nil {
		panic(fmt.Sprintf("naru: no entropy for ids: %v", err))
	}
	return prefix + "_" + idAlphabet.EncodeToString(b[:])
}
