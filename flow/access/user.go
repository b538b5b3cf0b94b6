package access

import (
	"regexp"
	"slices"
	"time"

	"naru"
	"naru/base/identity"
)

// User is a person or a platform that may sign in (사용자). The id is what the record
// names for ever; the name is personal data and stays out of it.
type User struct {
	ID          string        `json:"id"`
	Name        string        `json:"name"`
	Role        identity.Role `json:"role"`
	Institution string        `json:"institution,omitempty"`
	Provider    string        `json:"provider,omitempty"`
	Disabled    bool          `json:"disabled"`
	CreatedAt   time.Time     `json:"created_at"`
	ChangedAt   time.Time     `json:"changed_at"` // of what the user signs in by
	// PasswordUntil is when the password that was chosen for the user stops fitting; zero
	// means never. Only the rotation of a platform sets it.
	PasswordUntil time.Time `json:"password_until,omitzero"`
}

// Actor returns the user as the one who acts.
func (u User) Actor() naru.Actor {
	return naru.Actor{User: u.ID, Name: u.Name, Role: string(u.Role), Institution: u.Institution, Provider: u.Provider}
}

// userID is the form of a user id: lower case, so that two users never differ by case
// only, and without "/", which marks naru's own actors.
const userID = `^[a-z0-9][a-z0-9._@-]{1,63}$`

// problems returns what is wrong with a new user, field by field.
func (u User) problems() []naru.Problem {
	var ps []naru.Problem
	add := func(field, key string) { ps = append(ps, naru.Problem{Field: field, Message: naru.Message{Key: key}}) }
	if ok, err := regexp.MatchString(userID, u.ID); err != nil || !ok {
		add("user", "access.bad_id")
	}
	if u.Name == "" {
		add("name", "access.name_missing")
	}
	if !slices.Contains(identity.Roles(), u.Role) {
		add("role", "access.unknown_role")
	}
	switch u.Role {
	case identity.Officer, identity.Approver, identity.Platform:
		if u.Institution == "" {
			add("institution", "access.institution_missing")
		}
	case identity.Provider:
		if u.Provider == "" {
			add("provider", "access.provider_missing")
		}
	}
	return ps
}
