package inventory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"naru"
	"naru/base/op"
)

// ImportInstitutionsIn is a sheet of institutions as rows; parents are named by code
// and may stand anywhere in the sheet or in the store.
type ImportInstitutionsIn struct {
	Rows        []InstitutionRow `json:"rows"`
	Source      string           `json:"source"`
	SkipRefused bool             `json:"skip_refused,omitempty"`
}

func importInstitutions(ctx context.Context, c *op.Call, s Store, in ImportInstitutionsIn) (Report, error) {
	stored, err := s.AllInstitutions(ctx)
	if err != nil {
		return Report{}, err
	}
	put, report := planInstitutions(c, stored, in)
	if report.Refused > 0 && !in.SkipRefused {
		return Report{}, naru.NewError(naru.Invalid, "inventory.import_refused",
			"refused", fmt.Sprint(report.Refused), "rows", fmt.Sprint(report.Rows)).WithProblems(report.Problems)
	}
	if err := s.PutInstitutions(ctx, put); err != nil {
		return Report{}, fmt.Errorf("import of %s: %w", in.Source, err)
	}
	report.Written = true
	c.Record(nil, "source", in.Source, "rows", fmt.Sprint(report.Rows), "added", fmt.Sprint(report.Added),
		"changed", fmt.Sprint(report.Changed), "unchanged", fmt.Sprint(report.Unchanged), "refused", fmt.Sprint(report.Refused))
	return report, nil
}

// planInstitutions compares a sheet with what is stored.
func planInstitutions(c *op.Call, stored []Institution, in ImportInstitutionsIn) ([]Institution, Report) {
	byCode := make(map[string]Institution, len(stored)+len(in.Rows))
	byID := make(map[InstitutionID]Institution, len(stored))
	for _, i := range stored {
		byCode[i.Code], byID[i.ID] = i, i
	}
	report := Report{Rows: len(in.Rows)}
	good := acceptInstitutions(c, in, byCode, &report)
	var put []Institution
	for _, row := range good {
		inst := byCode[row.Code]
		if row.ParentCode != "" {
			inst.Parent = byCode[row.ParentCode].ID
		}
		old, exists := byID[inst.ID]
		switch {
		case !exists:
			report.Added++
		case old == inst:
			report.Unchanged++
			continue
		default:
			report.Changed++
		}
		put = append(put, inst)
	}
	return put, report
}

// acceptInstitutions checks the rows and gives every good one its id.
func acceptInstitutions(c *op.Call, in ImportInstitutionsIn, byCode map[string]Institution, report *Report) []InstitutionRow {
	named := make(map[string]bool, len(in.Rows))
	for _, row := range in.Rows {
		named[row.Code] = true
	}
	seen := make(map[string]int, len(in.Rows))
	var good []InstitutionRow
	for _, row := range in.Rows {
		if p, bad := institutionFault(row, seen, func(code string) bool { _, ok := byCode[code]; return ok || named[code] }); bad {
			report.Refused++
			report.Problem++
			if len(report.Problems) < MaxProblems {
				report.Problems = append(report.Problems, p)
			}
			continue
		}
		seen[row.Code] = row.Row
		inst := row.Value
		inst.Code, inst.Source = row.Code, in.Source
		if old, ok := byCode[row.Code]; ok {
			inst.ID, inst.Parent, inst.Source = old.ID, old.Parent, old.Source
		} else {
			inst.ID = InstitutionID(c.NewID("inst"))
		}
		byCode[row.Code] = inst
		good = append(good, row)
	}
	return good
}

func institutionFault(row InstitutionRow, seen map[string]int, exists func(string) bool) (naru.Problem, bool) {
	fault := func(field, key string, args ...string) (naru.Problem, bool) {
		return naru.Problem{Row: row.Row, Field: field, Message: naru.Msg(key, args...)}, true
	}
	first, twice := seen[row.Code]
	switch {
	case row.Code == "":
		return fault("code", "inventory.code_missing")
	case row.Value.Name == "":
		return fault("name", "inventory.name_missing")
	case twice:
		return fault("code", "inventory.duplicate_code", "code", clip(row.Code), "row", fmt.Sprint(first))
	case row.ParentCode == row.Code:
		return fault("parent", "inventory.own_parent", "code", clip(row.Code))
	case row.ParentCode != "" && !exists(row.ParentCode):
		return fault("parent", "inventory.unknown_institution", "value", clip(row.ParentCode))
	}
	return naru.Problem{}, false
}

// institutionsOf returns the ids of the institutions concerned, sorted.
func institutionsOf(systems []System) []string {
	var ids []string
	for i := range systems {
		ids = append(ids, string(systems[i].Institution))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// digestOf is the digest of a batch: the record keeps it in place of the rows.
func digestOf(systems []System) string {
	schema, h := Facts(), sha256.New()
	for i := range systems {
		fmt.Fprintln(h, systems[i].ID, systems[i].Digest(schema))
	}
	return hex.EncodeToString(h.Sum(nil))
}
