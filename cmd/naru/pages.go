package main

import (
	"cmp"
	"context"
	"io"

	"naru"
	"naru/door/web"
	"naru/flow/inventory"
	"naru/link/feed"
)

// pages makes the web door.
func (s *system) pages() (*web.Door, error) {
	return web.New(web.Deps{
		Runner: s.runner, Words: s.words, Log: s.log,
		Actor: s.login.Actor, SignIn: s.login.SignIn, SignOut: s.login.SignOut, Hints: s.hints, Proportions: s.made, Secure: s.cfg.Secure,
		Access: s.steps.Access, Ledger: s.steps.Ledger, Law: s.steps.Law, Decide: s.steps.Decide, Plan: s.steps.Plan, Match: s.steps.Match,
		Contract: s.steps.Contract, Provision: s.steps.Provision, Operations: s.steps.All(),
		Sheets: web.Sheets{
			Read: readSheet, Template: writeTemplate,
			Export: func(ctx context.Context, c naru.Call, f inventory.Filter, w io.Writer) error {
				return s.exportSystems(ctx, c, inventory.ListSystemsIn{Filter: f}, "xlsx", w)
			},
		},
	})
}

// readSheet reads an officer's spreadsheet in naru's own template.
func readSheet(ctx context.Context, file io.ReaderAt, size int64, name string, progress func(rows int)) ([]inventory.Row, error) {
	m, err := feed.Mapping("")
	if err != nil {
		return nil, err
	}
	return feed.Systems(m, feed.File{
		Name: cmp.Or(name, "file"), Size: size, ReaderAt: file,
		Progress: func(rows int) error { progress(rows); return ctx.Err() },
	})
}

func writeTemplate(w io.Writer) error {
	m, err := feed.Mapping("")
	if err != nil {
		return err
	}
	data, err := m.Template()
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
