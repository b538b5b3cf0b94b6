package osb

import "log/slog"

// Secret is a password that does not print, marshal or log; Reveal opens it.
type Secret string

const stars = "***"

// Reveal returns the secret itself; call it only where it goes onto the wire or is compared.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret from %v and %s.
func (s Secret) String() string { return stars }

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return stars }

// MarshalText hides the secret from JSON and other text encodings.
func (s Secret) MarshalText() ([]byte, error) { return []byte(stars), nil }

// LogValue hides the secret from structured logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(stars) }
