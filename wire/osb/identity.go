package osb

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Header names of the specification.
const (
	HeaderVersion   = "X-Broker-API-Version"
	HeaderIdentity  = "X-Broker-API-Originating-Identity"
	HeaderRequestID = "X-Broker-API-Request-Identity"
)

// Version is the version of the API this package speaks.
const Version = "2.17"

// Identity is the originating identity: the platform's name and its own JSON object about the user.
type Identity struct {
	Platform string
	Value    json.RawMessage
}

// String renders the header value: the platform, a space and the base64 of the JSON object.
func (i Identity) String() string {
	return i.Platform + " " + base64.StdEncoding.EncodeToString(i.Value)
}

// ParseIdentity reads the header value of section "Originating Identity".
func ParseIdentity(header string) (Identity, error) {
	platform, encoded, ok := strings.Cut(strings.TrimSpace(header), " ")
	if !ok || platform == "" || !utf8.ValidString(platform) {
		return Identity{}, errors.New("originating identity: want `platform base64`")
	}
	value, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return Identity{}, fmt.Errorf("originating identity: %w", err)
	}
	if !isObject(value) || !utf8.Valid(value) {
		return Identity{}, errors.New("originating identity: value is not a JSON object in UTF-8")
	}
	return Identity{Platform: platform, Value: value}, nil
}

// ContextPlatform returns the platform named by a context object, or "".
func ContextPlatform(context json.RawMessage) string {
	var c struct {
		Platform string `json:"platform"`
	}
	if json.Unmarshal(context, &c) != nil {
		return ""
	}
	return c.Platform
}

// isObject reports whether raw is exactly one JSON object.
func isObject(raw []byte) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) > 1 && raw[0] == '{' && json.Valid(raw)
}

// isAbsent reports whether an optional JSON value was left out or null.
func isAbsent(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || string(raw) == "null"
}
