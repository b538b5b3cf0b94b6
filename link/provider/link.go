package provider

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"time"

	"naru/flow/catalog"
	"naru/wire/osb"
)

// Config says how brokers are reached. The zero value is the strict one.
type Config struct {
	// Timeout bounds one call, its answer included; 0 means 30 seconds.
	Timeout time.Duration
	// Loopback allows brokers on this machine, over plain HTTP too: for the local
	// brokers of `naru run` and for tests.
	Loopback bool
	// TLS holds the certificates that are trusted; nil means those of the system.
	TLS *tls.Config
	// Limit bounds the calls under way to one provider; 0 means 128.
	Limit int
	// Now is the clock of the circuits; nil means the system's.
	Now func() time.Time
}

const defaultTimeout = 30 * time.Second

// Link keeps one client per broker and one pool of connections for all of them.
type Link struct {
	config    Config
	transport *http.Transport
	circuits  *circuits

	mu      sync.Mutex
	clients map[catalog.ProviderID]entry
}

// entry is a client with what it was made from, to notice a change of registration.
type entry struct {
	url, user, password string
	client              *osb.Client
}

// New returns a link.
func New(c Config) *Link {
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.Limit <= 0 {
		c.Limit = defaultLimit
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	l := &Link{config: c, clients: map[catalog.ProviderID]entry{}}
	l.circuits = &circuits{now: c.Now, limit: c.Limit, of: map[catalog.ProviderID]*circuit{}}
	dialer := &net.Dialer{Timeout: min(c.Timeout, 10*time.Second), Control: l.checkAddress}
	l.transport = &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: c.TLS, ForceAttemptHTTP2: true,
		MaxIdleConns: 512, MaxIdleConnsPerHost: 128, IdleConnTimeout: 90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
	}
	return l
}

// Close drops idle connections.
func (l *Link) Close() { l.transport.CloseIdleConnections() }

// client returns the client of a provider's broker.
func (l *Link) client(p catalog.Provider) (*osb.Client, error) {
	if err := l.checkURL(p.BrokerURL); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.clients[p.ID]; ok && e.url == p.BrokerURL && e.user == p.BrokerUser && e.password == p.BrokerPassword.Open() {
		return e.client, nil
	}
	client, err := osb.NewClient(osb.ClientConfig{
		URL: p.BrokerURL, User: p.BrokerUser, Password: osb.Secret(p.BrokerPassword.Open()),
		Timeout: l.config.Timeout, Transport: l.transport,
	})
	if err != nil {
		return nil, addressError{err.Error()}
	}
	if p.ID != "" { // a provider that is not registered yet is not remembered
		l.clients[p.ID] = entry{p.BrokerURL, p.BrokerUser, p.BrokerPassword.Open(), client}
	}
	return client, nil
}

// addressError says why an address is not called.
type addressError struct{ reason string }

func (e addressError) Error() string { return "address refused: " + e.reason }

// checkURL refuses credentials in clear text over a network.
func (l *Link) checkURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "":
		return addressError{"not a URL with a host"}
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return addressError{"not an http or https URL"}
	case l.config.Loopback && isLoopback(u.Hostname()):
		return nil
	}
	return addressError{"plain http would show the password to the network"}
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// checkAddress looks at the address a connection really goes to, after names were resolved.
func (l *Link) checkAddress(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return addressError{"not an address"}
	}
	switch ip := ap.Addr().Unmap().WithZone(""); {
	case ip.IsLoopback() && !l.config.Loopback:
		return addressError{"it leads to this machine"}
	case ip.IsUnspecified(), ip.IsMulticast(), ip.IsLinkLocalUnicast(), ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return addressError{"it leads to an address no service has"}
	}
	return nil
}

// do finds the client and calls with it, if the provider's circuit lets it; a client that
// cannot be made is a call not sent.
func do[A any](ctx context.Context, l *Link, p catalog.Provider, call func(context.Context, *osb.Client) (A, error)) (A, error) {
	client, err := l.client(p)
	if err != nil {
		var none A
		return none, &osb.CallError{Outcome: osb.NotSent, Err: err}
	}
	t, err := l.circuits.enter(p)
	if err != nil {
		var none A
		return none, &osb.CallError{Outcome: osb.NotSent, Err: err}
	}
	a, err := call(ctx, client)
	t.leave(ctx, p, err)
	return a, err
}

// isAddress reports whether a call failed because its address is not allowed.
func isAddress(err error) (reason string, ok bool) {
	var refused addressError
	if errors.As(err, &refused) {
		return refused.reason, true
	}
	return "", false
}
