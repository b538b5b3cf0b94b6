package messaging

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"

	"naru/broker/kit"
	"naru/wire/osb"
)

const (
	// storeLimit is what all accounts together may reserve; the disk ends before it.
	storeLimit = 1 << 50
	// memoryLimit is the server's own: accounts get no memory streams.
	memoryLimit = 64 << 20
	// startPatience bounds the start of the server.
	startPatience = 30 * time.Second
	noLimit       = jwt.NoLimit
)

// engine is one NATS server with an account for each instance, named by its key.
type engine struct {
	config kit.Config
	ledger *kit.Ledger
	server *server.Server
	url    string

	mu    sync.Mutex
	users map[string]user

	// counting is held from a reading of the server's counters to its entry in the ledger: two readings at
	// a time would count the same traffic twice.
	counting sync.Mutex
	seen     map[string]traffic
}

// Restore starts the server with the accounts and users it had.
func (e *engine) Restore(ctx context.Context, held []kit.Held) error {
	port, err := kit.KeptPort(ctx, e.config, "nats")
	if err != nil {
		return err
	}
	e.server, err = server.NewServer(&server.Options{
		ServerName: "naru-" + kit.Key(e.config.SiteName), Host: e.config.Host(), Port: port, NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: e.config.DataDir, JetStreamMaxMemory: memoryLimit, JetStreamMaxStore: storeLimit,
		CustomClientAuthentication: e,
	})
	if err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	// Check waits for this lock: who comes before the accounts are there is not turned away.
	e.mu.Lock()
	defer e.mu.Unlock()
	e.server.Start()
	if !e.server.ReadyForConnections(startPatience) {
		return errors.Join(fmt.Errorf("nats: not ready at port %d; is another program listening there?", port), e.Close())
	}
	e.url = "nats://" + e.server.Addr().String()
	for _, h := range held {
		if err := errors.Join(e.limit(h.Instance, limitsOf(h.Instance.Plan)), e.adopt(h)); err != nil {
			return err
		}
	}
	return nil
}

// adopt lets the bindings of an instance in again; the caller holds the lock.
func (e *engine) adopt(h kit.Held) error {
	for _, g := range h.Grants {
		c, err := credentialsOf(g.Binding)
		if err != nil {
			return err
		}
		e.users[c.Username] = newUser(c, h.Instance)
	}
	return nil
}

// Create makes the account with the plan's limits.
func (e *engine) Create(_ context.Context, i kit.Instance) error {
	return e.limit(i, limitsOf(i.Plan))
}

// Resize gives the account other limits; what it holds must fit into them.
func (e *engine) Resize(_ context.Context, i kit.Instance) error {
	account, err := e.server.LookupAccount(i.Key)
	if err != nil {
		return fmt.Errorf("nats account: %w", err)
	}
	if used := account.JetStreamUsage().Store; used > uint64(i.Plan.QuotaBytes) {
		return osb.Unprocessable("QuotaTooSmall", fmt.Sprintf(
			"the instance holds %d bytes, the plan allows %d: delete messages first", used, i.Plan.QuotaBytes))
	}
	return e.limit(i, limitsOf(i.Plan))
}

// limitsOf are a plan's limits in the server's own terms; there are no memory streams.
func limitsOf(p kit.Plan) jwt.OperatorLimits {
	return jwt.OperatorLimits{
		NatsLimits: jwt.NatsLimits{Subs: noLimit, Data: noLimit, Payload: noLimit},
		AccountLimits: jwt.AccountLimits{
			Imports: noLimit, Exports: noLimit, WildcardExports: true, Conn: p.Limits[limitConnections],
		},
		JetStreamLimits: jwt.JetStreamLimits{
			DiskStorage: p.QuotaBytes, Streams: p.Limits[limitStreams], Consumer: p.Limits[limitConsumers],
			DiskMaxStreamBytes: noLimit, MemoryMaxStreamBytes: noLimit, MaxAckPending: noLimit,
		},
	}
}

// limit makes the account, if need be, and sets its limits, as a server does for the claims it trusts.
func (e *engine) limit(i kit.Instance, limits jwt.OperatorLimits) error {
	account, _ := e.server.LookupOrRegisterAccount(i.Key)
	claims := jwt.NewAccountClaims(i.Key)
	claims.Limits = limits
	e.server.UpdateAccountClaims(account, claims)
	if limits.DiskStorage != 0 && !account.JetStreamEnabled() {
		return fmt.Errorf("nats account %s: no storage; is the disk full?", i.Key)
	}
	return nil
}

// Destroy ends every connection of the account and removes its streams. The name of the account stays
// known to the server, empty and closed, until its next start; so do its counters, hence seen is kept.
func (e *engine) Destroy(_ context.Context, i kit.Instance) error {
	e.mu.Lock()
	for name, u := range e.users {
		if u.account == i.Key {
			delete(e.users, name)
		}
	}
	e.mu.Unlock()
	if _, err := e.server.LookupAccount(i.Key); err == nil {
		if err := e.disconnect(server.ConnzOptions{Account: i.Key}); err != nil {
			return err
		}
		if err := e.count(i); err != nil {
			return err
		}
		if err := e.limit(i, jwt.OperatorLimits{}); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(filepath.Join(e.config.DataDir, "jetstream", i.Key)); err != nil {
		return fmt.Errorf("nats account: %w", err)
	}
	return nil
}

// traffic is what an account had moved when it was last sampled.
type traffic struct{ messages, bytes int64 }

// Sample reads storage, and what moved since the last sample. The server counts from its own start, so a
// kill loses at most what moved between two samples.
func (e *engine) Sample(_ context.Context, i kit.Instance) error {
	account, err := e.server.LookupAccount(i.Key)
	if err != nil {
		return fmt.Errorf("nats account: %w", err)
	}
	e.ledger.SetLevel(i.ID, meterStorage, int64(account.JetStreamUsage().Store))
	return e.count(i)
}

// count adds what moved since the last reading. The server's counters are those of the account: they keep
// what closed connections moved.
func (e *engine) count(i kit.Instance) error {
	e.counting.Lock()
	defer e.counting.Unlock()
	stats, err := e.server.AccountStatz(&server.AccountStatzOptions{Accounts: []string{i.Key}, IncludeUnused: true})
	if err != nil {
		return fmt.Errorf("nats account: %w", err)
	}
	for _, s := range stats.Accounts {
		now := traffic{messages: s.Received.Msgs + s.Sent.Msgs, bytes: s.Received.Bytes + s.Sent.Bytes}
		before := e.seen[i.Key]
		e.seen[i.Key] = now
		e.ledger.Add(i.ID, meterMessages, now.messages-before.messages)
		e.ledger.Add(i.ID, meterTransfer, now.bytes-before.bytes)
	}
	return nil
}

// Done is nil: the server cannot end by itself.
func (e *engine) Done() <-chan struct{} { return nil }

// Close stops the server.
func (e *engine) Close() error {
	if e.server != nil {
		e.server.Shutdown()
		e.server.WaitForShutdown()
	}
	return nil
}
