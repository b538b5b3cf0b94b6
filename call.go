package naru

import "time"

// Actor is who acts: a signed-in person, a platform speaking OSB, or naru itself
// (followers and tasks). Institution and Provider bound what the actor may see.
type Actor struct {
	User        string `json:"user"`
	Name        string `json:"name,omitempty"`
	Role        string `json:"role"`
	Institution string `json:"institution,omitempty"` // 소속 기관, "" = none
	Provider    string `json:"provider,omitempty"`    // 소속 공급자, "" = none
}

// Call is the circumstance of one operation: its id, who asks, and the one instant
// that counts as now. Rules read time only from here, so a call can be replayed.
type Call struct {
	ID    string
	Now   time.Time // UTC
	Actor Actor
	IDs   *IDs
}

// NewID returns a fresh identifier with the prefix, ordered by time: "sys_…".
func (c *Call) NewID(prefix string) string { return c.IDs.New(prefix, c.Now) }

// Today returns the legal date of the call in Korea.
func (c *Call) Today() Date { return DateOf(c.Now) }
