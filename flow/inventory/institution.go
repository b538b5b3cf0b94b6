package inventory

import (
	"naru"
	"naru/base/identity"
)

// InstitutionID identifies an institution: "inst_…".
type InstitutionID string

// Institution is a body of government (기관) as it stood from one date to another. A
// reorganisation closes one row and opens the next, so that any date can be asked.
type Institution struct {
	ID        InstitutionID `json:"id"`
	Code      string        `json:"code"` // 행정표준코드 기관코드, or a code the source gives
	Name      string        `json:"name"`
	NameEn    string        `json:"name_en,omitempty"`
	Kind      string        `json:"kind"`               // code of institution.kind, "" = unknown
	Ministry  string        `json:"ministry,omitempty"` // competent ministry by name
	Parent    InstitutionID `json:"parent,omitempty"`
	ValidFrom naru.Date     `json:"valid_from,omitempty"`
	ValidTo   naru.Date     `json:"valid_to,omitempty"`
	Synthetic bool          `json:"synthetic"` // example data, shown as such everywhere
	Source    string        `json:"source,omitempty"`
}

// InstitutionRow is one institution as a file gives it; the parent by its code.
type InstitutionRow struct {
	Row        int         `json:"row"`
	Code       string      `json:"code"`
	ParentCode string      `json:"parent_code,omitempty"`
	Value      Institution `json:"value"`
}

// Within bounds a wish to what the caller sees: everybody else's institution is refused,
// and no wish means everything in sight.
func Within(a naru.Actor, wish InstitutionID) (InstitutionID, error) {
	scope := InstitutionID(identity.Scope(a))
	if scope == "" || wish == scope {
		return wish, nil
	}
	if wish != "" {
		return "", identity.RequireSight(a, string(wish), string(wish))
	}
	return scope, nil
}
