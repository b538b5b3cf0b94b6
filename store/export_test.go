package store

// Forget empties what is remembered, so that the next reads ask the engine.
func (db *DB) Forget() {
	db.cache.mu.Lock()
	defer db.cache.mu.Unlock()
	db.cache.clear(unknown)
}

// AwaitIDs waits until the ids of platforms are read.
func (db *DB) AwaitIDs() { db.known.reads.Wait() }
