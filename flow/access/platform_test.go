package access_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/access"
	"naru/flow/inventory"
)

// office makes an institution with an officer and returns its id.
func (b *bed) office(t *testing.T, code, officer string) string {
	t.Helper()
	in := inventory.ImportInstitutionsIn{Rows: []inventory.InstitutionRow{{Code: code, Value: inventory.Institution{Code: code, Name: "기관 " + code, Kind: "central"}}}, Source: "test"}
	_, err := op.Do(t.Context(), b.Runner, b.SystemCall("setup"), inventory.ImportInstitutions, in)
	fatal(t, err)
	list, err := op.Do(t.Context(), b.Runner, b.SystemCall("setup"), inventory.ListInstitutions, inventory.ListInstitutionsIn{})
	fatal(t, err)
	for _, i := range list.Rows {
		if i.Code == code {
			user := access.CreateUserIn{User: officer, Name: "이름", Role: identity.Officer, Institution: string(i.ID), Password: naru.NewSecret(password)}
			_, err = op.Do(t.Context(), b.Runner, b.SystemCall("setup"), b.ops.CreateUser, user)
			fatal(t, err)
			return string(i.ID)
		}
	}
	t.Fatalf("no institution %s", code)
	return ""
}

func (b *bed) as(user, institution string) naru.Call {
	return b.CallFor(naru.Actor{User: user, Role: "officer", Institution: institution})
}

// verify reports whether a password fits a platform.
func (b *bed) verify(t *testing.T, user, password string) (access.Fit, bool) {
	t.Helper()
	f, err := b.ops.Verify(t.Context(), b.Runner, b.db, user, naru.NewSecret(password))
	if err != nil && naru.KindOf(err) != naru.Denied && naru.KindOf(err) != naru.Exhausted {
		t.Fatal(err)
	}
	return f, err == nil
}

func TestBothPasswordsFitDuringARotationAndOneAfterIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		home := b.office(t, "1000001", "kim")
		first, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformCreate, access.PlatformCreateIn{Name: "공동 플랫폼", User: "egov"})
		fatal(t, err)
		if len(first.Password) < 40 || first.User != "egov" || first.Endpoint != access.DefaultEndpoint || len(first.Credentials) != 1 || first.InstitutionName != "기관 1000001" {
			t.Fatalf("the new platform: %+v", first)
		}
		until := b.now.Add(3 * time.Hour)
		second, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformRotate, access.PlatformRotateIn{User: "EGOV", Until: until})
		fatal(t, err)
		if second.Password == first.Password || len(second.Credentials) != 2 {
			t.Fatalf("after a rotation: %+v", second)
		}
		was, ok := b.verify(t, "egov", first.Password)
		if !ok || !was.Until.Equal(until) {
			t.Errorf("the old password during the overlap: %v until %v", ok, was.Until)
		}
		if _, ok := b.verify(t, "egov", second.Password); !ok {
			t.Error("the new password does not fit")
		}
		if _, ok := b.verify(t, "kim", second.Password); ok {
			t.Error("the password of a platform fits another user")
		}
		b.now = until
		if _, ok := b.verify(t, "egov", first.Password); ok {
			t.Error("the old password outlived its overlap")
		}
		now, ok := b.verify(t, "egov", second.Password)
		if !ok || now.Stamp != was.Stamp {
			t.Error("the new password ended with the old one, or the stamp changed without a change")
		}
		list, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.Platforms, access.ListPlatformsIn{})
		fatal(t, err)
		if len(list.Rows) != 1 || len(list.Rows[0].Credentials) != 2 {
			t.Fatalf("platforms: %+v", list.Rows)
		}
		for _, c := range list.Rows[0].Credentials {
			if c.LastUsed != naru.DateOf(b.now) || c.Fits != (c.ID == second.Credential) {
				t.Errorf("credential %+v", c)
			}
		}
		b.nothingTellsThePassword(t, first.Password, second.Password, list)
	})
}

