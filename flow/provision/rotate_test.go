package provision_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
	"naru/wire/osb"
)

// bound makes a binding that is ready.
func bound(r *testroad.Road, i provision.InstanceID) provision.Binding {
	r.T.Helper()
	b := testroad.Do(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: i, Params: `{"role":"reader"}`, Resource: `{"app_guid":"app-1"}`})
	return untilBinding(r, b.ID, provision.Ready)
}

func credentials(r *testroad.Road, b provision.BindingID) string {
	r.T.Helper()
	return string(testroad.Do(r, r.Officer(r.A), r.Ops.Credentials, provision.BindingRef{ID: b}).Credentials)
}

func TestARotationKeepsBothValidUntilTheOldOneIsRevoked(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{"sync", "async"} {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *store.DB) {
				r := testroad.New(t, db)
				i := running(r, slug)
				old := bound(r, i.ID)
				watch := &spy{Broker: r.Link}
				r.Work.Handlers = provision.Handlers(watch)
				next := testroad.Do(r, r.Officer(r.A), r.Ops.Rotate, provision.RotateIn{BindingRef: provision.BindingRef{ID: old.ID}})
				now := untilBinding(r, next.ID, provision.Ready)
				if now.Predecessor != old.ID || string(now.Params) != string(old.Params) || string(now.Resource) != string(old.Resource) {
					t.Errorf("the new binding: %+v", now)
				}
				if q := watch.seen[0]; q.Step != provision.Put || q.Predecessor != old.ID || q.Plan != r.Plan(slug).OSBID {
					t.Errorf("the provider was asked %+v", q)
				}
				if a, b := credentials(r, old.ID), credentials(r, next.ID); a == b || a == "" {
					t.Error("both must be there, and differ")
				}
				if there := held(r); len(there[0].BindingIDs) != 2 {
					t.Errorf("at the broker: %+v", there)
				}
				testroad.Do(r, r.Officer(r.A), r.Ops.Unbind, provision.UnbindIn{BindingRef: provision.BindingRef{ID: old.ID}})
				untilBinding(r, old.ID, provision.Deleted)
				if there := held(r); len(there[0].BindingIDs) != 1 || there[0].BindingIDs[0] != string(next.ID) {
					t.Errorf("at the broker after the end of the old one: %+v", there)
				}
				made := r.Entries("provision.rotate")
				if len(made) != 1 || made[0]["predecessor"] != string(old.ID) {
					t.Errorf("the record: %+v", made)
				}
			})
		})
	}
}

func TestARotationWhoseAnswerIsLostLeavesTheOldOne(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := running(r, "sync")
		old := bound(r, i.ID)
		r.Front.Set(testbroker.Drop)
		next := testroad.Do(r, r.Officer(r.A), r.Ops.Rotate, provision.RotateIn{BindingRef: provision.BindingRef{ID: old.ID}})
		r.Drain()
		r.Front.Set(testbroker.Pass)
		untilBinding(r, next.ID, provision.Failed)
		there := held(r)
		if len(there[0].BindingIDs) != 1 || there[0].BindingIDs[0] != string(old.ID) || credentials(r, old.ID) == "" {
			t.Errorf("at the broker: %+v", there)
		}
	})
}

func TestEveryGroundRefusesARotation(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		slug   string
		before func(*testroad.Road, provision.Binding)
		kind   naru.Kind
		key    string
	}{
		"a plan that does not rotate": {"sync", func(r *testroad.Road, _ provision.Binding) {
			fixed(r, "sync", `"binding_rotatable":true`, `"binding_rotatable":false`)
		}, naru.Invalid, "provision.not_rotatable"},
		"a plan that is not bindable": {"sync", func(r *testroad.Road, _ provision.Binding) {
			fixed(r, "sync", `{`, `{"bindable":false,`)
		}, naru.Invalid, "provision.not_bindable"},
		"a predecessor that was revoked": {"sync", func(r *testroad.Road, b provision.Binding) {
			testroad.Do(r, r.Officer(r.A), r.Ops.Unbind, provision.UnbindIn{BindingRef: provision.BindingRef{ID: b.ID}})
		}, naru.Invalid, "provision.predecessor_not_ready"},
		"a predecessor that expired": {"bigger", func(r *testroad.Road, b provision.Binding) {
			r.Advance(b.ExpiresAt.Sub(r.Now()))
		}, naru.Invalid, "provision.predecessor_expired"},
		"an instance that is being changed": {"sync", func(r *testroad.Road, b provision.Binding) {
			testroad.Do(r, r.Officer(r.A), r.Ops.Update, provision.UpdateIn{InstanceRef: ref(b.Instance), Params: `{"a":7}`})
		}, naru.Conflict, "provision.not_ready"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := testroad.New(t, testdb.SQLite(t))
			i := running(r, tt.slug)
			b := bound(r, i.ID)
			tt.before(r, b)
			calls := r.Front.Forwarded("PUT")
			in := provision.RotateIn{BindingRef: provision.BindingRef{ID: b.ID}}
			_, err := op.Do(t.Context(), r.Runner, r.CallFor(r.Officer(r.A)), r.Ops.Rotate, in)
			var refusal *naru.Error
			if !errors.As(err, &refusal) || refusal.Kind != tt.kind || refusal.Message.Key != tt.key {
				t.Errorf("refusal: %v, want %s %s", err, tt.kind, tt.key)
			}
			check := testroad.Do(r, r.Officer(r.A), r.Ops.CheckRotate, in)
			if check.Allowed || len(check.Checks) != 3 {
				t.Errorf("the dry run says %+v", check)
			}
			if r.Front.Forwarded("PUT") != calls {
				t.Error("the broker was called")
			}
		})
	}
}

func TestWhenCredentialsEndIsKept(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		b := bound(r, running(r, "bigger").ID)
		if life := time.Until(b.ExpiresAt); life < 89*24*time.Hour || life > 91*24*time.Hour || !b.RenewBefore.Before(b.ExpiresAt) {
			t.Errorf("ends %v, to be renewed before %v", b.ExpiresAt, b.RenewBefore)
		}
	})
}

// What was sealed before contents were stored whole is bare credentials.
func TestCredentialsOfEarlierVersionsAreShown(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	b := bound(r, running(r, "sync").ID)
	r.Store(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutCredentials(ctx, b.ID, naru.NewSecret(`{"user":"u"}`))
	})
	if got := credentials(r, b.ID); got != `{"user":"u"}` {
		t.Errorf("shown: %s", got)
	}
}

func TestAnAsynchronousBindingIsPolledAndFetched(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := running(r, "async")
		let := testbroker.ShutBindings(t, r.Broker)
		b := testroad.Do(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: i.ID})
		for range 3 {
			r.Drain()
			r.Advance(5 * time.Second)
		}
		now := testroad.Do(r, testroad.Operator(), r.Ops.Binding, provision.BindingRef{ID: b.ID})
		if now.State != provision.Creating || now.Next() != provision.Poll {
			t.Fatalf("while the broker works: %+v", now.Work)
		}
		_, err := r.Broker.Client.GetBinding(t.Context(), osb.GetBindingRequest{InstanceID: string(i.ID), BindingID: string(b.ID)})
		if osb.StatusOf(err) != 404 {
			t.Errorf("a fetch of what is not ready: %v", err)
		}
		go let()
		untilBinding(r, b.ID, provision.Ready)
		if credentials(r, b.ID) == "" {
			t.Error("no credentials")
		}
	})
}
