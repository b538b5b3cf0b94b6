package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/door/rest"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/match"
	"naru/link/feed"
	"naru/wire/api"
)

// importFiles writes the example nation as two spreadsheets and imports them as an
// officer would, the second one twice.
func (d *demo) importFiles(ctx context.Context) (string, error) {
	g := feed.NewGenerator(exampleSeed, d.size)
	var institutions, systems bytes.Buffer
	if err := feed.WriteInstitutions(&institutions, "xlsx", g.Institutions()); err != nil {
		return "", err
	}
	if err := g.WriteSystems(&systems, "xlsx"); err != nil {
		return "", err
	}
	if _, err := d.load(ctx, "institutions", institutions.Bytes()); err != nil {
		return "", err
	}
	first, err := d.load(ctx, "systems", systems.Bytes())
	if err != nil {
		return "", err
	}
	again, err := d.load(ctx, "systems", systems.Bytes())
	if err != nil {
		return "", err
	}
	if first.Added != d.size || again.Unchanged != d.size {
		return "", errNotHeld("imported %d of %d systems, %d unchanged the second time", first.Added, d.size, again.Unchanged)
	}
	if err := d.signInAll(ctx); err != nil {
		return "", err
	}
	return d.app.T("demo_import_out", "rows", fmt.Sprint(first.Rows), "systems", fmt.Sprint(first.Added),
		"kb", fmt.Sprint(systems.Len()>>10), "unchanged", fmt.Sprint(again.Unchanged)), nil
}

// load writes a file and imports it through the door's own function.
func (d *demo) load(ctx context.Context, name string, data []byte) (inventory.Report, error) {
	path := filepath.Join(d.dir, name+".xlsx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return inventory.Report{}, err
	}
	file, err := os.Open(path)
	if err != nil {
		return inventory.Report{}, err
	}
	defer file.Close()
	out, err := d.importFile(ctx, d.asOperator(), api.FileImport{Name: name + ".xlsx", Mapping: name, Synthetic: true},
		&rest.Upload{ReaderAt: file, Size: int64(len(data))})
	if err != nil {
		return inventory.Report{}, err
	}
	report, ok := out.(inventory.Report)
	if !ok {
		return report, errNotHeld("an import answered %T", out)
	}
	return report, nil
}

// signInAll makes the example accounts and signs each in with its password.
func (d *demo) signInAll(ctx context.Context) error {
	list, err := d.accounts(ctx)
	if err != nil {
		return err
	}
	d.people = map[string]naru.Actor{}
	for _, a := range list {
		if a.Role == identity.Provider { // no provider is registered yet, and the demo has nothing for it to do
			continue
		}
		if d.people[a.User], err = d.login.Basic(ctx, a.User, naru.NewSecret(a.Password)); err != nil {
			return fmt.Errorf("sign-in of %s: %w", a.User, err)
		}
	}
	return d.fund(ctx)
}

// decide judges the nation and shows the outcomes by venue.
func (d *demo) decide(ctx context.Context) (string, error) {
	run, err := op.Do(ctx, d.runner, d.as("operator"), d.steps.Decide.Run, decide.RunIn{})
	if err != nil {
		return "", err
	}
	sum, err := op.Do(ctx, d.runner, d.as("ministry"), d.steps.Decide.Summary, decide.SummaryIn{})
	if err != nil {
		return "", err
	}
	if run.Systems < d.size || sum.Components == 0 {
		return "", errNotHeld("decided %d of %d systems", run.Systems, d.size)
	}
	var b strings.Builder
	b.WriteString(d.app.T("demo_decide_out", "systems", fmt.Sprint(run.Systems), "components", fmt.Sprint(sum.Components), "hybrid", fmt.Sprint(sum.Hybrid)))
	return b.String(), nil
}

// match looks for a component of the officer's institution that may run on both sites
// and lists what fits it.
func (d *demo) match(ctx context.Context) (string, error) {
	var in inventory.ListSystemsIn
	in.Limit = naru.MaxPage
	list, err := op.Do(ctx, d.runner, d.as("officer"), inventory.ListSystems, in)
	if err != nil {
		return "", err
	}
	var why string
	for _, row := range list.Rows {
		out, err := op.Do(ctx, d.runner, d.as("officer"), inventory.GetSystem, inventory.SystemIn{ID: row.ID})
		if err != nil {
			return "", err
		}
		for _, c := range out.Components {
			r, err := op.Do(ctx, d.runner, d.as("officer"), d.steps.Match.Candidates, match.In{Component: c.ID, Estimate: estimate()})
			if err != nil {
				return "", err
			}
			if picks := bothSites(r.Fits); picks != nil {
				d.chosen, d.component, d.picks = out, c, picks
				return d.candidates(ctx, r)
			}
			if row.Code == "SYS-00001" {
				why = d.reasons(r)
			}
		}
	}
	return why, errNotHeld("no component of %d systems fits both sites", len(list.Rows))
}

// reasons tells why plans do not fit: what the demo shows when it fails here.
func (d *demo) reasons(r match.Result) string {
	var b strings.Builder
	for _, f := range append(r.Undecided, r.Excluded...) {
		b.WriteString("         " + f.ProviderName.In(d.app.Lang) + " " + f.PlanName.In(d.app.Lang) + ":")
		for _, m := range append(f.Against, f.Unknown...) {
			b.WriteString(" " + d.words.Message(d.app.Lang, m))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func estimate() map[string]naru.Decimal {
	return map[string]naru.Decimal{"storage_gib_hours": naru.MustDecimal("7300")} // 10 GiB for a month
}

// bothSites picks the first plan of every kind of service on each site; nil when a site
// has none.
func bothSites(fits []match.Candidate) []match.Candidate {
	var picks []match.Candidate
	seen, venues := map[string]bool{}, map[policy.Venue]bool{}
	for _, f := range fits {
		key := string(f.Venue) + " " + f.Category
		if seen[key] || !f.Unavailable.IsZero() {
			continue
		}
		seen[key], venues[f.Venue] = true, true
		picks = append(picks, f)
	}
	if !venues[policy.Government] || !venues[policy.Private] {
		return nil
	}
	return picks
}

// candidates tells what fits, what does not, and the article behind the verdict.
func (d *demo) candidates(ctx context.Context, r match.Result) (string, error) {
	v, err := op.Do(ctx, d.runner, d.as("officer"), d.steps.Decide.System, decide.SystemIn{ID: d.chosen.ID})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(d.app.T("demo_match_out", "system", d.chosen.Name, "component", d.component.Name, "institution", d.chosen.InstitutionName,
		"fits", fmt.Sprint(len(r.Fits)), "undecided", fmt.Sprint(len(r.Undecided)), "excluded", fmt.Sprint(len(r.Excluded)), "packs", fmt.Sprint(len(v.Packs))))
	for _, f := range d.picks {
		b.WriteString(fmt.Sprintf("\n         %d. %s · %s · %s", f.Rank, f.ProviderName.In(d.app.Lang), f.PlanName.In(d.app.Lang), f.Monthly))
		if len(f.Citations) > 0 {
			b.WriteString(fmt.Sprintf("  [%s %s]", f.Citations[0].Title.In(d.app.Lang), f.Citations[0].Article))
		}
	}
	return b.String(), nil
}
