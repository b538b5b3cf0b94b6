package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
)

// door is the permission of the operations that run before anybody is known: no role
// has it, so only naru itself runs them, for a visitor.
const door identity.Permission = "access.door"

// try is a name with the digest that its password has if naru made it for a platform.
type try struct{ user, digest string }

// challenge is what a password is checked against.
type challenge struct {
	user     User
	known    bool
	phc      string // of a password nobody knows, when the user is unknown
	failures int
	wait     time.Duration

	made  Credential // of a platform, when the digest fits; no more is to be checked
	until time.Time  // when the password stops fitting; zero = never
}

// credential names the password that fitted.
func (c challenge) credential() string {
	if c.made.ID != "" {
		return c.made.ID
	}
	return chosenID
}

// Limits say how long a session lasts.
type Limits struct {
	Idle time.Duration // without a request
	Life time.Duration // whatever happens
}

// SignIn lets a visitor in: checks the password with no transaction open and starts a
// session. A refusal is counted and recorded, and does not say what was wrong.
func (o Ops) SignIn(ctx context.Context, r *op.Runner, user string, password naru.Secret, l Limits) (Pass, error) {
	found, err := o.check(ctx, r, user, password)
	if err != nil {
		return Pass{}, err
	}
	token, err := newToken(o.entropy)
	if err != nil {
		return Pass{}, err
	}
	in := startIn{user: found.user.ID, stamp: stampOf(found.user), digest: Digest(token), limits: l, until: found.until}
	s, err := op.Do(ctx, r, r.SystemCall("access"), o.start, in)
	if err != nil {
		return Pass{}, err
	}
	return Pass{Token: token, Session: s, User: found.user}, nil
}

// Fit is a name and a password that fitted. Whoever remembers it asks [Ops.Standing]
// whether the stamp is still the user's, and forgets it at Until.
type Fit struct {
	User  User
	Stamp string    // another one after every change of what the user signs in by
	Until time.Time // the end of the day, or of the password if that is sooner
}

// Verify checks a name and a password without starting a session, for programs that
// send both with every request. The day a platform's password was used is stored; the
// answer holds until the end of that day, so that this is one write a day.
func (o Ops) Verify(ctx context.Context, r *op.Runner, db op.DB, user string, password naru.Secret) (Fit, error) {
	found, err := o.check(ctx, r, user, password)
	if err != nil {
		return Fit{}, err
	}
	if found.failures > 0 {
		if _, err := op.Do(ctx, r, r.SystemCall("access"), o.forgive, found.user.ID); err != nil {
			return Fit{}, err
		}
	}
	call := r.SystemCall("access")
	fit := Fit{User: found.user, Stamp: stampOf(found.user), Until: call.Today().AddDays(1).Start()}
	if !found.until.IsZero() && found.until.Before(fit.Until) {
		fit.Until = found.until
	}
	if found.user.Role == identity.Platform {
		err = use(ctx, db, found.user.ID, found.credential(), call.Today())
	}
	return fit, err
}

// use stores the day a platform's password was used. Like [Touch] it is no operation.
func use(ctx context.Context, db op.DB, user, credential string, day naru.Date) error {
	return db.Write(ctx, func(ctx context.Context, tx op.Tx) error {
		s, ok := tx.(Store)
		if !ok {
			return errors.New("access: transaction lacks its store")
		}
		return s.UseCredential(ctx, user, credential, day)
	})
}

// Standing returns a user with the stamp of now, and whether the user may still act.
func (o Ops) Standing(ctx context.Context, r *op.Runner, user string) (u User, stamp string, ok bool, err error) {
	u, err = op.Do(ctx, r, r.SystemCall("access"), o.standing, user)
	if naru.KindOf(err) == naru.NotFound {
		return u, "", false, nil
	}
	return u, stampOf(u), err == nil && !u.Disabled, err
}

func readStanding(ctx context.Context, _ *op.Call, s Store, user string) (User, error) {
	return s.User(ctx, user)
}

// stampOf names the state of what a user signs in by.
func stampOf(u User) string { return fmt.Sprint(u.ID, " ", u.ChangedAt.UnixMicro()) }

// Resume returns the session of a token and its user; ok is false when there is none or
// it has ended.
func (o Ops) Resume(ctx context.Context, r *op.Runner, token naru.Secret) (s Session, u User, ok bool, err error) {
	got, err := op.Do(ctx, r, r.SystemCall("access"), o.resume, Digest(token))
	if naru.KindOf(err) == naru.NotFound {
		return Session{}, User{}, false, nil
	}
	return got.Session, got.User, err == nil && got.live, err
}

// Touch stores that a session was used. It is no operation: it tells nothing about
// anybody's affairs, and the record is not a log of page views.
func Touch(ctx context.Context, db op.DB, session string, now time.Time) error {
	return db.Write(ctx, func(ctx context.Context, tx op.Tx) error {
		s, ok := tx.(Store)
		if !ok {
			return errors.New("access: transaction lacks its store")
		}
		return s.TouchSession(ctx, session, now)
	})
}

