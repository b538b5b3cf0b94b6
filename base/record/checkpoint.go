package record

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Signer signs checkpoints with an Ed25519 key in the signed-note format
// (c2sp.org/signed-note), which standard witnesses and verifiers read.
type Signer struct {
	origin string
	signer note.Signer
}

// NewKey draws a key pair for an origin such as "naru.example.go.kr/record". The
// signing key is a secret; the verifier key is to be published.
func NewKey(entropy io.Reader, origin string) (signing, verifier string, err error) {
	signing, verifier, err = note.GenerateKey(entropy, origin)
	if err != nil {
		return "", "", fmt.Errorf("key for %s: %w", origin, err)
	}
	return signing, verifier, nil
}

// NewSigner returns the signer for a signing key of NewKey.
func NewSigner(signing string) (*Signer, error) {
	s, err := note.NewSigner(signing)
	if err != nil {
		return nil, fmt.Errorf("record signing key: %w", err)
	}
	return &Signer{origin: s.Name(), signer: s}, nil
}

// Checkpoint signs the size and root of a tree.
func (s *Signer) Checkpoint(size int64, root tlog.Hash) ([]byte, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", s.origin, size, root)
	signed, err := note.Sign(&note.Note{Text: text}, s.signer)
	if err != nil {
		return nil, fmt.Errorf("checkpoint of size %d: %w", size, err)
	}
	return signed, nil
}

// Checkpoint is a verified statement: at this size the tree had this root.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// OpenCheckpoint verifies the signature with a verifier key and reads the statement.
func OpenCheckpoint(signed []byte, verifier string) (Checkpoint, error) {
	v, err := note.NewVerifier(verifier)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("record verifier key: %w", err)
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint signature: %w", err)
	}
	var c Checkpoint
	var root string
	if _, err := fmt.Sscanf(n.Text, "%s\n%d\n%s\n", &c.Origin, &c.Size, &root); err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint text: %w", err)
	}
	if c.Root, err = tlog.ParseHash(root); err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint root: %w", err)
	}
	if c.Origin != v.Name() {
		return Checkpoint{}, errors.New("checkpoint is of another record")
	}
	return c, nil
}
