package naru

// Secret is a value that must not be seen: it prints and marshals as stars. Only
// the doors and links that have to hand it on call Open.
type Secret struct{ value string }

// NewSecret wraps a value.
func NewSecret(v string) Secret { return Secret{value: v} }

// Open returns the value. Each caller is a place to review.
func (s Secret) Open() string { return s.value }

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.value == "" }

// String implements fmt.Stringer with stars.
func (Secret) String() string { return "******" }

// GoString implements fmt.GoStringer with stars.
func (Secret) GoString() string { return "naru.Secret(******)" }

// MarshalText implements encoding.TextMarshaler with stars, so that JSON, logs and
// metrics never carry the value.
func (Secret) MarshalText() ([]byte, error) { return []byte("******"), nil }

// UnmarshalText implements encoding.TextUnmarshaler: a secret may come in as JSON
// and never goes out so.
func (s *Secret) UnmarshalText(text []byte) error {
	s.value = string(text)
	return nil
}
