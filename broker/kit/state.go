package kit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"naru/wire/osb"
)

// phase is where an instance is in its life.
type phase string

const (
	creating phase = "creating"
	ready    phase = "ready"
	updating phase = "updating"
	deleting phase = "deleting"
	deleted  phase = "deleted"
	failed   phase = "failed"
)

// operation is the last operation of an instance, as polls tell it.
type operation struct {
	ID          string        `json:"id"`
	Kind        osb.Operation `json:"kind"`
	Async       bool          `json:"async"`
	State       osb.State     `json:"state"`
	Description string        `json:"description,omitempty"`
	EndedAt     time.Time     `json:"ended_at"`
	// PlanID is the plan an update is going to.
	PlanID     string          `json:"plan_id,omitempty"`
	Parameters json.RawMessage `json:"parameters,omitempty"`
	// Maintenance is the version an update is going to, "" = it stays.
	Maintenance string `json:"maintenance,omitempty"`
}

// binding is one binding of an instance; Ready is false between intent and credentials. Operation is
// set when it is made asynchronously.
type binding struct {
	ServiceID  string          `json:"service_id"`
	PlanID     string          `json:"plan_id"`
	AppGUID    string          `json:"app_guid,omitempty"`
	Parameters json.RawMessage `json:"parameters,omitempty"`
	Ready      bool            `json:"ready"`
	Content    osb.Binding     `json:"content"`
	Operation  *operation      `json:"operation,omitempty"`
}

// running reports whether the binding is being made in the background.
func (b binding) running() bool { return b.Operation != nil && b.Operation.State == osb.InProgress }

// record is everything a broker remembers of an instance, one file each.
type record struct {
	ID         string             `json:"id"`
	ServiceID  string             `json:"service_id"`
	PlanID     string             `json:"plan_id"`
	OrgGUID    string             `json:"organization_guid"`
	SpaceGUID  string             `json:"space_guid"`
	Context    json.RawMessage    `json:"context,omitempty"`
	Parameters json.RawMessage    `json:"parameters,omitempty"`
	Maintained string             `json:"maintenance,omitempty"`
	Phase      phase              `json:"phase"`
	Operation  operation          `json:"operation"`
	Bindings   map[string]binding `json:"bindings"`
}

// states keeps records in memory and on disk; a record is replaced whole, never changed in place.
type states struct {
	dir string
	mu  sync.RWMutex
	all map[string]record
}

func openStates(dir string) (*states, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	s := &states{dir: dir, all: map[string]record{}}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("state: %w", err)
		}
		var r record
		if err := json.Unmarshal(raw, &r); err != nil {
			return nil, fmt.Errorf("state %s: %w", name, err)
		}
		s.all[r.ID] = r
	}
	return s, nil
}

// get returns a copy that the caller may change and put back.
func (s *states) get(id string) (record, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.all[id]
	r.Bindings = maps.Clone(r.Bindings)
	if r.Bindings == nil {
		r.Bindings = map[string]binding{}
	}
	return r, ok
}

// put writes the record to disk, then shows it.
func (s *states) put(r record) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("state of %q: %w", r.ID, err)
	}
	if err := WriteFile(filepath.Join(s.dir, Key(r.ID)+".json"), raw); err != nil {
		return err
	}
	r.Bindings = maps.Clone(r.Bindings)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[r.ID] = r
	return nil
}

// drop forgets a record.
func (s *states) drop(id string) error {
	if err := removeFile(filepath.Join(s.dir, Key(id)+".json")); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, id)
	return nil
}

// list returns copies of all records in a stable order.
func (s *states) list() []record {
	s.mu.RLock()
	ids := slices.SortedFunc(maps.Keys(s.all), strings.Compare)
	s.mu.RUnlock()
	var out []record
	for _, id := range ids {
		if r, ok := s.get(id); ok {
			out = append(out, r)
		}
	}
	return out
}

// sameJSON compares two optional JSON objects by value.
func sameJSON(a, b json.RawMessage) bool {
	return bytes.Equal(canonical(a), canonical(b))
}

// canonical renders JSON with sorted keys and exact numbers; absent, null and {} are the same request.
func canonical(raw json.RawMessage) []byte {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return raw
	}
	if object, ok := v.(map[string]any); v == nil || ok && len(object) == 0 {
		return nil
	}
	out, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return out
}
