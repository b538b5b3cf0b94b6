package kit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"strconv"
	"sync"
	"time"

	"naru/wire/osb"
)

// bookState is the running account of one instance. Sums are exact: base units for counts, base
// units times nanoseconds for levels. Emitted is what closed lines have told, in 10^-decimals.
type bookState struct {
	InstanceID string              `json:"instance_id"`
	Seq        int64               `json:"seq"`
	From       time.Time           `json:"from"`
	At         time.Time           `json:"at"`
	Ended      bool                `json:"ended"`
	Levels     map[string]int64    `json:"levels"`
	Sums       map[string]*big.Int `json:"sums"`
	Emitted    map[string]*big.Int `json:"emitted"`
}

// segment is one closed stretch of time with its quantities, and the state after it.
type segment struct {
	From       time.Time         `json:"from"`
	To         time.Time         `json:"to"`
	Quantities map[string]string `json:"quantities"`
	State      bookState         `json:"state"`
}

// book measures one instance: <path>.json is the open segment, <path>.lines the closed ones.
type book struct {
	ledger *Ledger
	path   string

	mu    sync.Mutex
	State bookState
	dirty bool
}

func newBookState(instanceID string, now time.Time) bookState {
	return bookState{
		InstanceID: instanceID, From: now.UTC(), At: now.UTC(), Ended: true,
		Levels: map[string]int64{}, Sums: map[string]*big.Int{}, Emitted: map[string]*big.Int{},
	}
}

func (b *book) reopen(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.State.Ended {
		return nil
	}
	b.State.Ended, b.State.From, b.State.At = false, now.UTC(), now.UTC()
	return b.save()
}

func (b *book) end(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.State.Ended {
		return nil
	}
	if err := b.advance(now); err != nil {
		return err
	}
	clear(b.State.Levels)
	b.State.Ended = true
	if err := b.closeSegment(b.State.At); err != nil {
		return err
	}
	return b.save()
}

func (b *book) setLevel(meter string, amount int64, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.State.Ended || b.State.Levels[meter] == amount {
		return
	}
	b.catchUp(now)
	b.State.Levels[meter] = amount
	b.dirty = true
}

// catchUp advances to now; when a segment cannot be written (disk full) it stays open and nothing is lost.
func (b *book) catchUp(now time.Time) {
	if b.advance(now) != nil {
		b.integrate(now)
	}
}

func (b *book) add(meter string, amount int64, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.State.Ended {
		return
	}
	b.catchUp(now)
	sum := b.sum(meter)
	sum.Add(sum, big.NewInt(amount))
	b.dirty = true
}

func (b *book) sum(meter string) *big.Int {
	sum := b.State.Sums[meter]
	if sum == nil {
		sum = new(big.Int)
		b.State.Sums[meter] = sum
	}
	return sum
}

// integrate adds what was held since the last call; a clock that went back adds nothing.
func (b *book) integrate(now time.Time) {
	elapsed := now.Sub(b.State.At)
	if elapsed <= 0 {
		return
	}
	for meter, level := range b.State.Levels {
		area := new(big.Int).Mul(big.NewInt(level), big.NewInt(int64(elapsed)))
		sum := b.sum(meter)
		sum.Add(sum, area)
	}
	b.State.At = now.UTC()
}

// advance integrates up to now and closes a segment at every full hour on the way.
func (b *book) advance(now time.Time) error {
	for {
		hour := b.State.From.Truncate(time.Hour).Add(time.Hour)
		if now.Before(hour) {
			b.integrate(now)
			return nil
		}
		b.integrate(hour)
		if err := b.closeSegment(hour); err != nil {
			return err
		}
	}
}

// closeSegment writes the open segment, which ends at `to`, and begins the next one there.
func (b *book) closeSegment(to time.Time) error {
	if !to.After(b.State.From) {
		return nil
	}
	s := segment{From: b.State.From, To: to, Quantities: map[string]string{}, State: b.State}
	s.State.Seq, s.State.From = b.State.Seq+1, to
	s.State.Emitted = map[string]*big.Int{}
	for _, m := range b.ledger.meters {
		units, told := m.units(b.sum(m.Name)), b.State.Emitted[m.Name]
		if told == nil {
			told = new(big.Int)
		}
		s.Quantities[m.Name] = formatUnits(new(big.Int).Sub(units, told))
		s.State.Emitted[m.Name] = units
	}
	if err := appendSegment(b.path+".lines", s); err != nil {
		return err
	}
	b.State.Seq, b.State.From, b.State.Emitted = s.State.Seq, s.State.From, s.State.Emitted
	b.dirty = true
	return nil
}

func (b *book) read(from, to, now time.Time) ([]osb.UsageRecord, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.State.Ended {
		if err := b.advance(now); err != nil {
			return nil, err
		}
		if !b.State.From.Before(from) && b.State.From.Before(to) {
			if err := b.closeSegment(b.State.At); err != nil {
				return nil, err
			}
		}
	}
	var out []osb.UsageRecord
	err := eachSegment(b.path+".lines", func(s segment) {
		if s.From.Before(from) || !s.From.Before(to) {
			return
		}
		for _, m := range b.ledger.meters {
			out = append(out, osb.UsageRecord{
				LineID:     Key(b.State.InstanceID) + "/" + m.Name + "/" + strconv.FormatInt(s.State.Seq, 10),
				InstanceID: b.State.InstanceID, Meter: m.Name, Unit: m.Unit, Quantity: s.Quantities[m.Name], From: s.From, To: s.To,
			})
		}
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return out, err
}

func (b *book) cut(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.State.Ended {
		return nil
	}
	if err := b.advance(now); err != nil {
		return err
	}
	if err := b.closeSegment(b.State.At); err != nil {
		return err
	}
	return b.save()
}

func (b *book) flush(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.State.Ended {
		return nil
	}
	if err := b.advance(now); err != nil {
		return err
	}
	if !b.dirty {
		return nil
	}
	return b.save()
}

func (b *book) save() error {
	raw, err := json.Marshal(b.State)
	if err != nil {
		return fmt.Errorf("ledger of %q: %w", b.State.InstanceID, err)
	}
	if err := WriteFile(b.path+".json", raw); err != nil {
		return err
	}
	b.dirty = false
	return nil
}

func appendSegment(path string, s segment) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	// A line begins with a newline, so that a line torn by a crash never swallows the next one.
	_, err = f.Write(append([]byte{'\n'}, raw...))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// eachSegment calls visit for every whole line; a line torn by a crash was never shown and is skipped.
func eachSegment(path string, visit func(segment)) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	defer func() { _ = f.Close() }()
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadBytes('\n')
		var s segment
		if line = bytes.TrimSpace(line); len(line) > 0 && json.Unmarshal(line, &s) == nil {
			visit(s)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("ledger: %w", err)
		}
	}
}
