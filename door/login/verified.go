package login

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"naru"
)

// rememberMost bounds what is remembered of passwords that fitted.
const rememberMost = 1000

// fit is what is remembered: whose password it was, as of which change of it.
type fit struct {
	id, stamp string
	until     time.Time
}

// verified remembers passwords that fitted under a keyed digest; the key lives and dies
// with the process, so a memory image tells no password.
type verified struct {
	key  [32]byte
	mu   sync.Mutex
	fits map[[sha256.Size]byte]fit
	turn map[[sha256.Size]byte]*turn // pairs that are being checked
}

// turn lets one check of a pair go on at a time. Others wait, and then mostly find the
// outcome remembered.
type turn struct {
	free    chan struct{} // holds one token while nobody checks
	waiting int           // with the one that checks
}

func newVerified() *verified {
	v := &verified{fits: map[[sha256.Size]byte]fit{}, turn: map[[sha256.Size]byte]*turn{}}
	_, _ = rand.Read(v.key[:]) // never fails (crypto/rand)
	return v
}

func (v *verified) digest(user string, password naru.Secret) (out [sha256.Size]byte) {
	mac := hmac.New(sha256.New, v.key[:])
	mac.Write([]byte(user + "\x00" + password.Open()))
	mac.Sum(out[:0])
	return out
}

func (v *verified) find(user string, password naru.Secret, now time.Time) (id, stamp string, ok bool) {
	d := v.digest(user, password)
	v.mu.Lock()
	defer v.mu.Unlock()
	f, ok := v.fits[d]
	return f.id, f.stamp, ok && now.Before(f.until)
}

// keep remembers a pair; a full memory is emptied, which costs one check each.
func (v *verified) keep(user string, password naru.Secret, f fit) {
	d := v.digest(user, password)
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.fits) >= rememberMost {
		clear(v.fits)
	}
	v.fits[d] = f
}

// alone waits until nobody else checks the pair.
func (v *verified) alone(ctx context.Context, user string, password naru.Secret) (done func(), err error) {
	d := v.digest(user, password)
	v.mu.Lock()
	t := v.turn[d]
	if t == nil {
		t = &turn{free: make(chan struct{}, 1)}
		t.free <- struct{}{}
		v.turn[d] = t
	}
	t.waiting++
	v.mu.Unlock()
	leave := func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(v.turn, d)
		}
	}
	select {
	case <-t.free:
		return func() { t.free <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, naru.NewError(naru.Unavailable, "access.busy").WithCause(ctx.Err())
	}
}
