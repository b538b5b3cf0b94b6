package inventory

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"naru/base/policy"
)

// SystemID identifies an information system: "sys_…".
type SystemID string

// ComponentID identifies a component: "cmp_…".
type ComponentID string

// System is an information system (정보시스템) of one institution, with its components.
// Facts holds the facts of the system itself; a component adds its own.
type System struct {
	ID          SystemID      `json:"id"`
	Institution InstitutionID `json:"institution"`
	Code        string        `json:"code"` // the institution's own key, unique within it
	Name        string        `json:"name"`
	NameEn      string        `json:"name_en,omitempty"`
	Facts       policy.Facts  `json:"-"`
	Components  []Component   `json:"components"`
	Needs       []SystemID    `json:"needs,omitempty"` // systems it cannot work without (의존 시스템), of any institution
	Version     int64         `json:"version"`         // raised by every change
	Source      string        `json:"source,omitempty"`
	Synthetic   bool          `json:"synthetic"`
	UpdatedAt   time.Time     `json:"updated_at"`
}

// Component is a part of a system that may run in a place of its own (구성요소): a web
// front, a database of personal data, a batch job.
type Component struct {
	ID    ComponentID  `json:"id"`
	Name  string       `json:"name"`
	Facts policy.Facts `json:"-"`
	// Links names the components of the same system it exchanges data with (연계 구성요소).
	// A link holds both ways, whichever of the two names it.
	Links []string `json:"links,omitempty"`
}

// Digest returns the hex SHA-256 over everything an officer can change, so that a
// re-import can tell changed from unchanged.
func (s *System) Digest(schema *policy.Schema) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %t %s\n", s.Code, s.Name, s.NameEn, s.Synthetic, schema.Encode(&s.Facts))
	for i := range s.Components {
		fmt.Fprintf(h, "%q %s\n", s.Components[i].Name, schema.Encode(&s.Components[i].Facts))
		for _, name := range s.Components[i].Links {
			fmt.Fprintf(h, "link %q\n", name)
		}
	}
	for _, id := range s.Needs {
		fmt.Fprintf(h, "needs %q\n", id)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// FactsOf returns the facts of one component with those of its system and its
// institution beneath: what rules are asked about.
func FactsOf(schema *policy.Schema, kind string, s *System, c *Component) policy.Facts {
	var f policy.Facts
	if kind != "" {
		_ = schema.Set(&f, "institution.kind", kind) // a kind outside the list stays unknown
	}
	f.Merge(&s.Facts)
	f.Merge(&c.Facts)
	return f
}

// SystemRow is one line of a list of systems.
type SystemRow struct {
	ID              SystemID      `json:"id"`
	Institution     InstitutionID `json:"institution"`
	InstitutionName string        `json:"institution_name"`
	Code            string        `json:"code"`
	Name            string        `json:"name"`
	Site            string        `json:"site"`        // code of system.site, "" = unknown
	Stage           string        `json:"stage"`       // code of system.stage, "" = unknown
	Grade           int64         `json:"grade"`       // 1 to 4, 0 = unknown
	YearlyCost      int64         `json:"yearly_cost"` // won, 0 = unknown
	Components      int64         `json:"components"`
	Synthetic       bool          `json:"synthetic"`
}

// Filter narrows a list of systems.
type Filter struct {
	Institution InstitutionID `json:"institution,omitempty"`
	Query       string        `json:"query,omitempty" doc:"part of name or code"`
	Site        string        `json:"site,omitempty"`
	Grade       int64         `json:"grade,omitempty"`
	Synthetic   bool          `json:"synthetic,omitempty" doc:"only example data"`
}