// nothingTellsThePassword looks into the record and into what is listed.
func (b *bed) nothingTellsThePassword(t *testing.T, first, second string, list any) {
	t.Helper()
	listed, err := json.Marshal(list)
	fatal(t, err)
	texts := []string{string(listed)}
	for _, e := range b.entries(t) {
		leaf, err := e.Leaf()
		fatal(t, err)
		texts = append(texts, string(leaf))
	}
	for _, text := range texts {
		if strings.Contains(text, first) || strings.Contains(text, second) {
			t.Errorf("a password is told in %s", text)
		}
	}
}

func TestARevokedPasswordOrPlatformStopsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		home := b.office(t, "1000001", "kim")
		first, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformCreate, access.PlatformCreateIn{Name: "공동 플랫폼"})
		fatal(t, err)
		second, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformRotate, access.PlatformRotateIn{User: first.User})
		fatal(t, err)
		session, err := b.signIn(t, first.User, first.Password)
		fatal(t, err)
		before, _ := b.verify(t, first.User, first.Password)
		revoke := func(which string) (access.Platform, error) {
			return op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformRevoke, access.PlatformRevokeIn{User: first.User, Credential: which})
		}
		_, err = revoke(first.Credential)
		fatal(t, err)
		_, stamp, standing, err := b.ops.Standing(t.Context(), b.Runner, first.User)
		fatal(t, err)
		if stamp == before.Stamp || !standing {
			t.Error("a remembered sign-in is not told that a password was revoked")
		}
		if _, ok := b.verify(t, first.User, first.Password); ok || b.live(t, session.Token) {
			t.Error("a revoked password fits, or its session lives")
		}
		if _, ok := b.verify(t, first.User, second.Password); !ok {
			t.Error("the other password was revoked too")
		}
		for _, which := range []string{first.Credential, "", "password", "pcr_none"} {
			if _, err := revoke(which); naru.KindOf(err) != naru.Conflict {
				t.Errorf("revoking %q: %v", which, err)
			}
		}
		ended, err := revoke(access.RevokeAll)
		fatal(t, err)
		if _, ok := b.verify(t, first.User, second.Password); ok || !ended.Disabled || ended.Credentials[0].Fits || ended.Credentials[0].RevokedBy != "kim" {
			t.Errorf("the platform goes on: %+v", ended)
		}
		if _, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformRotate, access.PlatformRotateIn{User: first.User}); naru.KindOf(err) != naru.Conflict {
			t.Errorf("a rotation of an ended platform: %v", err)
		}
	})
}

func TestAChosenPasswordRotatesAndIsRevokedLikeAMadeOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		home := b.office(t, "1000001", "kim")
		in := access.CreateUserIn{User: "old", Name: "옛 플랫폼", Role: identity.Platform, Institution: home, Password: naru.NewSecret(password)}
		_, err := op.Do(t.Context(), b.Runner, b.SystemCall("setup"), b.ops.CreateUser, in)
		fatal(t, err)
		if _, ok := b.verify(t, "old", password); !ok {
			t.Fatal("the chosen password does not fit")
		}
		next, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformRotate, access.PlatformRotateIn{User: "old"})
		fatal(t, err)
		if f, ok := b.verify(t, "old", password); !ok || f.Until.After(b.now.Add(24*time.Hour)) || next.Credentials[1].LastUsed == "" {
			t.Errorf("the chosen password during the overlap: %v %v %+v", ok, f.Until, next.Credentials)
		}
		b.now = b.now.Add(24 * time.Hour)
		if _, ok := b.verify(t, "old", password); ok {
			t.Error("the chosen password outlived the usual overlap")
		}
		if _, ok := b.verify(t, "old", next.Password); !ok {
			t.Error("the made password does not fit")
		}
		_, err = op.Do(t.Context(), b.Runner, b.SystemCall("setup"), b.ops.SetPassword, access.SetPasswordIn{User: "old", New: naru.NewSecret(password)})
		fatal(t, err)
		if _, ok := b.verify(t, "old", password); !ok {
			t.Error("a password set anew does not fit")
		}
		_, err = op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformRevoke, access.PlatformRevokeIn{User: "old", Credential: "password"})
		fatal(t, err)
		if _, ok := b.verify(t, "old", password); ok {
			t.Error("the revoked chosen password fits")
		}
	})
}

func TestAStrangerCannotShutAPlatformOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		home := b.office(t, "1000001", "kim")
		made, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformCreate, access.PlatformCreateIn{Name: "공동 플랫폼", User: "egov"})
		fatal(t, err)
		for range 7 {
			if _, ok := b.verify(t, "egov", "guess after guess"); ok {
				t.Fatal("a guess fits")
			}
		}
		if _, ok := b.verify(t, "egov", made.Password); !ok {
			t.Error("the platform waits because a stranger guessed")
		}
	})
}

func TestPlatformsBelongToTheirInstitution(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		home, away := b.office(t, "1000001", "kim"), b.office(t, "1000002", "lee")
		made, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformCreate, access.PlatformCreateIn{Name: "공동 플랫폼"})
		fatal(t, err)
		tests := map[string]struct {
			run  func() error
			want naru.Kind
		}{
			"another's officer sees none": {func() error {
				_, err := op.Do(t.Context(), b.Runner, b.as("lee", away), b.ops.Platform, access.PlatformIn{User: made.User})
				return err
			}, naru.NotFound},
			"another's officer rotates none": {func() error {
				_, err := op.Do(t.Context(), b.Runner, b.as("lee", away), b.ops.PlatformRotate, access.PlatformRotateIn{User: made.User})
				return err
			}, naru.NotFound},
			"another's officer registers none": {func() error {
				_, err := op.Do(t.Context(), b.Runner, b.as("lee", away), b.ops.PlatformCreate, access.PlatformCreateIn{Name: "남의 것", Institution: home})
				return err
			}, naru.NotFound},
			"an approver does not rotate": {func() error {
				c := b.CallFor(naru.Actor{User: "app", Role: "approver", Institution: home})
				_, err := op.Do(t.Context(), b.Runner, c, b.ops.PlatformRotate, access.PlatformRotateIn{User: made.User})
				return err
			}, naru.Denied},
			"a platform needs a name": {func() error {
				_, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformCreate, access.PlatformCreateIn{Name: " "})
				return err
			}, naru.Invalid},
			"a user id may be taken": {func() error {
				_, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformCreate, access.PlatformCreateIn{Name: "겹침", User: "kim"})
				return err
			}, naru.Conflict},
			"an officer is no platform": {func() error {
				_, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformRotate, access.PlatformRotateIn{User: "kim"})
				return err
			}, naru.NotFound},
			"an overlap of a year is none": {func() error {
				in := access.PlatformRotateIn{User: made.User, Until: b.now.AddDate(1, 0, 0)}
				_, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformRotate, in)
				return err
			}, naru.Invalid},
			"an overlap that is over is none": {func() error {
				in := access.PlatformRotateIn{User: made.User, Until: b.now.Add(-time.Second)}
				_, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformRotate, in)
				return err
			}, naru.Invalid},
		}
		for name, tt := range tests {
			if err := tt.run(); naru.KindOf(err) != tt.want {
				t.Errorf("%s: %v, want %q", name, err, tt.want)
			}
		}
		list, err := op.Do(t.Context(), b.Runner, b.as("lee", away), b.ops.Platforms, access.ListPlatformsIn{})
		fatal(t, err)
		if len(list.Rows) != 0 {
			t.Errorf("another's officer lists %+v", list.Rows)
		}
		for range 4 {
			_, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformRotate, access.PlatformRotateIn{User: made.User})
			fatal(t, err)
		}
		if _, err := op.Do(t.Context(), b.Runner, b.as("kim", home), b.ops.PlatformRotate, access.PlatformRotateIn{User: made.User}); naru.KindOf(err) != naru.Conflict {
			t.Errorf("a sixth password: %v", err)
		}
	})
}
