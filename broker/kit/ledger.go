package kit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"naru/wire/osb"
)

// Ledger measures every instance of one offering (사용량 장부). Engines tell it levels and counts as
// they change; it integrates, closes a segment at each full hour and at each reading, and writes
// closed segments to a file that only grows. Lines of deleted instances stay.
type Ledger struct {
	dir    string
	meters []Meter
	now    func() time.Time

	mu    sync.Mutex
	books map[string]*book
}

// OpenLedger reads the ledger kept in dir.
func OpenLedger(dir string, meters []Meter, now func() time.Time) (*Ledger, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	l := &Ledger{dir: dir, meters: meters, now: now, books: map[string]*book{}}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	for _, name := range names {
		b, err := l.load(name)
		if err != nil {
			return nil, err
		}
		l.books[b.State.InstanceID] = b
	}
	return l, nil
}

func (l *Ledger) load(name string) (*book, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	b := &book{ledger: l, path: strings.TrimSuffix(name, ".json")}
	if err := json.Unmarshal(raw, &b.State); err != nil {
		return nil, fmt.Errorf("ledger %s: %w", name, err)
	}
	// A segment closed after the last checkpoint was shown to a reader: it wins.
	last, err := lastSegment(b.path + ".lines")
	if err != nil {
		return nil, err
	}
	if last != nil && last.State.Seq > b.State.Seq {
		b.State = last.State
	}
	return b, nil
}

// Open begins (or begins again) to measure an instance, from now.
func (l *Ledger) Open(instanceID string) error {
	l.mu.Lock()
	b := l.books[instanceID]
	if b == nil {
		b = &book{ledger: l, path: filepath.Join(l.dir, Key(instanceID)), State: newBookState(instanceID, l.now())}
		l.books[instanceID] = b
	}
	l.mu.Unlock()
	return b.reopen(l.now())
}

// Close ends the measuring of a deleted instance.
func (l *Ledger) Close(instanceID string) error {
	b := l.book(instanceID)
	if b == nil {
		return nil
	}
	return b.end(l.now())
}

// Settle writes the open segment of one instance now.
func (l *Ledger) Settle(instanceID string) error {
	b := l.book(instanceID)
	if b == nil {
		return nil
	}
	return b.flush(l.now())
}

// Cut ends the open segment of one instance now: what follows is told in lines of its own.
func (l *Ledger) Cut(instanceID string) error {
	b := l.book(instanceID)
	if b == nil {
		return nil
	}
	return b.cut(l.now())
}

func (l *Ledger) book(instanceID string) *book {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.books[instanceID]
}

// SetLevel says what an instance holds from now on, in base units.
func (l *Ledger) SetLevel(instanceID, meter string, amount int64) {
	if b := l.book(instanceID); b != nil {
		b.setLevel(meter, amount, l.now())
	}
}

// Add counts something an instance used, in base units.
func (l *Ledger) Add(instanceID, meter string, amount int64) {
	if b := l.book(instanceID); b != nil && amount > 0 {
		b.add(meter, amount, l.now())
	}
}

// Read returns the lines that begin in the window; an open segment that begins in it is closed first,
// so that usage shows at once and every line is final.
func (l *Ledger) Read(ctx context.Context, r osb.UsageRequest) ([]osb.UsageRecord, error) {
	var out []osb.UsageRecord
	for _, b := range l.chosen(r.InstanceID) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		lines, err := b.read(r.From, r.To, l.now())
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	return out, nil
}

func (l *Ledger) chosen(instanceID string) []*book {
	l.mu.Lock()
	defer l.mu.Unlock()
	var chosen []*book
	for id, b := range l.books {
		if instanceID == "" || id == instanceID {
			chosen = append(chosen, b)
		}
	}
	slices.SortFunc(chosen, func(a, b *book) int { return strings.Compare(a.path, b.path) })
	return chosen
}

// Flush writes the open segments that changed; what a kill can lose is what was counted since.
func (l *Ledger) Flush() error {
	var errs []error
	for _, b := range l.chosen("") {
		errs = append(errs, b.flush(l.now()))
	}
	return errors.Join(errs...)
}

// lastSegment reads the last whole line of a segment file.
func lastSegment(path string) (*segment, error) {
	var last *segment
	err := eachSegment(path, func(s segment) { last = &s })
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return last, err
}
