package messaging_test

import (
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"naru/broker/kit"
	"naru/broker/messaging"
	"naru/internal/testbroker"
	"naru/wire/osb"
)

func TestMain(m *testing.M) {
	testbroker.Main(m, testbroker.Set{"messaging": messaging.Run})
}

type credentials struct{ URI, URL, Username, Password string }

func bind(t *testing.T, b *testbroker.Broker, id, binding, plan string) credentials {
	t.Helper()
	var c credentials
	b.Bind(t, id, binding, plan, &c)
	return c
}

func connect(t *testing.T, c credentials, o ...nats.Option) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(c.URI, o...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func streams(t *testing.T, c *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// orders makes a stream of the account that takes every subject below "orders".
func orders(t *testing.T, js jetstream.JetStream) jetstream.Stream {
	t.Helper()
	s, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "orders", Subjects: []string{"orders.>"}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func publish(t *testing.T, js jetstream.JetStream, subject string, data []byte) {
	t.Helper()
	if _, err := js.Publish(t.Context(), subject, data); err != nil {
		t.Fatal(err)
	}
}

func TestEachInstanceIsAnAccountOfItsOwn(t *testing.T) {
	t.Parallel()
	b := testbroker.Serve(t, messaging.Run, kit.Config{})
	b.Provision(t, "one", "basic")
	b.Provision(t, "two", "standard")
	// The bindings have the same id: it is unique within its instance only.
	c1, c2 := bind(t, b, "one", "b", "basic"), bind(t, b, "two", "b", "standard")
	one, two := connect(t, c1), connect(t, c2)
	orders(t, streams(t, one))
	heard, err := two.SubscribeSync(">")
	if err != nil {
		t.Fatal(err)
	}
	if err := two.Flush(); err != nil {
		t.Fatal(err)
	}
	publish(t, streams(t, one), "orders.a", []byte("for one only"))
	if _, err := streams(t, two).Stream(t.Context(), "orders"); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("a foreign stream: %v", err)
	}
	if err := two.Publish("mine", []byte("last")); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := heard.NextMsgWithContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(m.Subject, "orders") {
			t.Errorf("heard %s of another account", m.Subject)
		}
		if m.Subject == "mine" {
			return
		}
	}
}

func TestThePlansLimitsHold(t *testing.T) {
	t.Parallel()
	b := testbroker.Serve(t, messaging.Run, kit.Config{Quotas: map[string]int64{"basic": 1 << 20}})
	b.Provision(t, "i", "basic")
	c := bind(t, b, "i", "b", "basic")
	js := streams(t, connect(t, c))
	orders(t, js)
	part := make([]byte, 100<<10)
	var refused error
	for range 20 {
		if _, refused = js.Publish(t.Context(), "orders.a", part); refused != nil {
			break
		}
	}
	if refused == nil || !strings.Contains(refused.Error(), "resource") {
		t.Errorf("publishing past the quota: %v", refused)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "memory", Subjects: []string{"m"}, Storage: jetstream.MemoryStorage}); err == nil {
		_, err = js.Publish(t.Context(), "m", part)
		if err == nil {
			t.Error("a memory stream escapes the quota")
		}
	}
	for _, name := range []string{"s2", "s3", "s4", "s5", "s6"} {
		_, refused = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: name, Subjects: []string{name}})
	}
	if refused == nil || !strings.Contains(refused.Error(), "streams") {
		t.Errorf("one stream too many: %v", refused)
	}
	for range 9 {
		connect(t, c)
	}
	if _, err := nats.Connect(c.URI); err == nil || !strings.Contains(err.Error(), "maximum account active connections exceeded") {
		t.Errorf("the eleventh connection: %v", err)
	}
}

func TestABiggerPlanMakesRoomAndASmallerOneMustFit(t *testing.T) {
	t.Parallel()
	b := testbroker.Serve(t, messaging.Run, kit.Config{Quotas: map[string]int64{"basic": 200 << 10}})
	b.Provision(t, "i", "basic")
	js := streams(t, connect(t, bind(t, b, "i", "b", "basic")))
	orders(t, js)
	part := make([]byte, 150<<10)
	publish(t, js, "orders.a", part)
	if _, err := js.Publish(t.Context(), "orders.a", part); err == nil {
		t.Error("the quota does not hold")
	}
	if err := b.Update(t, "i", "standard"); err != nil {
		t.Fatal(err)
	}
	publish(t, js, "orders.a", part)
	if err := b.Update(t, "i", "basic"); !osb.IsCode(err, "QuotaTooSmall") {
		t.Errorf("a plan smaller than what is held: %v", err)
	}
}

