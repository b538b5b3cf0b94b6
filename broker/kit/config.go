package kit

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"naru/wire/osb"
)

// Config is what every reference broker needs to run. The zero value of a field means its default.
type Config struct {
	// Addr is where the broker listens, "127.0.0.1:0" by default; only loopback unless it says otherwise.
	Addr string
	// DataDir holds state, usage and the engine's data; required.
	DataDir string
	// SiteName says which site this process plays; service and plan ids follow from it. Required.
	SiteName string
	// User and Password are the platform's basic credentials; required.
	User     string
	Password osb.Secret
	// EngineDirs are folders searched for engine binaries before the usual places.
	EngineDirs []string
	// Quotas replaces the storage quota, in bytes, of the plans it names.
	Quotas map[string]int64
	// Now replaces the clock in tests.
	Now func() time.Time `json:"-"`
}

const (
	defaultAddr = "127.0.0.1:0"
	// SampleEvery is how often engines that cannot report changes are asked for their levels.
	SampleEvery = 2 * time.Second
)

// Checked returns the configuration with its defaults and an absolute DataDir.
func (c Config) Checked() (Config, error) {
	if c.DataDir == "" || c.SiteName == "" || c.User == "" || c.Password == "" {
		return c, errors.New("broker: data directory, site name, user and password are required")
	}
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return c, fmt.Errorf("broker: data directory: %w", err)
	}
	c.DataDir = dir
	if c.Addr == "" {
		c.Addr = defaultAddr
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return c, fmt.Errorf("broker: address: %w", err)
	}
	for plan, quota := range c.Quotas {
		if quota <= 0 {
			return c, fmt.Errorf("broker: quota of plan %q must be positive", plan)
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

// Host is the host part of the listening address, on which engines listen too.
func (c Config) Host() string {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil || strings.TrimSpace(host) == "" {
		return "127.0.0.1"
	}
	return host
}
