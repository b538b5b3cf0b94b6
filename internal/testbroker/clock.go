package testbroker

import (
	"sync/atomic"
	"time"
)

// Clock is a broker's clock (kit.Config.Now) that a test can put forward; it runs on with real time.
type Clock struct{ ahead atomic.Int64 }

// NewClock returns a clock that tells the real time.
func NewClock() *Clock { return &Clock{} }

// Now is the time, as far ahead as the test put it.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Advance puts the clock forward.
func (c *Clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }
