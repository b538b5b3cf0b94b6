package osb

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// The permissions a service may ask for in requires, each for one field of a binding.
const (
	RequiresSyslog = "syslog_drain"
	RequiresRoute  = "route_forwarding"
	RequiresVolume = "volume_mount"
)

// CheckRequires tells which field of a binding a service had to announce in requires and did not, or nil
// (section "Service Offering Object").
func CheckRequires(requires []string, b Binding) error {
	for _, field := range []struct {
		name, permission string
		there            bool
	}{
		{"syslog_drain_url", RequiresSyslog, b.SyslogDrainURL != ""},
		{"route_service_url", RequiresRoute, b.RouteServiceURL != ""},
		{"volume_mounts", RequiresVolume, hasMounts(b.VolumeMounts)},
	} {
		if field.there && !slices.Contains(requires, field.permission) {
			return fmt.Errorf("%s without %q in the catalog's requires", field.name, field.permission)
		}
	}
	return nil
}

func hasMounts(raw json.RawMessage) bool {
	var list []json.RawMessage
	return !isAbsent(raw) && (json.Unmarshal(raw, &list) != nil || len(list) > 0)
}

// Check holds the content of a binding to section "Binding": an object of credentials, times of the right
// form and order, endpoints and volume mounts that are complete.
func (b Binding) Check() error {
	if !isAbsent(b.Credentials) && !isObject(b.Credentials) {
		return errors.New("credentials is not a JSON object")
	}
	if err := b.Metadata.check(); err != nil {
		return err
	}
	for i, e := range b.Endpoints {
		if err := e.check(); err != nil {
			return fmt.Errorf("endpoints[%d]: %w", i, err)
		}
	}
	return checkMounts(b.VolumeMounts)
}

func (m *BindingMetadata) check() error {
	if m == nil {
		return nil
	}
	var expires time.Time
	var err error
	if m.ExpiresAt != "" {
		if expires, err = parseTimestamp(m.ExpiresAt); err != nil {
			return errors.New("expires_at is not a timestamp")
		}
	}
	if m.RenewBefore == "" {
		return nil
	}
	renew, err := parseTimestamp(m.RenewBefore)
	if err != nil || m.ExpiresAt != "" && renew.After(expires) {
		return errors.New("renew_before is not a timestamp before expires_at")
	}
	return nil
}

var portText = regexp.MustCompile(`^(\d{1,5})(?:-(\d{1,5}))?$`)

// check wants a host, ports or ranges of ports as text, and a protocol of the specification.
func (e Endpoint) check() error {
	if e.Host == "" || len(e.Ports) == 0 {
		return errors.New("host and ports are required")
	}
	for _, port := range e.Ports {
		parts := portText.FindStringSubmatch(port)
		if parts == nil || !isPort(parts[1]) || parts[2] != "" && !isPort(parts[2]) {
			return fmt.Errorf("%q is not a port", port)
		}
	}
	if !slices.Contains([]string{"", "tcp", "udp", "all"}, e.Protocol) {
		return fmt.Errorf("%q is not a protocol", e.Protocol)
	}
	return nil
}

func isPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0 && n < 1<<16
}

// checkMounts wants every volume mount to say where and how (section "Volume Mounts Object").
func checkMounts(raw json.RawMessage) error {
	if isAbsent(raw) {
		return nil
	}
	var list []struct {
		Driver       string          `json:"driver"`
		ContainerDir string          `json:"container_dir"`
		Mode         string          `json:"mode"`
		DeviceType   string          `json:"device_type"`
		Device       json.RawMessage `json:"device"`
	}
	if json.Unmarshal(raw, &list) != nil {
		return errors.New("volume_mounts is not an array of mounts")
	}
	for i, m := range list {
		switch {
		case m.Driver == "" || m.ContainerDir == "" || m.DeviceType == "" || !isObject(m.Device):
			return fmt.Errorf("volume_mounts[%d]: driver, container_dir, device_type and device are required", i)
		case m.Mode != "r" && m.Mode != "rw":
			return fmt.Errorf("volume_mounts[%d]: mode must be r or rw", i)
		}
	}
	return nil
}

// parseTimestamp reads the specification's yyyy-mm-ddThh:mm:ss.sZ.
func parseTimestamp(s string) (time.Time, error) {
	return time.Parse("2006-01-02T15:04:05.999999999Z", s)
}
