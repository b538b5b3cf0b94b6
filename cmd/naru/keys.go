package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"naru/base/record"
	"naru/store"
)

// keys are the secrets of an installation: files of mode 0600 in the data folder, made
// at the first start. Losing seal.key loses every sealed secret; back it up apart from
// the database.
type keys struct {
	Seal     []byte
	Signing  string // of the record's checkpoints
	Verifier string // to be published
	Token    string // of the operator at this machine: who can read the folder is the operator
}

func loadKeys(dir, origin string) (keys, error) {
	var k keys
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return k, fmt.Errorf("data folder: %w", err)
	}
	seal, err := secretFile(filepath.Join(dir, "seal.key"), func() (string, error) { return random(store.SealKeySize), nil })
	if err != nil {
		return k, err
	}
	if k.Seal, err = base64.RawURLEncoding.DecodeString(seal); err != nil {
		return k, fmt.Errorf("seal.key is damaged: %w", err)
	}
	if k.Token, err = secretFile(filepath.Join(dir, "operator.token"), func() (string, error) { return random(32), nil }); err != nil {
		return k, err
	}
	pair, err := secretFile(filepath.Join(dir, "record.key"), func() (string, error) {
		signing, verifier, err := record.NewKey(rand.Reader, origin)
		return signing + "\n" + verifier, err
	})
	if err != nil {
		return k, err
	}
	k.Signing, k.Verifier, _ = strings.Cut(pair, "\n")
	return k, nil
}

// secretFile reads a secret, or makes it and writes it once and for all: the file is
// complete under its name or not there.
func secretFile(path string, create func() (string, error)) (string, error) {
	data, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(data)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	value, err := create()
	if err != nil {
		return "", err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*") // of mode 0600
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // the link below keeps the content
	if _, err := tmp.WriteString(value + "\n"); err != nil {
		return "", errors.Join(err, tmp.Close())
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return "", err
	}
	if err := os.Link(tmp.Name(), path); errors.Is(err, fs.ErrExist) {
		return secretFile(path, create) // another start was first
	} else if err != nil {
		return "", err
	}
	return value, nil
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
