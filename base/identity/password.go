package identity

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"

	"naru"
)

// The argon2id cost (RFC 9106, second recommended option, less memory): 46 MiB, one
// pass, one lane. It is written into every hash, so it can be raised later.
const (
	argonMemory = 46 * 1024
	argonTime   = 1
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16
)

// The highest cost a stored hash may ask for, so that a forged row cannot stop naru.
const (
	maxMemory = 1 << 20 // KiB
	maxTime   = 16
)

// MinPassword is the shortest password accepted, in bytes.
const MinPassword = 10

// HashPassword returns the PHC string of a password with a fresh salt.
func HashPassword(entropy io.Reader, password naru.Secret) (string, error) {
	if len(password.Open()) < MinPassword {
		return "", naru.NewError(naru.Invalid, "identity.short_password", "min", fmt.Sprint(MinPassword))
	}
	salt := make([]byte, argonSalt)
	if _, err := io.ReadFull(entropy, salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	return phc(salt, argon2.IDKey([]byte(password.Open()), salt, argonTime, argonMemory, argonLanes, argonKey)), nil
}

// Decoy returns a PHC string that no password fits, at no cost: its key is random and
// not derived. Comparing with it takes as long as with any other.
func Decoy(entropy io.Reader) (string, error) {
	var b [argonSalt + argonKey]byte
	if _, err := io.ReadFull(entropy, b[:]); err != nil {
		return "", fmt.Errorf("decoy: %w", err)
	}
	return phc(b[:argonSalt], b[argonSalt:]), nil
}

// phc writes a hash with its cost and salt.
func phc(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		argonMemory, argonTime, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// CheckPassword reports whether the password fits the hash, a PHC string, in constant time.
func CheckPassword(hash string, password naru.Secret) (bool, error) {
	var (
		version, memory, time int
		lanes                 uint8
	)
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("password hash is not argon2id")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errors.New("password hash has another version")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &lanes); err != nil {
		return false, errors.New("password hash has no cost")
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	want, errKey := base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(errSalt, errKey); err != nil {
		return false, fmt.Errorf("password hash: %w", err)
	}
	if memory < 8 || memory > maxMemory || time < 1 || time > maxTime || lanes < 1 || len(want) < argonKey {
		return false, errors.New("password hash has a cost or a length that naru never wrote")
	}
	got := argon2.IDKey([]byte(password.Open()), salt, uint32(time), uint32(memory), lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
