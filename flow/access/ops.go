package access

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
)

// Store is what this step needs of a transaction.
type Store interface {
	PlatformStore
	User(ctx context.Context, id string) (User, error)
	// UserSecret returns a user with the hash of the password.
	UserSecret(ctx context.Context, id string) (u User, phc string, err error)
	Users(ctx context.Context, p naru.Page) (naru.List[User], error)
	PutUser(ctx context.Context, u User, phc string) error
	// KnowsInstitution and KnowsProvider tell whether a user may be bound to one.
	KnowsInstitution(ctx context.Context, id string) (bool, error)
	KnowsProvider(ctx context.Context, id string) (bool, error)

	Session(ctx context.Context, digest string) (Session, error)
	SessionsOf(ctx context.Context, user string) ([]Session, error)
	PutSession(ctx context.Context, s Session) error
	TouchSession(ctx context.Context, digest string, now time.Time) error
	DropSession(ctx context.Context, digest string) error
	// DropSessionsOf ends the sessions of a user but one, which may be "".
	DropSessionsOf(ctx context.Context, user, but string) error
	DropSessionsBefore(ctx context.Context, now time.Time) error

	SignInGuard(ctx context.Context, key string) (Guard, error)
	// PutSignInGuard stores a guard (the zero guard removes it) and forgets older ones.
	PutSignInGuard(ctx context.Context, key string, g Guard, before time.Time) error
}

// Ops are the operations of this step.
type Ops struct {
	// SignOut ends a session of the caller.
	SignOut op.Op[Store, SignOutIn, Session]
	// Me tells the caller who they are.
	Me op.Op[Store, struct{}, Me]
	// Sessions lists the caller's own sessions.
	Sessions op.Op[Store, struct{}, naru.List[Session]]
	// Users lists the users.
	Users op.Op[Store, naru.Page, naru.List[User]]
	// User returns one user.
	User op.Op[Store, UserIn, User]
	// CreateUser adds a user.
	CreateUser op.Op[Store, CreateUserIn, User]
	// Disable stops a user from acting, at once.
	Disable op.Op[Store, UserIn, User]
	// Enable lets a disabled user act again.
	Enable op.Op[Store, UserIn, User]
	// SetPassword changes the caller's password, or another's for who may edit users.
	SetPassword op.Op[Store, SetPasswordIn, User]
	// Permissions shows the table of rights.
	Permissions op.Op[Store, struct{}, naru.List[identity.Grant]]

	// Platforms lists the platforms of the caller's institution, or all.
	Platforms op.Op[Store, ListPlatformsIn, naru.List[Platform]]
	// Platform returns one platform.
	Platform op.Op[Store, PlatformIn, Platform]
	// PlatformCreate registers a platform and tells its first password.
	PlatformCreate op.Op[Store, PlatformCreateIn, PlatformPass]
	// PlatformRotate makes a new password beside the ones there are.
	PlatformRotate op.Op[Store, PlatformRotateIn, PlatformPass]
	// PlatformRevoke ends a password or a whole platform, at once.
	PlatformRevoke op.Op[Store, PlatformRevokeIn, Platform]

	challenge op.Op[Store, try, challenge]
	fail      op.Op[Store, string, Guard]
	forgive   op.Op[Store, string, Guard]
	start     op.Op[Store, startIn, Session]
	resume    op.Op[Store, string, resumed]
	standing  op.Op[Store, string, User]

	entropy  io.Reader
	nobody   string // hash of a password that nobody knows
	rights   identity.Table
	endpoint string
}

// New returns the operations. The entropy makes session tokens and salts.
func New(entropy io.Reader) (Ops, error) {
	o := Ops{entropy: entropy, rights: identity.NewTable(), endpoint: DefaultEndpoint}
	var err error
	if o.nobody, err = identity.Decoy(entropy); err != nil {
		return o, err
	}
	o.forCallers()
	o.forPlatforms()
	o.forDoors()
	return o, nil
}

// DefaultEndpoint is where platforms find naru on its own host.
const DefaultEndpoint = "/osb"

// At returns the operations of a naru that platforms reach at an address of its own.
func (o Ops) At(address string) Ops {
	o.endpoint = strings.TrimSuffix(address, "/") + DefaultEndpoint
	o.forPlatforms()
	return o
}

