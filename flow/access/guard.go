package access

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Guard counts the wrong passwords for one name, whether or not such a user exists, so
// that the wait gives away nothing.
type Guard struct {
	Failures int
	LastAt   time.Time
}

// A name may be wrong freeTries times at once; then each further try waits, twice as
// long as the one before, up to mostWait. The count is forgotten after forgetAfter. A
// wait and not a lock, because a lock would let a stranger shut an officer out for good.
const (
	freeTries   = 5
	firstWait   = 2 * time.Second
	mostWait    = 15 * time.Minute
	forgetAfter = 24 * time.Hour
)

// Wait returns how long the name must wait from now on.
func (g Guard) Wait(now time.Time) time.Duration {
	over := g.Failures - freeTries
	if over < 0 || now.Sub(g.LastAt) >= forgetAfter {
		return 0
	}
	wait := min(mostWait, firstWait<<min(over, 20))
	return max(0, g.LastAt.Add(wait).Sub(now))
}

// bump returns the guard after one more wrong password.
func (g Guard) bump(now time.Time) Guard {
	if now.Sub(g.LastAt) >= forgetAfter {
		g.Failures = 0
	}
	return Guard{Failures: g.Failures + 1, LastAt: now}
}

// guardKey is what a guard is stored under: a digest, because people type passwords
// into the field of the name.
func guardKey(user string) string {
	sum := sha256.Sum256([]byte("naru guard\n" + user))
	return hex.EncodeToString(sum[:])
}

// folded is the form user ids are compared in.
func folded(user string) string { return strings.ToLower(strings.TrimSpace(user)) }
