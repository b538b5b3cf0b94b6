package southern

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// File is the name of the state in the data folder.
const File = "southern.json"

// State is everything the broker remembers.
type State struct {
	Instances map[string]*Instance `json:"instances"`
	Made      map[string]int       `json:"made"` // creations by instance id
}

// Instance is one instance; it stays as a tombstone after its deletion.
type Instance struct {
	ServiceID  string              `json:"service_id"`
	PlanID     string              `json:"plan_id"`
	Org        string              `json:"org"`
	Space      string              `json:"space"`
	Parameters json.RawMessage     `json:"parameters,omitempty"`
	Bindings   map[string]*Binding `json:"bindings"`
	Work
}

// Binding is one binding.
type Binding struct {
	AppGUID    string          `json:"app_guid,omitempty"`
	Parameters json.RawMessage `json:"parameters,omitempty"`
	Password   string          `json:"password"`
	Work
}

// Work is the operation under way or the last one.
type Work struct {
	Gone      bool      `json:"gone"`
	Operation string    `json:"operation,omitempty"`
	Kind      string    `json:"kind"` // "create", "update", "delete"
	Due       time.Time `json:"due"`
	PlanID    string    `json:"target,omitempty"` // of an update
}

// busy reports whether the operation still runs.
func (w *Work) busy(now time.Time) bool { return now.Before(w.Due) }

// there reports whether it exists, or will.
func (w *Work) there(now time.Time) bool { return !w.Gone && (w.Kind != "delete" || w.busy(now)) }

// store keeps the state in a file that is replaced whole.
type store struct {
	path  string
	state State
}

func openStore(dir string) (*store, error) {
	s := &store{path: filepath.Join(dir, File), state: State{Instances: map[string]*Instance{}, Made: map[string]int{}}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &s.state); err != nil {
		return nil, fmt.Errorf("%s: %w", s.path, err)
	}
	return s, nil
}

// save writes before an answer leaves.
func (s *store) save() error {
	raw, err := json.Marshal(s.state)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.path+".new", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(s.path+".new", s.path)
}

// Read returns the state a broker keeps in a folder.
func Read(dir string) (State, error) {
	s, err := openStore(dir)
	if err != nil {
		return State{}, err
	}
	return s.state, nil
}
