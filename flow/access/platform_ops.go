package access

import (
	"context"
	"fmt"
	"strings"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
)

// PlatformStore is what the credentials of platforms need of a transaction.
type PlatformStore interface {
	// Platforms returns accounts of the role platform with the names of their institutions,
	// without credentials; "" means every institution.
	Platforms(ctx context.Context, institution string, p naru.Page) (naru.List[Platform], error)
	Platform(ctx context.Context, user string) (Platform, error)
	// CredentialsOf returns the made passwords of a platform with the day each was used, and
	// that day for the password somebody chose.
	CredentialsOf(ctx context.Context, user string) (list []Credential, chosenUsed naru.Date, err error)
	// CredentialByDigest returns a made password; NotFound when there is none.
	CredentialByDigest(ctx context.Context, digest string) (Credential, error)
	PutCredential(ctx context.Context, c Credential) error
	// UseCredential stores the day a password was used last.
	UseCredential(ctx context.Context, user, credential string, day naru.Date) error
}

// forPlatforms makes the operations on the credentials of platforms.
func (o *Ops) forPlatforms() {
	o.Platforms = op.Read("access.platforms", "access.platform_read",
		naru.Text{Ko: "플랫폼 연결 목록", En: "List the endpoints of platforms with their credentials"}, o.platforms)
	o.Platform = op.Read("access.platform", "access.platform_read",
		naru.Text{Ko: "플랫폼 연결 한 건", En: "Get the endpoint of a platform with its credentials"}, o.platform)
	o.PlatformCreate = op.Write("access.platform_create", "access.platform",
		naru.Text{Ko: "플랫폼을 등록하고 비밀번호를 한 번 보여 준다", En: "Register a platform; its password is shown once"}, o.platformCreate)
	o.PlatformRotate = op.Write("access.platform_rotate", "access.platform",
		naru.Text{Ko: "플랫폼의 새 비밀번호를 만든다; 옛것은 정한 때까지 함께 듣는다", En: "Make a new password of a platform; the old one stays valid for a while"}, o.platformRotate)
	o.PlatformRevoke = op.Write("access.platform_revoke", "access.platform",
		naru.Text{Ko: "플랫폼의 비밀번호 하나 또는 플랫폼 전체를 바로 막는다", En: "Revoke one password of a platform or the whole platform, at once"}, o.platformRevoke)
}

// PlatformPass is a platform with a password that is told once and stored nowhere.
type PlatformPass struct {
	Platform
	Credential string `json:"credential"` // id of the password
	Password   string `json:"password"`   // in the clear: this answer is the only place
}

// String keeps the password out of logs that print the value.
func (p PlatformPass) String() string { return p.User + " " + p.Credential }

// ListPlatformsIn asks for a page of platforms.
type ListPlatformsIn struct{ naru.Page }

func (o Ops) platforms(ctx context.Context, c *op.Call, s Store, in ListPlatformsIn) (naru.List[Platform], error) {
	list, err := s.Platforms(ctx, identity.Scope(c.Actor), in.Page)
	for i := range list.Rows {
		if err == nil {
			err = o.complete(ctx, c.Now, s, &list.Rows[i])
		}
	}
	return list, err
}

// complete adds the endpoint and the credentials to a platform.
func (o Ops) complete(ctx context.Context, now time.Time, s Store, p *Platform) error {
	u, phc, err := s.UserSecret(ctx, p.User)
	if err != nil {
		return err
	}
	made, used, err := s.CredentialsOf(ctx, p.User)
	if err != nil {
		return err
	}
	p.Endpoint = o.endpoint
	p.Credentials = credentials(u, phc != "", made, now)
	for i := range p.Credentials {
		if p.Credentials[i].ID == chosenID {
			p.Credentials[i].LastUsed = used
		}
	}
	return nil
}

// PlatformIn names a platform.
type PlatformIn struct {
	User string `json:"user" doc:"user id of the platform"`
}

func (o Ops) platform(ctx context.Context, c *op.Call, s Store, in PlatformIn) (Platform, error) {
	return o.ownPlatform(ctx, c, s, in.User)
}

// ownPlatform returns a platform of an institution the caller sees.
func (o Ops) ownPlatform(ctx context.Context, c *op.Call, s Store, user string) (Platform, error) {
	p, err := s.Platform(ctx, folded(user))
	if err != nil {
		return p, err
	}
	if err := identity.RequireSight(c.Actor, p.Institution, p.User); err != nil {
		return Platform{}, err
	}
	err = o.complete(ctx, c.Now, s, &p)
	return p, err
}

// PlatformCreateIn is a new platform.
type PlatformCreateIn struct {
	Name        string `json:"name" doc:"what the platform is called"`
	User        string `json:"user,omitempty" doc:"user id it signs in with; empty means a made one"`
	Institution string `json:"institution,omitempty" doc:"institution id; empty means your own"`
}

func (o Ops) platformCreate(ctx context.Context, c *op.Call, s Store, in PlatformCreateIn) (PlatformPass, error) {
	u := User{
		ID: folded(in.User), Name: strings.TrimSpace(in.Name), Role: identity.Platform,
		Institution: in.Institution, CreatedAt: c.Now, ChangedAt: c.Now,
	}
	if u.Institution == "" {
		u.Institution = c.Actor.Institution
	}
	if u.ID == "" {
		u.ID = c.NewID("platform")
	}
	if ps := u.problems(); len(ps) > 0 {
		return PlatformPass{}, naru.NewError(naru.Invalid, "access.bad_user", "faults", fmt.Sprint(len(ps))).WithProblems(ps)
	}
	if err := bound(ctx, s, u); err != nil {
		return PlatformPass{}, err
	}
	if err := identity.RequireSight(c.Actor, u.Institution, u.Institution); err != nil {
		return PlatformPass{}, err
	}
	if _, err := s.User(ctx, u.ID); naru.KindOf(err) != naru.NotFound {
		return PlatformPass{}, orTaken(err, u.ID)
	}
	if err := s.PutUser(ctx, u, ""); err != nil { // nobody chose a password: only made ones fit
		return PlatformPass{}, err
	}
	return o.issue(ctx, c, s, u)
}

