package main

import (
	"cmp"
	"context"
	"io"

	"naru"
	"naru/base/op"
	"naru/door/rest"
	"naru/flow/inventory"
	"naru/link/feed"
	"naru/wire/api"
	"naru/wire/mapping"
)

// importFile reads a spreadsheet of systems or institutions and runs the operation.
func (s *system) importFile(ctx context.Context, c naru.Call, f api.FileImport, file *rest.Upload) (any, error) {
	m, err := mappingOf(f)
	if err != nil {
		return nil, err
	}
	source := feed.File{Name: cmp.Or(f.Name, "file"), Size: file.Size, ReaderAt: file}
	if m.Table == "institution" {
		return s.importInstitutions(ctx, c, m, f, source)
	}
	rows, err := feed.Systems(m, source)
	if err != nil {
		return nil, err
	}
	in := inventory.ImportIn{Rows: rows, Source: source.Name, Synthetic: f.Synthetic, SkipRefused: f.SkipRefused}
	if f.DryRun {
		return op.Do(ctx, s.runner, c, inventory.Preview, in)
	}
	return op.Do(ctx, s.runner, c, inventory.Import, in)
}

func (s *system) importInstitutions(ctx context.Context, c naru.Call, m *mapping.Mapping, f api.FileImport, source feed.File) (any, error) {
	rows, spoilt, err := feed.Institutions(m, source)
	if err != nil {
		return nil, err
	}
	if !f.SkipRefused {
		if err := feed.Refusal(len(rows)+len(spoilt), spoilt); err != nil {
			return nil, err
		}
	}
	for i := range rows {
		rows[i].Value.Synthetic = rows[i].Value.Synthetic || f.Synthetic
	}
	report, err := op.Do(ctx, s.runner, c, inventory.ImportInstitutions,
		inventory.ImportInstitutionsIn{Rows: rows, Source: source.Name, SkipRefused: f.SkipRefused})
	report.Rows += len(spoilt)
	report.Refused += len(spoilt)
	report.Problem += len(spoilt)
	report.Problems = append(spoilt[:min(len(spoilt), inventory.MaxProblems)], report.Problems...)
	return report, err
}

func mappingOf(f api.FileImport) (*mapping.Mapping, error) {
	if len(f.MappingFile) > 0 {
		return feed.ParseMapping(cmp.Or(f.Mapping, "mapping"), f.MappingFile)
	}
	return feed.Mapping(f.Mapping)
}

// exportFile writes every system the caller sees.
func (s *system) exportFile(ctx context.Context, c naru.Call, format string, w io.Writer) error {
	return s.exportSystems(ctx, c, inventory.ListSystemsIn{}, format, w)
}

// exportSystems writes the systems of a list, page by page.
func (s *system) exportSystems(ctx context.Context, c naru.Call, in inventory.ListSystemsIn, format string, w io.Writer) error {
	var (
		out   *feed.Writer
		codes = map[inventory.InstitutionID]string{}
	)
	in.Limit = naru.MaxPage
	for {
		page, err := op.Do(ctx, s.runner, c, inventory.ListSystems, in)
		if err != nil {
			return err
		}
		if out == nil { // not before the caller may read
			if out, err = feed.NewWriter(w, format); err != nil {
				return err
			}
		}
		for _, row := range page.Rows {
			if err := s.exportSystem(ctx, c, row.ID, codes, out); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return out.Close()
		}
		in.After = page.Next
	}
}

func (s *system) exportSystem(ctx context.Context, c naru.Call, id inventory.SystemID, codes map[inventory.InstitutionID]string, out *feed.Writer) error {
	sys, err := op.Do(ctx, s.runner, c, inventory.GetSystem, inventory.SystemIn{ID: id})
	if err != nil {
		return err
	}
	if _, ok := codes[sys.Institution]; !ok {
		inst, err := op.Do(ctx, s.runner, c, inventory.GetInstitution, inventory.InstitutionIn{ID: sys.Institution})
		if err != nil {
			return err
		}
		codes[sys.Institution] = inst.Code
	}
	return out.Write(feed.Lines(codes[sys.Institution], &sys)...)
}