// check compares a password, doing the same work for every name.
func (o Ops) check(ctx context.Context, r *op.Runner, user string, password naru.Secret) (challenge, error) {
	user = folded(user)
	found, err := op.Do(ctx, r, r.SystemCall("access"), o.challenge, try{user, platformDigest(user, password)})
	if err != nil || found.made.ID != "" {
		return found, err
	}
	if found.wait > 0 {
		seconds := fmt.Sprint(int64((found.wait + time.Second - 1) / time.Second))
		return found, naru.NewError(naru.Exhausted, "access.locked", "seconds", seconds)
	}
	fits, err := identity.CheckPassword(found.phc, password)
	if err != nil {
		return found, fmt.Errorf("user %s: %w", found.user.ID, err)
	}
	if fits && found.known {
		return found, nil
	}
	if _, err := op.Do(ctx, r, r.SystemCall("access"), o.fail, user); err != nil {
		return found, err
	}
	return found, naru.NewError(naru.Denied, "access.wrong")
}

func (o Ops) readChallenge(ctx context.Context, c *op.Call, s Store, in try) (challenge, error) {
	found := challenge{phc: o.nobody}
	u, phc, err := s.UserSecret(ctx, in.user)
	switch {
	case naru.KindOf(err) == naru.NotFound:
	case err != nil:
		return found, err
	case u.Disabled:
		found.user = u
	default:
		found.user, found.known, found.until = u, true, u.PasswordUntil
		if phc != "" && (u.PasswordUntil.IsZero() || c.Now.Before(u.PasswordUntil)) {
			found.phc = phc
		}
	}
	g, err := s.SignInGuard(ctx, guardKey(in.user))
	if err != nil {
		return found, err
	}
	found.failures, found.wait = g.Failures, g.Wait(c.Now)
	if found.known && found.user.Role == identity.Platform {
		err = found.recognise(ctx, c.Now, s, in.digest)
	}
	return found, err
}

// recognise looks for a password that naru made. It is found during the wait after wrong
// ones too: it cannot be guessed, and a stranger must not be able to shut a platform out.
func (c *challenge) recognise(ctx context.Context, now time.Time, s Store, digest string) error {
	made, err := s.CredentialByDigest(ctx, digest)
	switch {
	case naru.KindOf(err) == naru.NotFound:
		return nil
	case err != nil:
		return err
	case made.Account == c.user.ID && made.Live(now):
		c.made, c.until = made, made.ExpiresAt
	}
	return nil
}

// recordFailure counts a wrong password. The record names the user only if there is
// one: what a stranger typed may be anything.
func (o Ops) recordFailure(ctx context.Context, c *op.Call, s Store, user string) (Guard, error) {
	g, err := s.SignInGuard(ctx, guardKey(user))
	if err != nil {
		return g, err
	}
	g = g.bump(c.Now)
	if err := s.PutSignInGuard(ctx, guardKey(user), g, c.Now.Add(-forgetAfter)); err != nil {
		return g, err
	}
	var subjects []string
	if u, err := s.User(ctx, user); err == nil {
		subjects = []string{u.ID}
	} else if naru.KindOf(err) != naru.NotFound {
		return g, err
	}
	c.Record(subjects, "failures", fmt.Sprint(g.Failures), "known", fmt.Sprint(len(subjects) > 0))
	return g, nil
}

func (o Ops) forget(ctx context.Context, c *op.Call, s Store, user string) (Guard, error) {
	c.Record([]string{user})
	return Guard{}, s.PutSignInGuard(ctx, guardKey(user), Guard{}, c.Now.Add(-forgetAfter))
}

// startIn carries what was checked to the transaction that starts the session.
type startIn struct {
	user, stamp, digest string
	limits              Limits
	until               time.Time // when the password stops fitting; zero = never
}

// startSession starts a session unless the user changed since the password was checked.
func (o Ops) startSession(ctx context.Context, c *op.Call, s Store, in startIn) (Session, error) {
	u, err := s.User(ctx, in.user)
	if err != nil {
		return Session{}, err
	}
	if u.Disabled || stampOf(u) != in.stamp {
		return Session{}, naru.NewError(naru.Conflict, "access.changed_meanwhile")
	}
	if err := s.DropSessionsBefore(ctx, c.Now); err != nil {
		return Session{}, err
	}
	if err := s.PutSignInGuard(ctx, guardKey(u.ID), Guard{}, c.Now.Add(-forgetAfter)); err != nil {
		return Session{}, err
	}
	session := Session{
		ID: in.digest, User: u.ID, CreatedAt: c.Now, SeenAt: c.Now,
		ExpiresAt: c.Now.Add(in.limits.Life), Idle: in.limits.Idle,
	}
	if !in.until.IsZero() && in.until.Before(session.ExpiresAt) {
		session.ExpiresAt = in.until
	}
	c.Record([]string{u.ID}, "role", string(u.Role))
	return session, s.PutSession(ctx, session)
}

// resumed is a session with its user.
type resumed struct {
	Session
	User User
	live bool
}

func resumeSession(ctx context.Context, c *op.Call, s Store, digest string) (resumed, error) {
	session, err := s.Session(ctx, digest)
	if err != nil {
		return resumed{}, err
	}
	u, err := s.User(ctx, session.User)
	return resumed{Session: session, User: u, live: session.Live(c.Now) && !u.Disabled}, err
}
