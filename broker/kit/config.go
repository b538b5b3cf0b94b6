package kit

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
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
	// SiteName says which site this process plays ("gov", "priv"); service and plan ids follow from it. Required.
	SiteName string
	// SiteTitle is the site's name for people; SiteName when empty.
	SiteTitle Text
	// Venue is the kind of place the site is (이용 장소): "government", "private" ...; shown in the catalogue.
	Venue string
	// Region is where the site stands, shown in the catalogue; SiteName when empty.
	Region string
	// Synthetic marks the catalogue as an example that no real provider offers.
	Synthetic bool
	// User and Password are the platform's basic credentials: "naru", and a generated password that is
	// kept in DataDir and told in the ready line, when empty.
	User     string
	Password osb.Secret
	// EngineDirs are folders searched for engine binaries before the usual places.
	EngineDirs []string
	// Quotas replaces the storage quota, in bytes, of the plans it names.
	Quotas map[string]int64
	// SampleEvery is how often usage is measured and soft quotas are looked at, 2 seconds when zero. A
	// reading of usage measures too.
	SampleEvery time.Duration
	// Maintenance replaces the version that maintenance_info names, which is the engine's when empty.
	Maintenance string
	// Now replaces the clock in tests.
	Now func() time.Time `json:"-"`
}

const (
	defaultAddr = "127.0.0.1:0"
	defaultUser = "naru"
	// sampleEvery is how often engines that cannot report changes are asked for their levels.
	sampleEvery = 2 * time.Second
)

// Checked returns the configuration with its defaults and an absolute DataDir.
func (c Config) Checked() (Config, error) {
	if c.DataDir == "" || c.SiteName == "" {
		return c, errors.New("broker: data directory and site name are required")
	}
	if c.SampleEvery < 0 {
		return c, errors.New("broker: the time between samples must be positive")
	}
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return c, fmt.Errorf("broker: data directory: %w", err)
	}
	c.DataDir = dir
	c.Addr, c.User = cmp.Or(c.Addr, defaultAddr), cmp.Or(c.User, defaultUser)
	c.SampleEvery = cmp.Or(c.SampleEvery, sampleEvery)
	c.Region = cmp.Or(c.Region, c.SiteName)
	c.SiteTitle = Text{Ko: cmp.Or(c.SiteTitle.Ko, c.SiteName), En: cmp.Or(c.SiteTitle.En, c.SiteName)}
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

// withPassword completes the configuration with the password kept in DataDir, made at the first start.
// generated tells whether that was needed: then the ready line must tell it.
func (c Config) withPassword() (_ Config, generated bool, err error) {
	if c.Password != "" {
		return c, false, nil
	}
	path := filepath.Join(c.DataDir, "password")
	kept, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		kept = []byte(NewPassword())
		err = WriteFile(path, kept)
	}
	if err != nil {
		return c, false, fmt.Errorf("password: %w", err)
	}
	c.Password = osb.Secret(kept)
	return c, true, nil
}

// Host is the host part of the listening address, on which engines listen too.
func (c Config) Host() string {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil || strings.TrimSpace(host) == "" {
		return "127.0.0.1"
	}
	return host
}
