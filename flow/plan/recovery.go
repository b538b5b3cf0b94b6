package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"naru"
	"naru/base/op"
	"naru/flow/inventory"
)

// Result is how a stated recovery time stands to the target of the system's grade.
type Result string

// The results. An unknown grade or time is neither a yes nor a no.
const (
	Meets    Result = "meets"
	Misses   Result = "misses"
	Unknown  Result = "unknown"
	NoTarget Result = "no_target"
)

// Results lists the results in the order counts show them.
func Results() []Result { return []Result{Meets, Misses, Unknown, NoTarget} }

// RecoveryIn says whose systems to compare and which rows to show.
type RecoveryIn struct {
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"one institution; empty for all the caller sees"`
	Result      Result                  `json:"result,omitempty" doc:"only meets, misses, unknown or no_target"`
	Grade       int64                   `json:"grade,omitempty" doc:"only this system grade, 1 to 4"`
	naru.Page
}

// Recovery compares stated recovery times with the announced targets (복구 목표).
type Recovery struct {
	Classes      []Class       `json:"classes"` // as announced
	Announced    naru.Date     `json:"announced"`
	InForce      bool          `json:"in_force"` // false: a plan and no rule
	Source       string        `json:"source"`
	Targets      []Target      `json:"targets"` // configuration: no source maps grades to classes
	Grades       []ResultCount `json:"grades"`
	Institutions []ResultCount `json:"institutions"` // most misses first
	Synthetic    bool          `json:"synthetic"`
	Rows         []RecoveryRow `json:"rows"`
	Following    string        `json:"next,omitempty"` // cursor of the next rows
}

// ResultCount counts the results of a grade or an institution.
type ResultCount struct {
	Key      string `json:"key"` // grade, "" = unknown; or institution id
	Name     string `json:"name,omitempty"`
	Systems  int    `json:"systems"`
	Meets    int    `json:"meets"`
	Misses   int    `json:"misses"`
	Unknown  int    `json:"unknown"`
	NoTarget int    `json:"no_target"`
}

func (r *ResultCount) add(result Result) {
	r.Systems++
	switch result {
	case Meets:
		r.Meets++
	case Misses:
		r.Misses++
	case NoTarget:
		r.NoTarget++
	default:
		r.Unknown++
	}
}

// RecoveryRow is one system with what it states and what it is held against.
type RecoveryRow struct {
	System          inventory.SystemID      `json:"system"`
	Institution     inventory.InstitutionID `json:"institution"`
	InstitutionName string                  `json:"institution_name"`
	Code            string                  `json:"code"`
	Name            string                  `json:"name"`
	Grade           int64                   `json:"grade"` // 0 = unknown
	Result          Result                  `json:"result"`
	RTO             *int64                  `json:"rto_minutes,omitempty"` // stated; absent = unknown
	RPO             *int64                  `json:"rpo_minutes,omitempty"`
	Class           string                  `json:"class,omitempty"`
	Target          int64                   `json:"target_minutes,omitempty"` // 0 = none
	Synthetic       bool                    `json:"synthetic"`
}

// held compares what a system states with a target.
func held(t Target, rto, rpo int64) Result {
	if t.RTO == 0 && t.RPO == 0 {
		return NoTarget
	}
	sure := true
	for _, v := range [2]struct{ stated, target int64 }{{rto, t.RTO}, {rpo, t.RPO}} {
		switch {
		case v.target == 0:
		case v.stated == unknown:
			sure = false
		case v.stated > v.target:
			return Misses
		}
	}
	if !sure {
		return Unknown
	}
	return Meets
}

// judge compares one system with the target of its grade.
func judge(targets []Target, t traits) (Result, Target) {
	i := slices.IndexFunc(targets, func(x Target) bool { return x.Grade == t.grade })
	if t.grade == unknown || i < 0 {
		return Unknown, Target{}
	}
	return held(targets[i], t.rto, t.rpo), targets[i]
}

func (d desk) recovery(ctx context.Context, c *op.Call, s Store, in RecoveryIn) (Recovery, error) {
	scope, err := inventory.Within(c.Actor, in.Institution)
	if err != nil {
		return Recovery{}, err
	}
	if in.Result != "" && !slices.Contains(Results(), in.Result) {
		return Recovery{}, naru.NewError(naru.Invalid, "plan.unknown_result", "result", fmt.Sprintf("%.40s", string(in.Result)))
	}
	estate, err := s.PlanEstate(ctx, scope)
	if err != nil {
		return Recovery{}, fmt.Errorf("estate of %q: %w", scope, err)
	}
	out := d.compare(estate, in)
	from, to, next := window(len(out.Rows), in.Page)
	out.Rows, out.Following = out.Rows[from:to], next
	return out, nil
}

// compare counts and lists; it is pure.
func (d desk) compare(estate []Subject, in RecoveryIn) Recovery {
	out := Recovery{Classes: Classes(), Announced: ClassesDate, Source: ClassesSource, Targets: d.cfg.targets(), Rows: []RecoveryRow{}}
	grades := make([]ResultCount, 5) // 0 = unknown
	bodies := map[inventory.InstitutionID]*ResultCount{}
	for i := range estate {
		s := &estate[i]
		t := d.read(s)
		result, target := judge(out.Targets, t)
		grade := max(t.grade, 0)
		grades[grade].add(result)
		if bodies[s.Institution] == nil {
			bodies[s.Institution] = &ResultCount{Key: string(s.Institution), Name: s.InstitutionName}
		}
		bodies[s.Institution].add(result)
		out.Synthetic = out.Synthetic || s.Synthetic
		if (in.Result == "" || in.Result == result) && (in.Grade == 0 || in.Grade == grade) {
			out.Rows = append(out.Rows, recoveryRow(s, t, result, target))
		}
	}
	out.Grades, out.Institutions = gradeCounts(grades), bodyCounts(bodies)
	slices.SortFunc(out.Rows, compareRecovery)
	return out
}

func recoveryRow(s *Subject, t traits, result Result, target Target) RecoveryRow {
	r := RecoveryRow{
		System: s.ID, Institution: s.Institution, InstitutionName: s.InstitutionName, Code: s.Code, Name: s.Name,
		Grade: max(t.grade, 0), Result: result, Class: target.Class, Target: target.RTO, Synthetic: s.Synthetic,
	}
	if t.rto != unknown {
		r.RTO = &t.rto
	}
	if t.rpo != unknown {
		r.RPO = &t.rpo
	}
	return r
}

// compareRecovery puts misses first, then what nobody knows, by grade.
func compareRecovery(a, b RecoveryRow) int {
	order := []Result{Misses, Unknown, Meets, NoTarget}
	return cmp.Or(
		slices.Index(order, a.Result)-slices.Index(order, b.Result), cmp.Compare(ranked(a.Grade), ranked(b.Grade)),
		cmp.Compare(a.InstitutionName, b.InstitutionName), cmp.Compare(a.Code, b.Code), cmp.Compare(a.System, b.System),
	)
}

// ranked puts an unknown grade behind the last.
func ranked(grade int64) int64 {
	if grade < 1 {
		return 5
	}
	return grade
}

func gradeCounts(counts []ResultCount) []ResultCount {
	list := make([]ResultCount, 0, len(counts))
	for grade := int64(1); grade <= 5; grade++ {
		g := counts[grade%5]
		if grade < 5 {
			g.Key = fmt.Sprint(grade)
		}
		if grade < 5 || g.Systems > 0 {
			list = append(list, g)
		}
	}
	return list
}

func bodyCounts(bodies map[inventory.InstitutionID]*ResultCount) []ResultCount {
	list := make([]ResultCount, 0, len(bodies))
	for _, b := range bodies {
		list = append(list, *b)
	}
	slices.SortFunc(list, func(a, b ResultCount) int {
		return cmp.Or(b.Misses-a.Misses, b.Unknown-a.Unknown, cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
	})
	return list
}
