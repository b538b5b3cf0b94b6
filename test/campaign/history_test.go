package campaign

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"naru/wire/osb"
)

// history is what happened, in order: to each instance, and the kills between.
type history struct {
	mu     sync.Mutex
	began  time.Time
	events []event
	faults map[string][]string // by the platform's id of the instance
	// How the requests ended: answered, cut off under way, or naru was not there.
	answered, cut, absent int
	more                  chan struct{} // an answer came
}

type event struct {
	at   time.Duration
	id   string // "" concerns everything
	what string
}

func newHistory() *history {
	return &history{began: time.Now(), faults: map[string][]string{}, more: make(chan struct{}, 1)}
}

func (h *history) add(id, format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, event{time.Since(h.began), id, fmt.Sprintf(format, args...)})
}

// fault notes a contradiction.
func (h *history) fault(id, format string, args ...any) {
	h.add(id, "WRONG: "+format, args...)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults[id] = append(h.faults[id], fmt.Sprintf(format, args...))
}

// of tells the history of one instance, with the kills in its time.
func (h *history) of(id string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	first, last := -1, -1
	for i, e := range h.events {
		if e.id == id {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return "  (nothing)\n"
	}
	var b strings.Builder
	for _, e := range h.events[first : last+1] {
		if e.id == id || e.id == "" {
			fmt.Fprintf(&b, "  %8.3fs %s\n", e.at.Seconds(), e.what)
		}
	}
	return b.String()
}

// tally counts how a request ended.
func (h *history) tally(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var call *osb.CallError
	switch {
	case !silent(err):
		h.answered++
		select {
		case h.more <- struct{}{}:
		default:
		}
	case errors.As(err, &call) && call.Outcome == osb.NotSent:
		h.absent++
	default:
		h.cut++
	}
}

// await waits for so many answers more, or until the patience ends: everybody may be waiting for something long.
func (h *history) await(answers int, patience time.Duration) {
	h.mu.Lock()
	until := h.answered + answers
	h.mu.Unlock()
	end := time.After(patience)
	for {
		h.mu.Lock()
		enough := h.answered >= until
		h.mu.Unlock()
		if enough {
			return
		}
		select {
		case <-h.more:
		case <-end:
			return
		}
	}
}