// issue makes a password of a platform, records that, and answers with it.
func (o Ops) issue(ctx context.Context, c *op.Call, s Store, u User, facts ...string) (PlatformPass, error) {
	password, err := newPlatformPassword(o.entropy)
	if err != nil {
		return PlatformPass{}, err
	}
	made := Credential{ID: c.NewID("pcr"), Account: u.ID, CreatedAt: c.Now, CreatedBy: c.Actor.User, Digest: platformDigest(u.ID, password)}
	if err := s.PutCredential(ctx, made); err != nil {
		return PlatformPass{}, err
	}
	c.Record([]string{u.ID, made.ID}, append(facts, "institution", u.Institution)...)
	p, err := s.Platform(ctx, u.ID)
	if err != nil {
		return PlatformPass{}, err
	}
	err = o.complete(ctx, c.Now, s, &p)
	return PlatformPass{Platform: p, Credential: made.ID, Password: password.Open()}, err
}

// PlatformRotateIn asks for a new password.
type PlatformRotateIn struct {
	User  string    `json:"user" doc:"user id of the platform"`
	Until time.Time `json:"until,omitzero" doc:"when the passwords there are stop fitting; empty means in 24 hours, at most 90 days"`
}

func (o Ops) platformRotate(ctx context.Context, c *op.Call, s Store, in PlatformRotateIn) (PlatformPass, error) {
	p, err := o.ownPlatform(ctx, c, s, in.User)
	if err != nil {
		return PlatformPass{}, err
	}
	if p.Disabled {
		return PlatformPass{}, naru.NewError(naru.Conflict, "access.platform_ended", "user", p.User)
	}
	until, err := overlap(in.Until, c.Now)
	if err != nil {
		return PlatformPass{}, err
	}
	live := 0
	for _, k := range p.Credentials {
		if k.Fits {
			live++
		}
	}
	if live >= liveMost {
		return PlatformPass{}, naru.NewError(naru.Conflict, "access.too_many_credentials", "most", fmt.Sprint(liveMost))
	}
	u, err := o.endAll(ctx, c, s, p, func(k Credential) Credential { return k.endingBy(until) })
	if err != nil {
		return PlatformPass{}, err
	}
	return o.issue(ctx, c, s, u, "until", until.UTC().Format(time.RFC3339))
}

// endAll changes every password of a platform that fits and moves the mark that
// remembered sign-ins are compared with.
func (o Ops) endAll(ctx context.Context, c *op.Call, s Store, p Platform, end func(Credential) Credential) (User, error) {
	u, phc, err := s.UserSecret(ctx, p.User)
	if err != nil {
		return u, err
	}
	for _, k := range p.Credentials {
		if !k.Live(c.Now) {
			continue
		}
		k = end(k)
		if k.ID == chosenID {
			if u.PasswordUntil = k.ExpiresAt; !k.RevokedAt.IsZero() {
				phc, u.PasswordUntil = "", time.Time{}
			}
			continue
		}
		if err := s.PutCredential(ctx, k); err != nil {
			return u, err
		}
	}
	u = u.touched(c.Now)
	return u, s.PutUser(ctx, u, phc)
}

// PlatformRevokeIn names what stops fitting.
type PlatformRevokeIn struct {
	User       string `json:"user" doc:"user id of the platform"`
	Credential string `json:"credential" doc:"id of the password, or all for the whole platform"`
}

// RevokeAll names the whole platform in place of one password.
const RevokeAll = "all"

func (o Ops) platformRevoke(ctx context.Context, c *op.Call, s Store, in PlatformRevokeIn) (Platform, error) {
	p, err := o.ownPlatform(ctx, c, s, in.User)
	if err != nil {
		return p, err
	}
	known := in.Credential == RevokeAll
	for _, k := range p.Credentials {
		known = known || (k.ID == in.Credential && k.Live(c.Now))
	}
	if !known {
		return p, naru.NewError(naru.Conflict, "access.no_such_credential", "user", p.User)
	}
	u, err := o.endAll(ctx, c, s, p, func(k Credential) Credential {
		if in.Credential == RevokeAll || k.ID == in.Credential {
			k.RevokedAt, k.RevokedBy = c.Now, c.Actor.User
		}
		return k
	})
	if err != nil {
		return p, err
	}
	if in.Credential == RevokeAll {
		if err := o.shut(ctx, s, &u); err != nil {
			return p, err
		}
	}
	c.Record([]string{u.ID, in.Credential}, "institution", u.Institution)
	if err := s.DropSessionsOf(ctx, u.ID, ""); err != nil {
		return p, err
	}
	return o.ownPlatform(ctx, c, s, u.ID)
}

// shut disables a platform.
func (o Ops) shut(ctx context.Context, s Store, u *User) error {
	_, phc, err := s.UserSecret(ctx, u.ID)
	if err != nil {
		return err
	}
	u.Disabled = true
	return s.PutUser(ctx, *u, phc)
}
