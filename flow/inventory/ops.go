package inventory

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"naru"
	"naru/base/identity"
	"naru/base/op"
)

// Store is what this step needs of a transaction.
type Store interface {
	Institution(ctx context.Context, id InstitutionID) (Institution, error)
	Institutions(ctx context.Context, scope InstitutionID, query string, p naru.Page) (naru.List[Institution], error)
	AllInstitutions(ctx context.Context) ([]Institution, error)
	PutInstitutions(ctx context.Context, list []Institution) error
	System(ctx context.Context, id SystemID) (System, error)
	Systems(ctx context.Context, f Filter, p naru.Page) (naru.List[SystemRow], error)
	// Needed returns what a system needs, in order of institution and code.
	Needed(ctx context.Context, id SystemID) ([]Need, error)
	KnownSystems(ctx context.Context, of []InstitutionID) (map[Key]Known, error)
	PutSystems(ctx context.Context, systems []System) error
}

// Import brings a sheet of systems in, or tells what it would do.
var Import = op.Write("inventory.import", "inventory.edit",
	naru.Text{Ko: "정보시스템 현황을 들여온다", En: "Import information systems"}, importSystems)

// Preview is Import as a dry run: it reads, compares and writes nothing.
var Preview = op.Read("inventory.preview", "inventory.edit",
	naru.Text{Ko: "들여오기 전에 결과를 미리 본다", En: "Preview an import"}, preview)

// ImportInstitutions brings a sheet of institutions in.
var ImportInstitutions = op.Write("inventory.import_institutions", "institution.edit",
	naru.Text{Ko: "기관 목록을 들여온다", En: "Import institutions"}, importInstitutions)

// ListInstitutions lists the institutions the caller sees.
var ListInstitutions = op.Read("inventory.institutions", "inventory.read",
	naru.Text{Ko: "기관 목록", En: "List institutions"}, listInstitutions)

// GetInstitution returns one institution.
var GetInstitution = op.Read("inventory.institution", "inventory.read",
	naru.Text{Ko: "기관 한 곳", En: "Get an institution"}, getInstitution)

// ListSystems lists the systems the caller sees.
var ListSystems = op.Read("inventory.systems", "inventory.read",
	naru.Text{Ko: "정보시스템 목록", En: "List information systems"}, listSystems)

// GetSystem returns one system with its components and facts.
var GetSystem = op.Read("inventory.system", "inventory.read",
	naru.Text{Ko: "정보시스템 한 건", En: "Get an information system"}, getSystem)

// Operations lists the operations of this step.
func Operations() []op.Any {
	return []op.Any{Import, Preview, ImportInstitutions, ListInstitutions, GetInstitution, ListSystems, GetSystem}
}

// ImportIn is a sheet of systems as rows.
type ImportIn struct {
	Rows        []Row  `json:"rows"`
	Source      string `json:"source" doc:"name of the file or registry"`
	Synthetic   bool   `json:"synthetic,omitempty" doc:"example data, to be marked as such"`
	SkipRefused bool   `json:"skip_refused,omitempty" doc:"import the good systems and leave the refused ones out; otherwise any refused row stops the whole import"`
}

// importSystems is all or nothing unless the caller chose to leave refused systems
// out; either way everything is written in one transaction.
func importSystems(ctx context.Context, c *op.Call, s Store, in ImportIn) (Report, error) {
	p, err := planImport(ctx, c, s, in)
	if err != nil {
		return Report{}, err
	}
	if p.report.Refused > 0 && !in.SkipRefused {
		return Report{}, naru.NewError(naru.Invalid, "inventory.import_refused",
			"refused", fmt.Sprint(p.report.Refused), "rows", fmt.Sprint(p.report.Rows)).WithProblems(p.report.Problems)
	}
	for i := range p.put {
		stamp(c, &p.put[i], in)
	}
	if err := s.PutSystems(ctx, p.put); err != nil {
		return Report{}, fmt.Errorf("import of %s: %w", in.Source, err)
	}
	p.report.Written = true
	c.Record(institutionsOf(p.put), "source", in.Source, "rows", fmt.Sprint(p.report.Rows),
		"added", fmt.Sprint(p.report.Added), "changed", fmt.Sprint(p.report.Changed),
		"unchanged", fmt.Sprint(p.report.Unchanged), "refused", fmt.Sprint(p.report.Refused), "digest", digestOf(p.put))
	return p.report, nil
}

func preview(ctx context.Context, c *op.Call, s Store, in ImportIn) (Report, error) {
	p, err := planImport(ctx, c, s, in)
	p.report.DryRun = true
	return p.report, err
}

func planImport(ctx context.Context, c *op.Call, s Store, in ImportIn) (plan, error) {
	places, err := directoryOf(ctx, c.Actor, s)
	if err != nil {
		return plan{}, err
	}
	schema := Facts()
	drafts, problems := assemble(schema, in.Rows, places.resolve)
	known, err := s.KnownSystems(ctx, institutionIDs(drafts, neededPlaces(drafts, places)))
	if err != nil {
		return plan{}, err
	}
	order := sortedKeys(drafts)
	for _, key := range order {
		d := drafts[key]
		d.system.Synthetic = d.system.Synthetic || in.Synthetic
		if old, exists := known[key]; exists {
			d.system.ID = old.ID
		} else {
			d.system.ID = SystemID(c.NewID("sys")) // before the needs, which name each other by id
		}
	}
	n := needing{drafts: drafts, known: known, places: places}
	problems = append(problems, n.resolve(order)...)
	byRow(problems)
	p := compare(schema, order, drafts, known)
	p.report.Rows, p.report.Problem = len(in.Rows), len(problems)
	p.report.Problems = problems[:min(len(problems), MaxProblems)]
	return p, nil
}

