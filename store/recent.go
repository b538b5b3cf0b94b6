package store

import (
	"sync"

	"naru/base/record"
)

// maxRecent is how many of the newest entries are remembered at least, once there were as
// many: more than followers are behind while they keep up.
const maxRecent = 2048

// recent is the end of the record as far as this process wrote it: its followers read it
// after every commit, and need not ask the database for what was just put there.
type recent struct {
	mu      sync.Mutex
	entries []record.Entry // without a gap; never changed in place
}

// add takes over entries that were committed. Those of another process in between are
// not known, so what is known begins again behind them.
func (r *recent) add(entries []record.Entry) {
	if len(entries) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.entries); n > 0 && r.entries[n-1].Index+1 != entries[0].Index {
		r.entries = nil
	}
	if n := len(r.entries); n >= 2*maxRecent {
		r.entries = append([]record.Entry(nil), r.entries[n-maxRecent:]...)
	}
	r.entries = append(r.entries, entries...)
}

// from gives entries from an index on, none when it is not one that is known.
func (r *recent) from(index int64, limit int) []record.Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.entries) == 0 {
		return nil
	}
	at := index - r.entries[0].Index
	if at < 0 || at >= int64(len(r.entries)) {
		return nil
	}
	end := min(int(at)+limit, len(r.entries))
	return r.entries[at:end:end]
}
