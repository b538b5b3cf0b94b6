package cli

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Tokens keeps the tokens of `naru login` by server, in one file of mode 0600.
type Tokens struct{ Path string }

// Read returns the token for a server.
func (t Tokens) Read(url string) (string, error) {
	all, err := t.load()
	if err != nil {
		return "", err
	}
	token, ok := all[url]
	if !ok {
		return "", fs.ErrNotExist
	}
	return token, nil
}

// Write keeps the token of a server; "" forgets it.
func (t Tokens) Write(url, token string) error {
	all, err := t.load()
	if err != nil {
		return err
	}
	if all[url] = token; token == "" {
		delete(all, url)
	}
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(t.Path), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(t.Path), ".tokens-*") // of mode 0600
	if err != nil {
		return err
	}
	if _, err := tmp.Write(data); err != nil {
		return errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
	}
	return errors.Join(tmp.Close(), os.Rename(tmp.Name(), t.Path))
}

func (t Tokens) load() (map[string]string, error) {
	all := map[string]string{}
	data, err := os.ReadFile(t.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	return all, json.Unmarshal(data, &all)
}
