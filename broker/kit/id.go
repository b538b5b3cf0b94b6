package kit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// StableID derives an id of UUID form from a site and names: the same binary run as two sites has
// two catalogues, and a restart has the same one.
func StableID(site string, names ...string) string {
	sum := sha256.Sum256([]byte("naru-broker\x00" + site + "\x00" + strings.Join(names, "\x00")))
	id := sum[:16]
	id[6] = id[6]&0x0f | 0x80 // version 8: derived by a rule of our own (RFC 9562)
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

// Key shortens an id of any characters to 24 hexadecimal ones that engines accept as a name.
func Key(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:12])
}

// NewPassword returns 192 bits of randomness in hexadecimal.
func NewPassword() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails: it ends the program instead
	return hex.EncodeToString(b[:])
}

// slug makes a site name fit for a service name; a name without any ASCII letter or digit becomes a hash.
func slug(site string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(site) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if s := strings.TrimSuffix(b.String(), "-"); s != "" {
		return s
	}
	return "site-" + Key(site)[:8]
}
