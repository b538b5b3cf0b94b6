package fault

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The operations a fault may be limited to; "all" is every one but the catalogue, "change" those that change something.
const (
	opAll          = "all"
	opChange       = "change"
	opCatalog      = "catalog"
	opProvision    = "provision"
	opUpdate       = "update"
	opDeprovision  = "deprovision"
	opBind         = "bind"
	opUnbind       = "unbind"
	opFetch        = "fetch"
	opFetchBinding = "fetch_binding"
	opPoll         = "poll"
	opPollBinding  = "poll_binding"
	opList         = "list"
)

// Operations lists the names that a fault may be set on.
func Operations() []string {
	return []string{opAll, opChange, opCatalog, opProvision, opUpdate, opDeprovision, opBind, opUnbind, opFetch, opFetchBinding, opPoll, opPollBinding, opList}
}

// Fault is a mode on an operation.
type Fault struct {
	// Operation is one of Operations.
	Operation string `json:"operation"`
	Mode      string `json:"mode"`
	// Times is for how many requests it holds from now on; 0 means until it is changed.
	Times int `json:"times,omitempty"`
	// Delay is how late mode slow answers.
	Delay Duration `json:"delay,omitempty"`
}

// Duration is a time.Duration that is written as "2s" in JSON.
type Duration time.Duration

// MarshalText writes the duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads the duration.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

const (
	defaultDelay = 2 * time.Second
	maxDelay     = time.Hour
)

// ParseFault reads OPERATION=MODE[:TIMES][@DELAY], for example "provision=drop_after:1" or "all=slow@5s".
func ParseFault(text string) (Fault, error) {
	operation, rest, ok := strings.Cut(text, "=")
	if !ok {
		return Fault{}, fmt.Errorf("fault %.80q: want OPERATION=MODE[:TIMES][@DELAY]", text)
	}
	f := Fault{Operation: operation}
	rest, delay, late := strings.Cut(rest, "@")
	if late {
		if err := f.Delay.UnmarshalText([]byte(delay)); err != nil {
			return Fault{}, fmt.Errorf("fault %.80q: the delay: %w", text, err)
		}
	}
	mode, times, bounded := strings.Cut(rest, ":")
	f.Mode = mode
	if bounded {
		n, err := strconv.Atoi(times)
		if err != nil || n < 1 {
			return Fault{}, fmt.Errorf("fault %.80q: TIMES must be a positive number", text)
		}
		f.Times = n
	}
	return f, f.check()
}

// check refuses a fault that names nothing known.
func (f *Fault) check() error {
	if !slices.Contains(Operations(), f.Operation) {
		return fmt.Errorf("operation %.40q is not one of %s", f.Operation, strings.Join(Operations(), ", "))
	}
	if _, ok := ModeNamed(f.Mode); !ok {
		return fmt.Errorf("mode %.40q is not one of %s", f.Mode, strings.Join(modeNames(), ", "))
	}
	if f.Times < 0 || f.Delay < 0 || time.Duration(f.Delay) > maxDelay {
		return fmt.Errorf("times and delay must not be negative, delay at most %s", maxDelay)
	}
	if f.Delay == 0 {
		f.Delay = Duration(defaultDelay)
	}
	return nil
}

func modeNames() []string {
	var names []string
	for _, m := range Modes() {
		names = append(names, m.Name)
	}
	return names
}

// switchboard holds which faults are on, one per operation.
type switchboard struct {
	mu     sync.Mutex
	faults map[string]Fault
	counts map[string]int // requests by operation
}

func newSwitchboard(list []Fault) (*switchboard, error) {
	s := &switchboard{faults: map[string]Fault{}, counts: map[string]int{}}
	for _, f := range list {
		if err := s.set(f); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// set puts a fault on its operation in place of the one there; mode pass takes it off.
func (s *switchboard) set(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Mode == "pass" && f.Times == 0 {
		delete(s.faults, f.Operation)
		return nil
	}
	s.faults[f.Operation] = f
	return nil
}

func (s *switchboard) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// list returns the faults that are on, in the order of the operations.
func (s *switchboard) list() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Fault{}
	for _, operation := range Operations() {
		if f, ok := s.faults[operation]; ok {
			out = append(out, f)
		}
	}
	return out
}

func (s *switchboard) counted() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for operation, n := range s.counts {
		out[operation] = n
	}
	return out
}

// take counts a request and returns the mode it meets: the fault of its own operation before those of the groups.
func (s *switchboard) take(operation string) (Mode, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[operation]++
	names := []string{operation}
	if slices.Contains([]string{opProvision, opUpdate, opDeprovision, opBind, opUnbind}, operation) {
		names = append(names, opChange)
	}
	if operation != opCatalog {
		names = append(names, opAll)
	}
	for _, name := range names {
		f, ok := s.faults[name]
		if !ok {
			continue
		}
		if f.Times == 1 {
			delete(s.faults, name)
		} else if f.Times > 1 {
			f.Times--
			s.faults[name] = f
		}
		mode, _ := ModeNamed(f.Mode)
		return mode, time.Duration(f.Delay)
	}
	return Mode{Name: "pass", Effect: true}, 0
}

// operationOf names the operation of a request by its method and path.
func operationOf(r *http.Request) string {
	parts := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	binding := len(parts) >= 5 && parts[3] == "service_bindings"
	polls := parts[len(parts)-1] == "last_operation" && len(parts) >= 4
	pick := func(ofInstance, ofBinding string) string {
		if binding {
			return ofBinding
		}
		return ofInstance
	}
	switch {
	case len(parts) == 2 && parts[1] == "catalog":
		return opCatalog
	case len(parts) == 2:
		return opList
	case polls:
		return pick(opPoll, opPollBinding)
	case r.Method == http.MethodPut:
		return pick(opProvision, opBind)
	case r.Method == http.MethodPatch:
		return opUpdate
	case r.Method == http.MethodDelete:
		return pick(opDeprovision, opUnbind)
	}
	return pick(opFetch, opFetchBinding)
}