// directory finds institutions by code or by exact name. An officer's rows belong to
// institutions they may see: a foreign one is as unknown as one that does not exist.
// What a system needs may belong to anybody.
type directory struct {
	actor     naru.Actor
	seen, all map[string]InstitutionID
}

func directoryOf(ctx context.Context, a naru.Actor, s Store) (directory, error) {
	list, err := s.AllInstitutions(ctx)
	if err != nil {
		return directory{}, err
	}
	d := directory{a, make(map[string]InstitutionID, 2*len(list)), make(map[string]InstitutionID, 2*len(list))}
	put := func(key string, id InstitutionID) {
		d.all[key] = id
		if identity.Sees(a, string(id)) {
			d.seen[key] = id
		}
	}
	for _, i := range list {
		if i.ValidTo == "" {
			put(i.Name, i.ID)
		}
	}
	for _, i := range list {
		put(i.Code, i.ID) // a code wins over a name
	}
	return d, nil
}

// resolve finds the institution a row belongs to; an officer's own sheet need not say.
func (d *directory) resolve(key string) (InstitutionID, bool) {
	if key == "" && d.actor.Institution != "" {
		return InstitutionID(d.actor.Institution), true
	}
	id, ok := d.seen[key]
	return id, ok
}

func stamp(c *op.Call, s *System, in ImportIn) {
	for i := range s.Components {
		if s.Components[i].ID == "" {
			s.Components[i].ID = ComponentID(c.NewID("cmp"))
		}
	}
	s.Version++
	s.Source, s.UpdatedAt = in.Source, c.Now
}

func listInstitutions(ctx context.Context, c *op.Call, s Store, in ListInstitutionsIn) (naru.List[Institution], error) {
	return s.Institutions(ctx, InstitutionID(identity.Scope(c.Actor)), in.Query, in.Page)
}

// ListInstitutionsIn narrows the list of institutions.
type ListInstitutionsIn struct {
	Query string `json:"query,omitempty" doc:"part of the name"`
	naru.Page
}

func getInstitution(ctx context.Context, c *op.Call, s Store, in InstitutionIn) (Institution, error) {
	if err := identity.RequireSight(c.Actor, string(in.ID), string(in.ID)); err != nil {
		return Institution{}, err
	}
	return s.Institution(ctx, in.ID)
}

// InstitutionIn names an institution.
type InstitutionIn struct {
	ID InstitutionID `json:"id" doc:"institution id"`
}

// ListSystemsIn narrows the list of systems.
type ListSystemsIn struct {
	Filter
	naru.Page
}

func listSystems(ctx context.Context, c *op.Call, s Store, in ListSystemsIn) (naru.List[SystemRow], error) {
	if scope := InstitutionID(identity.Scope(c.Actor)); scope != "" {
		if in.Institution != "" && in.Institution != scope {
			return naru.List[SystemRow]{}, identity.RequireSight(c.Actor, string(in.Institution), string(in.Institution))
		}
		in.Institution = scope
	}
	return s.Systems(ctx, in.Filter, in.Page)
}

// SystemIn names a system.
type SystemIn struct {
	ID SystemID `json:"id" doc:"system id"`
}

// SystemOut is a system with its institution and its facts in their outside form.
type SystemOut struct {
	System
	InstitutionName string           `json:"institution_name"`
	InstitutionKind string           `json:"institution_kind"`
	SystemFacts     map[string]any   `json:"facts"`
	ComponentFacts  []map[string]any `json:"component_facts"` // in the order of components
	Needed          []Need           `json:"needed,omitempty"`
}

func getSystem(ctx context.Context, c *op.Call, s Store, in SystemIn) (SystemOut, error) {
	sys, err := s.System(ctx, in.ID)
	if err != nil {
		return SystemOut{}, err
	}
	if err := identity.RequireSight(c.Actor, string(sys.Institution), string(in.ID)); err != nil {
		return SystemOut{}, err
	}
	inst, err := s.Institution(ctx, sys.Institution)
	if err != nil {
		return SystemOut{}, fmt.Errorf("institution of %s: %w", in.ID, err)
	}
	schema := Facts()
	out := SystemOut{System: sys, InstitutionName: inst.Name, InstitutionKind: inst.Kind, SystemFacts: schema.Map(&sys.Facts)}
	for i := range sys.Components {
		out.ComponentFacts = append(out.ComponentFacts, schema.Map(&sys.Components[i].Facts))
	}
	if len(sys.Needs) > 0 {
		if out.Needed, err = s.Needed(ctx, in.ID); err != nil {
			return SystemOut{}, fmt.Errorf("needs of %s: %w", in.ID, err)
		}
	}
	return out, nil
}

// institutionIDs lists the institutions of the drafts and further ones.
func institutionIDs(drafts map[Key]*draft, more map[InstitutionID]bool) []InstitutionID {
	for k := range drafts {
		if k.Institution != "" {
			more[k.Institution] = true
		}
	}
	return slices.Sorted(maps.Keys(more))
}
