package messaging

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"math"

	"github.com/nats-io/nats-server/v2/server"

	"naru/broker/kit"
	"naru/wire/osb"
)

// user is one binding: an account and the digest of a password.
type user struct {
	account  string
	password [sha256.Size]byte
}

// credentials are what a binding tells an application.
type credentials struct {
	URI      string `json:"uri"`
	URL      string `json:"url"`
	Username string `json:"username"`
	Password string `json:"password"`
}

func credentialsOf(b osb.Binding) (credentials, error) {
	var c credentials
	if err := json.Unmarshal(b.Credentials, &c); err != nil {
		return c, fmt.Errorf("binding: %w", err)
	}
	return c, nil
}

// Grant lets a new user into the account.
func (e *engine) Grant(_ context.Context, i kit.Instance, g kit.Grant) (osb.Binding, error) {
	c := credentials{URL: e.url, Username: g.Key, Password: kit.NewPassword()}
	c.URI = "nats://" + c.Username + ":" + c.Password + "@" + e.server.Addr().String()
	raw, err := json.Marshal(c)
	if err != nil {
		return osb.Binding{}, fmt.Errorf("binding: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.users[c.Username] = newUser(c, i)
	return osb.Binding{Credentials: raw}, nil
}

func newUser(c credentials, i kit.Instance) user {
	return user{account: i.Key, password: sha256.Sum256([]byte(c.Password))}
}

// Revoke forgets the user and ends its connections.
func (e *engine) Revoke(_ context.Context, _ kit.Instance, g kit.Grant) error {
	e.mu.Lock()
	delete(e.users, g.Key)
	e.mu.Unlock()
	return e.disconnect(server.ConnzOptions{User: g.Key})
}

// disconnect ends the connections that the filter finds.
func (e *engine) disconnect(filter server.ConnzOptions) error {
	filter.Username, filter.Limit = true, math.MaxInt32
	found, err := e.server.Connz(&filter)
	if err != nil {
		return fmt.Errorf("nats connections: %w", err)
	}
	for _, c := range found.Conns {
		_ = e.server.DisconnectClientByID(c.Cid) // one that has just left is gone too
	}
	return nil
}

// Check is the server's question whether a client may enter; an account that is full refuses it after that.
// The lock is held until the client is registered, so that a revoked user is never let in.
func (e *engine) Check(c server.ClientAuthentication) bool {
	asked := c.GetOpts()
	given := sha256.Sum256([]byte(asked.Password))
	e.mu.Lock()
	defer e.mu.Unlock()
	u, known := e.users[asked.Username]
	if subtle.ConstantTimeCompare(given[:], u.password[:]) != 1 || !known {
		return false
	}
	account, err := e.server.LookupAccount(u.account)
	if err != nil {
		return false
	}
	c.RegisterUser(&server.User{Username: asked.Username, Account: account})
	return true
}