func (o *Ops) forCallers() {
	o.SignOut = op.Write("access.sign_out", identity.Everyone, naru.Text{Ko: "접속을 끝낸다", En: "End a session"}, signOut)
	o.Me = op.Read("access.me", identity.Everyone, naru.Text{Ko: "지금 누구로 접속했는지", En: "Tell who is signed in"}, o.me)
	o.Sessions = op.Read("access.sessions", identity.Everyone, naru.Text{Ko: "내 접속 목록", En: "List my sessions"}, sessions)
	o.Users = op.Read("access.users", "identity.read", naru.Text{Ko: "사용자 목록", En: "List users"}, listUsers)
	o.User = op.Read("access.user", "identity.read", naru.Text{Ko: "사용자 한 명", En: "Get a user"}, getUser)
	o.CreateUser = op.Write("access.create_user", "identity.edit", naru.Text{Ko: "사용자를 등록한다", En: "Create a user"}, o.createUser)
	o.Disable = op.Write("access.disable", "identity.edit", naru.Text{Ko: "사용자를 정지한다", En: "Disable a user"}, disable)
	o.Enable = op.Write("access.enable", "identity.edit", naru.Text{Ko: "정지된 사용자를 다시 쓰게 한다", En: "Enable a user again"}, enable)
	o.SetPassword = op.Write("access.set_password", identity.Everyone, naru.Text{Ko: "비밀번호를 바꾼다", En: "Change a password"}, o.setPassword)
	o.Permissions = op.Read("access.permissions", identity.Everyone, naru.Text{Ko: "역할별 권한표", En: "Show the rights of every role"}, permissions)
}

func (o *Ops) forDoors() {
	o.challenge = op.Read("access.challenge", door, naru.Text{}, o.readChallenge)
	o.fail = op.Write("access.sign_in_failed", door, naru.Text{}, o.recordFailure)
	o.forgive = op.Write("access.forgive", door, naru.Text{}, o.forget)
	o.start = op.Write("access.sign_in", door, naru.Text{}, o.startSession)
	o.resume = op.Read("access.resume", door, naru.Text{}, resumeSession)
	o.standing = op.Read("access.standing", door, naru.Text{}, readStanding)
}

// All lists the operations a door offers. Signing in is not among them, because it has
// no caller yet: doors call [Ops.SignIn].
func (o Ops) All() []op.Any {
	return []op.Any{
		o.SignOut, o.Me, o.Sessions, o.Users, o.User, o.CreateUser, o.Disable, o.Enable, o.SetPassword, o.Permissions,
		o.Platforms, o.Platform, o.PlatformCreate, o.PlatformRotate, o.PlatformRevoke,
	}
}

// UserIn names a user.
type UserIn struct {
	User string `json:"user" doc:"user id"`
}

// SignOutIn names a session.
type SignOutIn struct {
	Session string `json:"session" doc:"session id, as access.sessions lists it"`
}

func signOut(ctx context.Context, c *op.Call, s Store, in SignOutIn) (Session, error) {
	session, err := s.Session(ctx, in.Session)
	if err != nil {
		return session, err
	}
	if session.User != c.Actor.User {
		return Session{}, naru.NewError(naru.Denied, identity.NotYours, "object", in.Session)
	}
	c.Record([]string{session.User})
	return session, s.DropSession(ctx, in.Session)
}

// Me is the caller with what the caller may do.
type Me struct {
	naru.Actor
	Permissions []identity.Permission `json:"permissions"`
}

func (o Ops) me(_ context.Context, c *op.Call, _ Store, _ struct{}) (Me, error) {
	out := Me{Actor: c.Actor}
	for _, g := range identity.Permissions() {
		if o.rights.May(c.Actor, g.Permission) {
			out.Permissions = append(out.Permissions, g.Permission)
		}
	}
	return out, nil
}

func sessions(ctx context.Context, c *op.Call, s Store, _ struct{}) (naru.List[Session], error) {
	all, err := s.SessionsOf(ctx, c.Actor.User)
	var out naru.List[Session]
	for _, session := range all {
		if session.Live(c.Now) {
			out.Rows = append(out.Rows, session)
		}
	}
	return out, err
}

func listUsers(ctx context.Context, _ *op.Call, s Store, p naru.Page) (naru.List[User], error) {
	return s.Users(ctx, p)
}

func getUser(ctx context.Context, _ *op.Call, s Store, in UserIn) (User, error) {
	return s.User(ctx, folded(in.User))
}

func permissions(context.Context, *op.Call, Store, struct{}) (naru.List[identity.Grant], error) {
	return naru.List[identity.Grant]{Rows: identity.Permissions()}, nil
}

// CreateUserIn is a new user with a first password.
type CreateUserIn struct {
	User        string        `json:"user" doc:"user id: lower-case letters, digits and . _ @ -"`
	Name        string        `json:"name" doc:"name of the person or platform"`
	Role        identity.Role `json:"role" doc:"officer, approver, provider, ministry, auditor, operator or platform"`
	Institution string        `json:"institution,omitempty" doc:"institution id, for officers, approvers and platforms"`
	Provider    string        `json:"provider,omitempty" doc:"provider id, for providers"`
	Password    naru.Secret   `json:"password" doc:"first password, 10 characters or more"`
}

