package objects

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"

	"github.com/versity/versitygw/s3err"
)

// bucket is the account of one bucket's space. What it holds is known exactly only by walking its folder;
// between walks the sum of everything written since is an upper bound, and that bound is what an upload
// must fit under. So a walk is needed near the quota and for the meter, and not for every request.
type bucket struct {
	name  string
	dir   string
	count func(meter string, amount int64)

	mu       sync.Mutex
	quota    int64
	walked   int64 // what the last walk found
	written  int64 // what uploads that ended after it brought, ever growing
	base     int64 // written at the start of the last walk
	inflight int64 // what uploads that run may bring
	known    bool  // it was walked at all
	dirty    bool  // something changed since the last walk began
	running  int   // requests inside
	closed   bool
	idle     chan struct{} // closed when closed and nothing runs
}

func newBucket(b *bucket) *bucket {
	b.dirty, b.idle = true, make(chan struct{})
	return b
}

// enter lets a request in, and counts it; leave must follow.
func (b *bucket) enter() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return s3err.GetBucketErr(s3err.ErrNoSuchBucket, b.name)
	}
	b.running++
	b.count(meterRequests, 1)
	return nil
}

func (b *bucket) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running--
	b.rest()
}

// rest says that the last request left a closed bucket; the caller holds the lock.
func (b *bucket) rest() {
	if b.closed && b.running == 0 {
		select {
		case <-b.idle:
		default:
			close(b.idle)
		}
	}
}

// shut lets nobody in any more and waits until everybody left; readers of request bodies are cut off.
func (b *bucket) shut(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	b.rest()
	b.mu.Unlock()
	select {
	case <-b.idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("bucket %s is still in use: %w", b.name, ctx.Err())
	}
}

func (b *bucket) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

// bound is what the bucket holds at most; the caller holds the lock.
func (b *bucket) bound() int64 { return b.walked + b.written - b.base + b.inflight }

// reserve makes room for an upload of size bytes or refuses it; done tells how it ended.
func (b *bucket) reserve(size int64) (done func(err error), refusal error) {
	if size < 0 {
		return nil, s3err.GetAPIError(s3err.ErrMissingContentLength)
	}
	if !b.fits(size) {
		if _, err := b.walk(); err != nil {
			return nil, err
		}
		if !b.fits(size) {
			return nil, s3err.GetAPIError(s3err.ErrQuotaExceeded)
		}
	}
	return func(err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.inflight -= size
		b.written += size
		b.dirty = true
		if err == nil {
			b.count(meterTransfer, size)
		}
	}, nil
}

// fits adds size to what runs if there is room for it.
func (b *bucket) fits(size int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.known || size > b.quota-b.bound() {
		return false
	}
	b.inflight += size
	return true
}

// touch says that what the bucket holds may have changed.
func (b *bucket) touch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
}

// walk returns what the bucket holds, and walks the folder if something changed since the last time.
// What ended while it walked is counted on top, because it may have been missed.
func (b *bucket) walk() (int64, error) {
	b.mu.Lock()
	if !b.dirty {
		defer b.mu.Unlock()
		return b.walked, nil
	}
	before := b.written
	b.dirty = false
	b.mu.Unlock()
	size, err := sizeOf(b.dir)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.dirty = true
		return 0, err
	}
	b.walked, b.base, b.known = size, before, true
	return size, nil
}

// sizeOf sums the sizes of all files below a folder; files that leave meanwhile are not there.
func sizeOf(dir string) (int64, error) {
	var total int64
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var info fs.FileInfo
			if info, err = d.Info(); err == nil {
				total += info.Size()
			}
		}
		if path != dir && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("bucket size: %w", err)
	}
	return total, nil
}

// resize changes the quota; what the bucket holds must fit.
func (b *bucket) resize(quota int64) (held int64, fits bool, err error) {
	b.touch()
	held, err = b.walk()
	if err != nil {
		return 0, false, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bound() > quota {
		return b.bound(), false, nil
	}
	b.quota = quota
	return held, true, nil
}
