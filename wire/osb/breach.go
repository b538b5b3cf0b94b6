package osb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxSchemaBytes bounds one schema (section "Schemas Object": 64 kB).
const maxSchemaBytes = 64 << 10

// semver is the grammar of semantic versioning 2.0: no leading zeros in numbers, no empty identifiers.
var semver = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)` +
	`(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?` +
	`(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)

// The rules a catalogue can break (section "Catalog Management").
const (
	RuleServices    = "services"    // the field services is an array
	RuleNamed       = "named"       // id, name and description are not empty
	RuleIDs         = "ids"         // ids of services and plans are unique over the catalogue
	RuleNames       = "names"       // service names are unique, plan names within their service
	RulePlans       = "plans"       // a service has a plan
	RuleRequires    = "requires"    // requires names permissions of the specification
	RuleSchemas     = "schemas"     // schemas are objects with $schema, without references outwards, up to 64 kB
	RuleMaintenance = "maintenance" // maintenance_info.version is semantic versioning 2.0
	RulePolling     = "polling"     // maximum_polling_duration is not negative
)

// Breach is one place where a catalogue breaks a rule.
type Breach struct {
	Rule string
	// At is the place, e.g. "services[0].plans[1]".
	At   string
	What string
}

// String is the place and what is wrong there.
func (b Breach) String() string { return b.At + ": " + b.What }

// Problems lists every breach of the MUST rules of section "Catalog Management" as text; none means valid.
func (c Catalog) Problems() []string {
	var list []string
	for _, b := range c.Breaches() {
		list = append(list, b.String())
	}
	return list
}

// Breaches lists every breach of the MUST rules of section "Catalog Management"; none means valid.
func (c Catalog) Breaches() []Breach {
	v := catalogCheck{ids: map[string]string{}, names: map[string]bool{}}
	if c.Services == nil {
		v.add(RuleServices, "services", "must be there and an array")
	}
	for i, s := range c.Services {
		v.service(fmt.Sprintf("services[%d]", i), s)
	}
	return v.breaches
}

type catalogCheck struct {
	ids      map[string]string
	names    map[string]bool
	breaches []Breach
}

func (v *catalogCheck) add(rule, at, format string, args ...any) {
	v.breaches = append(v.breaches, Breach{rule, at, fmt.Sprintf(format, args...)})
}

func (v *catalogCheck) named(at, id, name, description string) {
	if id == "" || name == "" || description == "" {
		v.add(RuleNamed, at, "id, name and description must not be empty")
	}
	if first, seen := v.ids[id]; seen && id != "" {
		v.add(RuleIDs, at, "id %q is already used by %s", id, first)
	}
	v.ids[id] = at
}

func (v *catalogCheck) service(at string, s Service) {
	v.named(at, s.ID, s.Name, s.Description)
	if v.names[s.Name] {
		v.add(RuleNames, at, "service name %q is used twice", s.Name)
	}
	v.names[s.Name] = true
	if len(s.Plans) == 0 {
		v.add(RulePlans, at, "a service must have a plan")
	}
	for _, need := range s.Requires {
		if !slices.Contains([]string{RequiresSyslog, RequiresRoute, RequiresVolume}, need) {
			v.add(RuleRequires, at, "requires %q is not a permission of the specification", need)
		}
	}
	planNames := map[string]bool{}
	for i, p := range s.Plans {
		v.plan(fmt.Sprintf("%s.plans[%d]", at, i), p, planNames)
	}
}

func (v *catalogCheck) plan(at string, p Plan, names map[string]bool) {
	v.named(at, p.ID, p.Name, p.Description)
	if names[p.Name] {
		v.add(RuleNames, at, "plan name %q is used twice in its service", p.Name)
	}
	names[p.Name] = true
	if p.MaintenanceInfo != nil && !semver.MatchString(p.MaintenanceInfo.Version) {
		v.add(RuleMaintenance, at, "maintenance_info.version %q is not semantic versioning 2.0", p.MaintenanceInfo.Version)
	}
	if p.MaximumPollingDuration < 0 {
		v.add(RulePolling, at, "maximum_polling_duration is negative")
	}
	v.schemas(at, p.Schemas)
}

// schemas looks at the three places where a plan may describe parameters.
func (v *catalogCheck) schemas(at string, raw json.RawMessage) {
	if isAbsent(raw) {
		return
	}
	type parameters struct {
		Parameters json.RawMessage `json:"parameters"`
	}
	var s struct {
		Instance struct{ Create, Update parameters } `json:"service_instance"`
		Binding  struct{ Create parameters }         `json:"service_binding"`
	}
	if !isObject(raw) || json.Unmarshal(raw, &s) != nil {
		v.add(RuleSchemas, at+".schemas", "must be an object of objects")
		return
	}
	v.schema(at+".schemas.service_instance.create", s.Instance.Create.Parameters)
	v.schema(at+".schemas.service_instance.update", s.Instance.Update.Parameters)
	v.schema(at+".schemas.service_binding.create", s.Binding.Create.Parameters)
}

func (v *catalogCheck) schema(at string, raw json.RawMessage) {
	if isAbsent(raw) {
		return
	}
	var root map[string]any
	switch {
	case len(raw) > maxSchemaBytes:
		v.add(RuleSchemas, at, "a schema must not be larger than 64 kB")
		return
	case json.Unmarshal(raw, &root) != nil:
		v.add(RuleSchemas, at, "parameters must be a JSON schema object")
		return
	case len(root) == 0:
		return // an empty schema says nothing, and many brokers send it
	}
	if dialect, ok := root["$schema"].(string); !ok || dialect == "" {
		v.add(RuleSchemas, at, "$schema must be there")
	}
	if ref := outwardRef(root); ref != "" {
		v.add(RuleSchemas, at, "must not refer to %q outside of itself", ref)
	}
}

// outwardRef finds a $ref that does not point into the same schema, or "".
func outwardRef(v any) string {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && !strings.HasPrefix(ref, "#") {
			return ref
		}
		for _, inner := range v {
			if ref := outwardRef(inner); ref != "" {
				return ref
			}
		}
	case []any:
		for _, inner := range v {
			if ref := outwardRef(inner); ref != "" {
				return ref
			}
		}
	}
	return ""
}

// repeatedField finds a name that stands twice at the top of a JSON object, or "". Readers differ in
// which of the two they take, so such an object says two things.
func repeatedField(raw []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return ""
	}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return ""
		}
		if seen[name] {
			return name
		}
		seen[name] = true
		var skip json.RawMessage
		if decoder.Decode(&skip) != nil {
			return ""
		}
	}
	return ""
}