func (o Ops) createUser(ctx context.Context, c *op.Call, s Store, in CreateUserIn) (User, error) {
	u := User{
		ID: folded(in.User), Name: in.Name, Role: in.Role, Institution: in.Institution, Provider: in.Provider,
		CreatedAt: c.Now, ChangedAt: c.Now,
	}
	if ps := u.problems(); len(ps) > 0 {
		return u, naru.NewError(naru.Invalid, "access.bad_user", "faults", fmt.Sprint(len(ps))).WithProblems(ps)
	}
	if err := bound(ctx, s, u); err != nil {
		return u, err
	}
	if _, err := s.User(ctx, u.ID); naru.KindOf(err) != naru.NotFound {
		return u, orTaken(err, u.ID)
	}
	phc, err := identity.HashPassword(o.entropy, in.Password)
	if err != nil {
		return u, err
	}
	c.Record([]string{u.ID}, "role", string(u.Role), "institution", u.Institution, "provider", u.Provider)
	return u, s.PutUser(ctx, u, phc)
}

// bound refuses a user of an institution or provider that does not exist: such a user
// would see nothing, or worse, what comes to bear that id later.
func bound(ctx context.Context, s Store, u User) error {
	if u.Institution != "" {
		if ok, err := s.KnowsInstitution(ctx, u.Institution); err != nil || !ok {
			return orNotFound(err, u.Institution)
		}
	}
	if u.Provider != "" {
		if ok, err := s.KnowsProvider(ctx, u.Provider); err != nil || !ok {
			return orNotFound(err, u.Provider)
		}
	}
	return nil
}

func orNotFound(err error, id string) error {
	if err != nil {
		return err
	}
	return naru.NewError(naru.NotFound, "not_found", "object", id)
}

func orTaken(err error, id string) error {
	if err != nil {
		return err
	}
	return naru.NewError(naru.Conflict, "access.taken", "user", id)
}

func disable(ctx context.Context, c *op.Call, s Store, in UserIn) (User, error) {
	if folded(in.User) == c.Actor.User {
		return User{}, naru.NewError(naru.Conflict, "access.not_yourself")
	}
	return setDisabled(ctx, c, s, in.User, true)
}

func enable(ctx context.Context, c *op.Call, s Store, in UserIn) (User, error) {
	return setDisabled(ctx, c, s, in.User, false)
}

func setDisabled(ctx context.Context, c *op.Call, s Store, id string, to bool) (User, error) {
	u, phc, err := s.UserSecret(ctx, folded(id))
	if err != nil {
		return u, err
	}
	u.Disabled = to
	if err := s.DropSessionsOf(ctx, u.ID, ""); err != nil {
		return u, err
	}
	c.Record([]string{u.ID})
	return u, s.PutUser(ctx, u, phc)
}

// SetPasswordIn changes a password.
type SetPasswordIn struct {
	User    string      `json:"user,omitempty" doc:"user id; empty means your own"`
	Old     naru.Secret `json:"old,omitzero" doc:"the present password, for your own"`
	New     naru.Secret `json:"new" doc:"the new password, 10 characters or more"`
	Session string      `json:"session,omitempty" doc:"session id to keep; all others of the user end"`
}

func (o Ops) setPassword(ctx context.Context, c *op.Call, s Store, in SetPasswordIn) (User, error) {
	id := folded(in.User)
	own := id == "" || id == c.Actor.User
	if own {
		id = c.Actor.User
	} else if !o.rights.May(c.Actor, "identity.edit") {
		return User{}, naru.NewError(naru.Denied, "identity.no_permission", "permission", "identity.edit", "op", "access.set_password", "object", id)
	}
	u, phc, err := s.UserSecret(ctx, id)
	if err != nil {
		return u, err
	}
	if own {
		if fits, err := identity.CheckPassword(phc, in.Old); err != nil || !fits {
			return User{}, naru.NewError(naru.Denied, "access.wrong_old", "object", id).WithCause(err)
		}
	}
	if phc, err = identity.HashPassword(o.entropy, in.New); err != nil {
		return u, err
	}
	u = u.touched(c.Now)
	u.PasswordUntil = time.Time{}
	if err := s.DropSessionsOf(ctx, u.ID, in.Session); err != nil {
		return u, err
	}
	c.Record([]string{u.ID}, "by_owner", fmt.Sprint(own))
	return u, s.PutUser(ctx, u, phc)
}
