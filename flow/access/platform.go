package access

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"naru"
)

// Platform is an account of the role platform with the credentials it signs in by
// (플랫폼 연결). It belongs to one institution and sees what that institution may use.
type Platform struct {
	User            string       `json:"user"`
	Name            string       `json:"name"`
	Institution     string       `json:"institution"`
	InstitutionName string       `json:"institution_name"`
	Endpoint        string       `json:"endpoint"` // where it speaks Open Service Broker to naru, without /v2
	Disabled        bool         `json:"disabled"`
	CreatedAt       time.Time    `json:"created_at"`
	Credentials     []Credential `json:"credentials"` // the newest first
}

// Credential is one password of a platform, without the password (접속 자격). Several
// may fit at once, so that a platform can be given a new one before the old one ends.
type Credential struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: fits until it is revoked
	RevokedAt time.Time `json:"revoked_at,omitzero"`
	RevokedBy string    `json:"revoked_by,omitempty"`
	LastUsed  naru.Date `json:"last_used,omitempty"` // a day, because finer would be a write per request
	Fits      bool      `json:"fits"`                // at the time of the answer

	Account string `json:"-"`
	Digest  string `json:"-"`
}

// chosenID names the password that somebody chose for the account when it was made by
// access.create_user: it has no row of its own.
const chosenID = "password"

// Live reports whether the credential fits at a time.
func (c Credential) Live(now time.Time) bool {
	return c.RevokedAt.IsZero() && (c.ExpiresAt.IsZero() || now.Before(c.ExpiresAt))
}

// endingBy returns the credential as it is once it must end by a time.
func (c Credential) endingBy(until time.Time) Credential {
	if c.ExpiresAt.IsZero() || until.Before(c.ExpiresAt) {
		c.ExpiresAt = until
	}
	return c
}

// The bounds of a rotation.
const (
	overlapUsual = 24 * time.Hour      // how long an old password stays when nothing is asked
	overlapMost  = 90 * 24 * time.Hour // longer is no rotation
	liveMost     = 5                   // passwords of a platform at once
)

// overlap returns until when old passwords stay valid.
func overlap(asked, now time.Time) (time.Time, error) {
	switch {
	case asked.IsZero():
		return now.Add(overlapUsual), nil
	case asked.Before(now), asked.After(now.Add(overlapMost)):
		return asked, naru.NewError(naru.Invalid, "access.bad_overlap", "days", fmt.Sprint(int(overlapMost/(24*time.Hour))))
	}
	return asked, nil
}

// platformPasswordBytes is the length of a made password: 256 random bits, which need no
// slow hash because they cannot be guessed.
const platformPasswordBytes = 32

func newPlatformPassword(entropy io.Reader) (naru.Secret, error) {
	b := make([]byte, platformPasswordBytes)
	if _, err := io.ReadFull(entropy, b); err != nil {
		return naru.Secret{}, fmt.Errorf("platform password: %w", err)
	}
	return naru.NewSecret(base64.RawURLEncoding.EncodeToString(b)), nil
}

// platformDigest is what a made password is known by. The user is part of it, so that a
// password fits its own platform only.
func platformDigest(user string, password naru.Secret) string {
	sum := sha256.Sum256([]byte("naru platform\n" + user + "\n" + password.Open()))
	return hex.EncodeToString(sum[:])
}

// credentials completes the list of a platform: the chosen password, if there is one, and
// what fits now; the newest first.
func credentials(u User, chosen bool, made []Credential, now time.Time) []Credential {
	list := slices.Clone(made)
	if chosen {
		list = append(list, Credential{ID: chosenID, CreatedAt: u.CreatedAt, ExpiresAt: u.PasswordUntil, Account: u.ID})
	}
	for i := range list {
		list[i].Fits = !u.Disabled && list[i].Live(now)
	}
	slices.SortStableFunc(list, func(a, b Credential) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return list
}

// touched returns the user after a change of what it signs in by. The time moves on by
// the smallest step at least, because every remembered sign-in is compared with it.
func (u User) touched(now time.Time) User {
	if !now.After(u.ChangedAt) {
		now = u.ChangedAt.Add(time.Microsecond)
	}
	u.ChangedAt = now
	return u
}