func TestUnbindingEndsThePasswordAndItsConnections(t *testing.T) {
	t.Parallel()
	b := testbroker.Serve(t, messaging.Run, kit.Config{})
	b.Provision(t, "i", "basic")
	old, kept := bind(t, b, "i", "old", "basic"), bind(t, b, "i", "kept", "basic")
	if old.Username == kept.Username || old.Password == kept.Password {
		t.Error("two bindings share credentials")
	}
	closed := make(chan struct{})
	connect(t, old, nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	other := connect(t, kept)
	b.Unbind(t, "i", "old", "basic")
	<-closed
	for name, uri := range map[string]string{
		"a revoked password": old.URI, "no password": old.URL,
		"a wrong password": strings.Replace(kept.URI, kept.Password, "x", 1), "an unknown user": strings.Replace(kept.URI, kept.Username, "y", 1),
	} {
		if _, err := nats.Connect(uri); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := other.Flush(); err != nil {
		t.Errorf("the other binding: %v", err)
	}
}

func TestKillAndRestartKeepStreamsBindingsAndAddress(t *testing.T) {
	t.Parallel()
	b := testbroker.Start(t, "messaging", kit.Config{})
	b.Provision(t, "i", "basic")
	c := bind(t, b, "i", "b", "basic")
	js := streams(t, connect(t, c))
	orders(t, js)
	publish(t, js, "orders.a", []byte("kept"))
	b.Kill(t)
	b.Restart(t)
	stream, err := streams(t, connect(t, c)).Stream(t.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.GetMsg(t.Context(), 1)
	if err != nil || string(m.Data) != "kept" {
		t.Errorf("message %+v, %v", m, err)
	}
}

func TestDeletionLeavesNothing(t *testing.T) {
	t.Parallel()
	b := testbroker.Serve(t, messaging.Run, kit.Config{})
	for _, plan := range []string{"basic", "standard"} {
		b.Provision(t, "i", plan)
		c := bind(t, b, "i", "b", plan)
		js := streams(t, connect(t, c, nats.NoReconnect()))
		orders(t, js)
		publish(t, js, "orders.a", []byte("a secret of the tenant"))
		b.Deprovision(t, "i", plan)
		if _, err := nats.Connect(c.URI); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("a password of a deleted instance: %v", err)
		}
		if _, err := os.Stat(filepath.Join(b.Config.DataDir, "jetstream", kit.Key("i"))); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("data of a deleted instance: %v", err)
		}
	}
	b.Provision(t, "i", "basic")
	if _, err := streams(t, connect(t, bind(t, b, "i", "b", "basic"))).Stream(t.Context(), "orders"); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("the same id made again sees the old stream: %v", err)
	}
}

func TestUsageCountsStorageAndTraffic(t *testing.T) {
	t.Parallel()
	clock := testbroker.NewClock()
	b := testbroker.Serve(t, messaging.Run, kit.Config{Now: clock.Now})
	b.Provision(t, "i", "basic")
	js := streams(t, connect(t, bind(t, b, "i", "b", "basic")))
	orders(t, js)
	for range 10 {
		publish(t, js, "orders.a", make([]byte, 100<<10))
	}
	b.Used(t, "i") // takes a sample: from here on the level is known
	clock.Advance(2 * time.Hour)
	used := b.Used(t, "i")
	if least, most := big.NewRat(2*1000<<10, kit.GiB), big.NewRat(2*1100<<10, kit.GiB); used["storage_gib_hours"].Cmp(least) < 0 || used["storage_gib_hours"].Cmp(most) > 0 {
		t.Errorf("storage %s, want %s to %s", used["storage_gib_hours"].FloatString(9), least.FloatString(9), most.FloatString(9))
	}
	if n := used["messages"]; !n.IsInt() || n.Num().Int64() < 20 {
		t.Errorf("messages %s, of ten published and ten answers", n.FloatString(3))
	}
	if before, after := used["messages"], b.Used(t, "i")["messages"]; before.Cmp(after) != 0 {
		t.Errorf("nothing moved, and messages went from %s to %s", before, after)
	}
}

// leave publishes to the instance and closes the client, as an application does that is about to go.
func leave(t *testing.T, c credentials, messages int) {
	t.Helper()
	conn := connect(t, c)
	js := streams(t, conn)
	orders(t, js)
	for range messages {
		publish(t, js, "orders.a", []byte("paid for"))
	}
	if err := conn.Flush(); err != nil { // the server has then counted what came before
		t.Fatal(err)
	}
	conn.Close()
}

func TestUsageOfAnInstanceThatIsDeletedAtOnceIsCounted(t *testing.T) {
	t.Parallel()
	const sent = 100
	for _, plan := range []string{"basic", "standard"} {
		for _, unbind := range []string{"unbound", "bound"} {
			// No sample is taken in the background: only the end of the instance can count.
			b := testbroker.Serve(t, messaging.Run, kit.Config{SampleEvery: time.Hour})
			b.Provision(t, "i", plan)
			leave(t, bind(t, b, "i", "b", plan), sent)
			if unbind == "unbound" {
				b.Unbind(t, "i", "b", plan)
			}
			b.Deprovision(t, "i", plan)
			used := b.Used(t, "i")
			if n := used["messages"]; n == nil || n.Cmp(big.NewRat(2*sent-1, 1)) < 0 {
				t.Errorf("%s, %s: messages %v, of %d published and as many answers", plan, unbind, n, sent)
			}
			if n := used["transfer_gib"]; n == nil || n.Sign() <= 0 {
				t.Errorf("%s, %s: transfer %v", plan, unbind, n)
			}
		}
	}
}

func TestTheSameIdMadeAgainDoesNotPayTwice(t *testing.T) {
	t.Parallel()
	b := testbroker.Serve(t, messaging.Run, kit.Config{SampleEvery: time.Hour})
	b.Provision(t, "i", "basic")
	leave(t, bind(t, b, "i", "b", "basic"), 10)
	b.Deprovision(t, "i", "basic")
	first := b.Used(t, "i")["messages"]
	b.Provision(t, "i", "basic")
	if again := b.Used(t, "i")["messages"]; first == nil || again.Cmp(first) != 0 {
		t.Errorf("messages went from %v to %v, and none moved since", first, again)
	}
}
