package store

import (
	"context"
	"hash/maphash"
	"sync"
)

// missesBefore is how many look-ups have to find nothing before all ids are read: a
// process that makes few instances need not know them.
const missesBefore = 16

// mostKnown bounds the ids that are remembered, at about 20 bytes each. With more the
// database is asked for every id.
const mostKnown = 1 << 20

// knownIDs tells which ids of platforms no instance has, without asking the database:
// the hashes of all that were ever put. A hash too many, of an id that was not stored in
// the end or of another id, only costs a statement.
type knownIDs struct {
	db     *DB
	seed   maphash.Seed
	mu     sync.Mutex
	hashes map[uint64]struct{}
	whole  bool // all that is in the database is among them
	many   bool // there are too many to know
	misses int  // look-ups since it was last whole
	turn   int  // counts how often another process may have stored some
	reads  sync.WaitGroup
}

func newKnownIDs(db *DB) *knownIDs {
	return &knownIDs{db: db, seed: maphash.MakeSeed(), hashes: map[uint64]struct{}{}}
}

func (k *knownIDs) hash(platform, id string) uint64 {
	return maphash.String(k.seed, platform+"\x00"+id)
}

// add takes an id that is about to be stored, or is. It stays when it is not stored
// after all.
func (k *knownIDs) add(platform, id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.many {
		return
	}
	k.hashes[k.hash(platform, id)] = struct{}{}
	if len(k.hashes) > mostKnown {
		k.hashes, k.whole, k.many = nil, false, true
	}
}

// absent reports whether an id is surely none of the stored ones. After some ids of which
// that could not be told, all are read beside the work.
func (k *knownIDs) absent(platform, id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.whole {
		_, there := k.hashes[k.hash(platform, id)]
		return !there
	}
	if k.misses++; k.misses == missesBefore && !k.many {
		turn := k.turn
		k.reads.Go(func() { k.read(turn) })
	}
	return false
}

// forget notes that another process may have stored ids.
func (k *knownIDs) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.whole, k.misses = false, 0
	k.turn++
}

// read takes over all ids that are stored. Those of this process that are not stored yet
// are known already; one that another process stores meanwhile makes the reading worthless.
func (k *knownIDs) read(turn int) {
	err := k.db.Read(context.Background(), func(ctx context.Context, tx any) error {
		const q = `SELECT platform, platform_id FROM instance WHERE platform_id <> ''`
		_, err := collect(ctx, tx.(*Tx), func(s scanner) (none struct{}, err error) {
			var platform, id string
			err = s.Scan(&platform, &id)
			k.add(platform, id)
			return none, err
		}, q)
		return err
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil || k.turn != turn {
		k.misses = 0 // after as many more they are read again
		return
	}
	k.whole = !k.many
}
