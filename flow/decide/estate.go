package decide

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"naru/base/policy"
	"naru/flow/inventory"
)

// SystemName is how people call a system.
type SystemName struct {
	Code, Name string
	Synthetic  bool
}

// estate holds everything that is decided as columns in memory (전국 현황), so that a
// whole nation is decided in milliseconds under a law that is only thought of. It is
// read from the store once, and again when the mark of the estate has moved.
type estate struct {
	mu  sync.Mutex
	now *image
}

// image is the estate at one mark; it is not changed once it is made.
type image struct {
	mark         int64
	table        *policy.Table
	systems      []plot
	institutions []inventory.Institution

	mu      sync.Mutex
	batches map[string]*policy.Batch // by law and date
}

// plot is where a system lies in the image.
type plot struct {
	id          inventory.SystemID
	institution int // index
	grade       int64
	first, last int // rows of its components, last not included
	synthetic   bool
}

// maxBatches bounds the laws whose results are kept for one image.
const maxBatches = 16

// at returns the image of the estate as it stands in the transaction.
func (e *estate) at(ctx context.Context, s Estate) (*image, error) {
	mark, err := s.EstateMark(ctx)
	if err != nil {
		return nil, fmt.Errorf("mark of the estate: %w", err)
	}
	e.mu.Lock() // whoever comes second waits for the image instead of making it again
	defer e.mu.Unlock()
	if e.now != nil && e.now.mark == mark {
		return e.now, nil
	}
	i, err := readImage(ctx, s)
	if err != nil {
		return nil, err
	}
	i.mark = mark
	e.now = i
	return i, nil
}

// readImage reads every system, chunk by chunk.
func readImage(ctx context.Context, s Estate) (*image, error) {
	list, err := s.AllInstitutions(ctx)
	if err != nil {
		return nil, fmt.Errorf("institutions: %w", err)
	}
	i := &image{institutions: list, batches: make(map[string]*policy.Batch)}
	index := make(map[inventory.InstitutionID]int, len(list))
	for n := range list {
		index[list[n].ID] = n
	}
	schema := inventory.Facts()
	grade := schema.Index("system.grade")
	var facts []policy.Facts
	for after := inventory.SystemID(""); ; {
		subjects, err := s.Subjects(ctx, "", after, chunk)
		if err != nil {
			return nil, fmt.Errorf("systems after %q: %w", after, err)
		}
		if len(subjects) == 0 {
			break
		}
		for n := range subjects {
			sys := &subjects[n].System
			p := plot{id: sys.ID, institution: index[sys.Institution], first: len(facts), synthetic: sys.Synthetic}
			p.grade, _ = sys.Facts.Get(grade) // 0 = unknown
			for k := range sys.Components {
				facts = append(facts, inventory.FactsOf(schema, subjects[n].Kind, sys, &sys.Components[k]))
			}
			p.last = len(facts)
			i.systems = append(i.systems, p)
			after = sys.ID
		}
	}
	i.table = schema.NewTable(len(facts))
	for row := range facts {
		i.table.Put(row, &facts[row])
	}
	return i, nil
}

// batch decides the whole image under a law, once.
func (i *image) batch(l *policy.Law) *policy.Batch {
	key := string(l.Date()) + l.Digest()
	i.mu.Lock()
	defer i.mu.Unlock()
	if b := i.batches[key]; b != nil {
		return b
	}
	if len(i.batches) >= maxBatches {
		clear(i.batches)
	}
	b := l.Batch(i.table)
	i.batches[key] = b
	return b
}

// ministry names who an institution answers to: its competent ministry, or itself.
func (i *image) ministry(n int) string {
	return cmp.Or(i.institutions[n].Ministry, i.institutions[n].Name)
}

// Share is how a whole system stands at one venue, for counting systems and not components.
type Share string

// The shares, from what may go as a whole to what nobody can tell.
const (
	ShareOpen      Share = "open"      // every component may run there
	SharePart      Share = "part"      // some may: hybrid
	ShareConsult   Share = "consult"   // none may before somebody decides
	ShareClosed    Share = "closed"    // none may
	ShareOut       Share = "out"       // the instruments do not reach it
	ShareUndecided Share = "undecided" // facts are missing or sources conflict
)

// Shares lists the shares in the order charts show them.
func Shares() []Share {
	return []Share{ShareOpen, SharePart, ShareConsult, ShareClosed, ShareOut, ShareUndecided}
}

// masks are the rows of a batch by what they mean for a venue.
type masks struct{ open, consult, out, undecided []uint64 }

func masksOf(b *policy.Batch, v policy.Venue) masks {
	return masks{b.Open(v), b.Mask(v, policy.Consult), b.Mask(v, policy.OutOfScope), b.Mask(v, policy.CannotDecide)}
}

func has(mask []uint64, row int) bool { return mask[row>>6]>>(row&63)&1 == 1 }

// share says how a system stands at the venue.
func (m *masks) share(p *plot) Share {
	var open, consult, out, undecided int
	for row := p.first; row < p.last; row++ {
		switch {
		case has(m.open, row):
			open++
		case has(m.consult, row):
			consult++
		case has(m.undecided, row):
			undecided++
		case has(m.out, row):
			out++
		}
	}
	n := p.last - p.first
	switch {
	case n == 0 || undecided > 0 && open+consult == 0:
		return ShareUndecided
	case open == n:
		return ShareOpen
	case open > 0:
		return SharePart
	case consult > 0:
		return ShareConsult
	case out == n:
		return ShareOut
	default:
		return ShareClosed
	}
}
