package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"naru"
)

// Session is one signed-in browser or program (접속). Its id is the digest of the token
// that the browser holds, so a copy of the database opens no session.
type Session struct {
	ID        string        `json:"id"`
	User      string        `json:"user"`
	CreatedAt time.Time     `json:"created_at"`
	SeenAt    time.Time     `json:"seen_at"`
	ExpiresAt time.Time     `json:"expires_at"`
	Idle      time.Duration `json:"-"` // unused for longer, it ends
}

// Live reports whether the session still counts at a time.
func (s Session) Live(now time.Time) bool {
	return now.Before(s.ExpiresAt) && now.Before(s.SeenAt.Add(s.Idle))
}

// Stale reports whether the time the session was last seen should be stored anew. A
// minute's grain keeps reading pages from becoming writes.
func (s Session) Stale(now time.Time) bool { return now.Sub(s.SeenAt) >= time.Minute }

// Pass is what a successful sign-in gives: the session and its token, which is told
// once and stored nowhere.
type Pass struct {
	Token   naru.Secret
	Session Session
	User    User
}

// tokenBytes is the length of a session token: 256 random bits.
const tokenBytes = 32

func newToken(entropy io.Reader) (naru.Secret, error) {
	b := make([]byte, tokenBytes)
	if _, err := io.ReadFull(entropy, b); err != nil {
		return naru.Secret{}, fmt.Errorf("session token: %w", err)
	}
	return naru.NewSecret(base64.RawURLEncoding.EncodeToString(b)), nil
}

// Digest returns the session id of a token.
func Digest(token naru.Secret) string {
	sum := sha256.Sum256([]byte("naru session\n" + token.Open()))
	return hex.EncodeToString(sum[:])
}

// CSRF returns the token that a session's own forms carry: whoever cannot read the
// session's cookie cannot compute it, and it says nothing about the cookie.
func CSRF(token naru.Secret) string {
	mac := hmac.New(sha256.New, []byte(token.Open()))
	mac.Write([]byte("naru form"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// CheckCSRF reports in constant time whether a form's token is that of the session.
func CheckCSRF(token naru.Secret, form string) bool {
	return subtle.ConstantTimeCompare([]byte(CSRF(token)), []byte(form)) == 1
}
