package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"naru"
)

// SealKeySize is the length of the key that seals secrets at rest (AES-256-GCM).
const SealKeySize = 32

// Sealer seals secrets before they reach a column. What the secret belongs to is
// bound in as associated data, so that a sealed value cannot be moved to another row.
type Sealer struct{ aead cipher.AEAD }

// NewSealer returns a sealer for a key of SealKeySize bytes.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != SealKeySize {
		return nil, fmt.Errorf("seal key has %d bytes, wants %d", len(key), SealKeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &Sealer{aead}, nil
}

// Seal returns nonce and ciphertext of a secret that belongs to an object.
func (s *Sealer) Seal(object string, secret naru.Secret) ([]byte, error) {
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := io.ReadFull(rand.Reader, nonce); err != nil {
		return nil, fmt.Errorf("seal %s: %w", object, err)
	}
	return s.aead.Seal(nonce, nonce, []byte(secret.Open()), []byte(object)), nil
}

// Unseal returns the secret of an object.
func (s *Sealer) Unseal(object string, sealed []byte) (naru.Secret, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return naru.Secret{}, errors.New("sealed value of " + object + " is too short")
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(object))
	if err != nil {
		return naru.Secret{}, fmt.Errorf("unseal %s: %w", object, err)
	}
	return naru.NewSecret(string(plain)), nil
}
