package osb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
	"unicode/utf8"
)

// caller collects who sent the request; the identity was checked before routing.
func caller(r *http.Request) Caller {
	c := Caller{RequestID: r.Header.Get(HeaderRequestID)}
	if identity, err := ParseIdentity(r.Header.Get(HeaderIdentity)); err == nil {
		c.Identity = &identity
	}
	return c
}

func acceptsIncomplete(r *http.Request) bool {
	return r.URL.Query().Get("accepts_incomplete") == "true"
}

// readBody reads one JSON object into v and refuses what is too large, of another type or malformed.
func readBody(r *http.Request, v any) error {
	if ct := r.Header.Get("Content-Type"); ct != "" {
		if media, _, err := mime.ParseMediaType(ct); err != nil || media != "application/json" {
			return BadRequest("Content-Type must be application/json")
		}
	}
	raw, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &Error{Status: http.StatusRequestEntityTooLarge, Description: fmt.Sprintf("request body is larger than %d bytes", tooLarge.Limit)}
	}
	if err != nil {
		return BadRequest("request body could not be read")
	}
	return decodeObject(raw, v)
}

func decodeObject(raw []byte, v any) error {
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return BadRequest("request body must be a JSON object")
	}
	if !utf8.Valid(raw) { // a decoder would put replacement characters in its place: two ids could become one
		return BadRequest("request body is not UTF-8")
	}
	if name := repeatedField(raw); name != "" {
		return BadRequest(fmt.Sprintf("request body: field %.80q stands twice", name))
	}
	if err := json.Unmarshal(raw, v); err != nil {
		var shape *json.UnmarshalTypeError
		if errors.As(err, &shape) {
			return BadRequest(fmt.Sprintf("request body: field %q must be a %s", shape.Field, shape.Type))
		}
		return BadRequest("request body is not valid JSON")
	}
	return nil
}

// optionalObject clears a JSON null and refuses what is neither absent nor an object.
func optionalObject(name string, raw *json.RawMessage) error {
	if isAbsent(*raw) {
		*raw = nil
		return nil
	}
	if !isObject(*raw) {
		return BadRequest(name + " must be a JSON object")
	}
	return nil
}

// optionalObjects checks context and parameters: objects, parameters of a size that can be kept, and a
// context of the platform that the originating identity names.
func optionalObjects(c Caller, context, parameters *json.RawMessage) error {
	if len(*parameters) > MaxParameters {
		return &Error{Status: http.StatusRequestEntityTooLarge, Description: fmt.Sprintf("parameters are larger than %d bytes", MaxParameters)}
	}
	if err := errors.Join(optionalObject("context", context), optionalObject("parameters", parameters)); err != nil {
		return err
	}
	if platform := ContextPlatform(*context); c.Identity != nil && platform != "" && platform != c.Identity.Platform {
		return BadRequest("the originating identity names another platform than the context")
	}
	return nil
}

// required refuses an empty value; pairs are name, value, name, value.
func required(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			return BadRequest(pairs[i] + " is required and must not be empty")
		}
	}
	return nil
}

// noMaintenance treats an empty version as absent: deployed platforms send one.
func noMaintenance(m *MaintenanceInfo) *MaintenanceInfo {
	if m == nil || m.Version == "" {
		return nil
	}
	return m
}

func (r *ProvisionRequest) check() error {
	r.MaintenanceInfo = noMaintenance(r.MaintenanceInfo)
	return errors.Join(
		required("service_id", r.ServiceID, "plan_id", r.PlanID,
			"organization_guid", r.OrganizationGUID, "space_guid", r.SpaceGUID),
		optionalObjects(r.Caller, &r.Context, &r.Parameters),
	)
}

func (r *UpdateRequest) check() error {
	r.MaintenanceInfo = noMaintenance(r.MaintenanceInfo)
	if r.PreviousValues != nil {
		r.PreviousValues.MaintenanceInfo = noMaintenance(r.PreviousValues.MaintenanceInfo)
	}
	return errors.Join(required("service_id", r.ServiceID), optionalObjects(r.Caller, &r.Context, &r.Parameters))
}

func (r *BindRequest) check() error {
	var ids error
	switch r.PredecessorBindingID {
	case "":
		ids = required("service_id", r.ServiceID, "plan_id", r.PlanID)
	case r.BindingID:
		ids = BadRequest("predecessor_binding_id must be another binding")
	}
	return errors.Join(ids, optionalObjects(r.Caller, &r.Context, &r.Parameters))
}

// window reads the from and to of a usage query.
func window(r *http.Request) (from, to time.Time, err error) {
	query := r.URL.Query()
	if from, err = time.Parse(time.RFC3339, query.Get("from")); err != nil {
		return from, to, BadRequest("from must be an RFC 3339 time")
	}
	if to, err = time.Parse(time.RFC3339, query.Get("to")); err != nil {
		return from, to, BadRequest("to must be an RFC 3339 time")
	}
	if !from.Before(to) {
		return from, to, BadRequest("from must be before to")
	}
	return from.UTC(), to.UTC(), nil
}
