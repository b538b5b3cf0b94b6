package law

import (
	"context"
	"fmt"
	"sync"

	"naru"
	"naru/base/policy"
)

// Reader is what a transaction tells of the instruments published here.
type Reader interface {
	// PublishedMark returns a number that changes whenever what is published changes.
	PublishedMark(ctx context.Context) (int64, error)
	// Published returns the published instruments with their texts, in the order of
	// their publication.
	Published(ctx context.Context) ([]Draft, error)
}

// Book is the law as it stands: the instruments that ship with naru, succeeded by those
// that were published here. It reads what was published once and again only when that
// changed, so asking it costs one small read. Many goroutines may use it.
type Book struct {
	base *policy.Instruments

	mu   sync.Mutex
	mark int64
	set  *policy.Instruments
	days map[naru.Date]*policy.Law
}

// maxDays bounds how many dates' laws are kept ready.
const maxDays = 64

// NewBook returns the book over the instruments that ship.
func NewBook(base *policy.Instruments) *Book { return &Book{base: base, set: base} }

// Instruments returns the whole collection as published by now.
func (b *Book) Instruments(ctx context.Context, s Reader) (*policy.Instruments, error) {
	mark, err := s.PublishedMark(ctx)
	if err != nil {
		return nil, fmt.Errorf("published instruments: %w", err)
	}
	b.mu.Lock()
	set, known := b.set, b.mark == mark
	b.mu.Unlock()
	if known {
		return set, nil
	}
	list, err := s.Published(ctx)
	if err != nil {
		return nil, fmt.Errorf("published instruments: %w", err)
	}
	if set, err = b.bind(list); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mark, b.set, b.days = mark, set, nil
	return set, nil
}

// bind reads the published texts into packs that succeed those that ship.
func (b *Book) bind(list []Draft) (*policy.Instruments, error) {
	set := b.base
	for i := range list {
		p, err := set.Draft([]byte(list[i].Text), []byte(list[i].Cases))
		if err != nil {
			return nil, fmt.Errorf("published instrument %s: %w", list[i].ID, err)
		}
		if set, err = set.With(p.AnnouncedOn(naru.DateOf(list[i].DecidedAt))); err != nil {
			return nil, fmt.Errorf("published instrument %s: %w", list[i].ID, err)
		}
	}
	return set, nil
}

// InForce returns the law of a date.
func (b *Book) InForce(ctx context.Context, s Reader, date naru.Date) (*policy.Law, error) {
	set, err := b.Instruments(ctx, s)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	l := b.days[date]
	if b.set != set {
		l = nil
	}
	b.mu.Unlock()
	if l != nil {
		return l, nil
	}
	if l, err = set.InForce(date); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.set == set {
		if len(b.days) >= maxDays || b.days == nil {
			b.days = make(map[naru.Date]*policy.Law)
		}
		b.days[date] = l
	}
	return l, nil
}
