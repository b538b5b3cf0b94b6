package osb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Profile is the highest version of the API that a broker takes, from "2.4" to "2.17" (연동 규약 판). The
// empty Profile is the newest. A client with an older Profile sends what that version knows and no more.
type Profile string

const (
	newestMinor = 17
	oldestMinor = 4
)

// The minor version that brought each thing, by the release notes of the specification.
const (
	sinceParameters   = 5
	sinceAsync        = 7
	sinceBindResource = 8
	sincePollHints    = 9
	sinceContext      = 12
	sinceBindContext  = 13
	sinceIdentity     = 13
	sinceFetch        = 14
	sinceAsyncBinding = 14
	sinceMaintenance  = 15
	sinceRequestID    = 15
	sinceFetchHints   = 16
	sinceConditions   = 16
	sinceRotation     = 17
)

// ErrUnsupported is inside the *CallError of a call that the broker's Profile does not know; it was not sent.
var ErrUnsupported = errors.New("the broker's version of the API does not know this call")

// Profiles lists every Profile, the newest first.
func Profiles() []Profile {
	var list []Profile
	for minor := newestMinor; minor >= oldestMinor; minor-- {
		list = append(list, profileOf(minor))
	}
	return list
}

func profileOf(minor int) Profile { return Profile("2." + strconv.Itoa(minor)) }

// ParseProfile reads a version such as "2.13"; empty text is the newest.
func ParseProfile(s string) (Profile, error) {
	for _, p := range Profiles() {
		if s == "" || s == string(p) {
			return p, nil
		}
	}
	return "", fmt.Errorf("version %.20q of the API is not one of 2.%d to 2.%d", s, oldestMinor, newestMinor)
}

// Version is what the version header says.
func (p Profile) Version() string {
	if p == "" {
		return Version
	}
	return string(p)
}

// minor is the number behind the point; a Profile that was not parsed counts as the newest.
func (p Profile) minor() int {
	minor, err := strconv.Atoi(strings.TrimPrefix(string(p), "2."))
	if err != nil {
		return newestMinor
	}
	return minor
}

func (p Profile) has(since int) bool { return p.minor() >= since }

// need refuses a call that the version does not know.
func (p Profile) need(op Operation, since int) error {
	if p.has(since) {
		return nil
	}
	return notSent(op, ErrUnsupported)
}

func (p Profile) provision(r ProvisionRequest) ProvisionRequest {
	r.AcceptsIncomplete = r.AcceptsIncomplete && p.has(sinceAsync)
	if !p.has(sinceParameters) {
		r.Parameters = nil
	}
	if !p.has(sinceContext) {
		r.Context = nil
	}
	if !p.has(sinceMaintenance) {
		r.MaintenanceInfo = nil
	}
	return r
}

func (p Profile) update(r UpdateRequest) UpdateRequest {
	r.AcceptsIncomplete = r.AcceptsIncomplete && p.has(sinceAsync)
	if !p.has(sinceParameters) {
		r.Parameters = nil
	}
	if !p.has(sinceContext) {
		r.Context = nil
	}
	if !p.has(sinceMaintenance) {
		r.MaintenanceInfo = nil
		if r.PreviousValues != nil {
			previous := *r.PreviousValues
			previous.MaintenanceInfo = nil
			r.PreviousValues = &previous
		}
	}
	return r
}

func (p Profile) bind(r BindRequest) BindRequest {
	r.AcceptsIncomplete = r.AcceptsIncomplete && p.has(sinceAsyncBinding)
	if !p.has(sinceParameters) {
		r.Parameters = nil
	}
	if !p.has(sinceBindContext) {
		r.Context = nil
	}
	if !p.has(sinceBindResource) && r.BindResource != nil {
		if r.AppGUID == "" {
			r.AppGUID = r.BindResource.AppGUID
		}
		r.BindResource = nil
	}
	return r
}

// hints are the service and plan of a query that only later versions know.
func (p Profile) hints(since int, pairs ...string) []string {
	if p.has(since) {
		return pairs
	}
	return nil
}

// FindCatalog reads the catalogue in the newest version the broker takes: while it answers 412, the client
// steps down. It returns that version. A client made with a Profile asks for that one only.
func (c *Client) FindCatalog(ctx context.Context, r CatalogRequest) (CatalogResponse, Profile, error) {
	if c.profile != "" {
		got, err := c.Catalog(ctx, r)
		return got, c.profile, err
	}
	var first error
	for _, p := range Profiles() {
		older := *c
		older.profile = p
		got, err := older.Catalog(ctx, r)
		if StatusOf(err) != http.StatusPreconditionFailed {
			return got, p, err
		}
		if first == nil {
			first = err
		}
	}
	return CatalogResponse{}, "", first
}
