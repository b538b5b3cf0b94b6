package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"naru"
	"naru/flow/admission"
	"naru/flow/catalog"
)

const admissionColumns = `a.id, a.provider, v.name, v.name_en, a.source, a.state, a.service, a.plans, a.requested_by, a.requested_at,
	a.started_at, a.ended_at, a.fault, a.score`

const admissionRows = ` FROM admission a JOIN provider v ON v.id = a.provider`

func scanAdmission(s scanner) (r admission.Run, err error) {
	var (
		requested, started, ended int64
		plans, fault, score       string
	)
	err = s.Scan(&r.ID, &r.Provider, &r.ProviderName.Ko, &r.ProviderName.En, &r.Source, &r.State, &r.Service, &plans, &r.RequestedBy, &requested,
		&started, &ended, &fault, &score)
	if err != nil {
		return r, err
	}
	r.RequestedAt, r.StartedAt, r.EndedAt = instant(requested), instant(started), instant(ended)
	if err := json.Unmarshal([]byte(plans), &r.Plans); err != nil {
		return r, fmt.Errorf("plans of %s: %w", r.ID, err)
	}
	if score != "" {
		if err := json.Unmarshal([]byte(score), &r.Score); err != nil {
			return r, fmt.Errorf("score of %s: %w", r.ID, err)
		}
	}
	return r, messageFrom(fault, &r.Fault)
}

// Admission implements admission.Store.
func (tx *Tx) Admission(ctx context.Context, id admission.RunID) (admission.Run, error) {
	r, err := one(ctx, tx, scanAdmission, `SELECT `+admissionColumns+admissionRows+` WHERE a.id = $1`, id)
	return r, missing(err, "run", string(id))
}

// AdmissionUnderWay implements admission.Store.
func (tx *Tx) AdmissionUnderWay(ctx context.Context, of catalog.ProviderID) (admission.Run, bool, error) {
	const q = `SELECT ` + admissionColumns + admissionRows + ` WHERE a.provider = $1 AND a.state IN ('waiting', 'running') ORDER BY a.requested_at LIMIT 1`
	r, err := one(ctx, tx, scanAdmission, q, of)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

// Admissions implements admission.Store. Ids sort by creation.
func (tx *Tx) Admissions(ctx context.Context, of catalog.ProviderID, p naru.Page) (naru.List[admission.Run], error) {
	const q = `SELECT ` + admissionColumns + admissionRows + ` WHERE ($1 = '' OR a.provider = $1) AND ($2 = '' OR a.id < $2) ORDER BY a.id DESC LIMIT $3`
	rows, err := collect(ctx, tx, scanAdmission, q, of, p.After, p.Size()+1)
	return page(rows, p, func(r admission.Run) string { return string(r.ID) }), err
}

// AdmissionReport implements admission.Store.
func (tx *Tx) AdmissionReport(ctx context.Context, id admission.RunID) (*admission.Report, error) {
	text, err := one(ctx, tx, scanText, `SELECT report FROM admission WHERE id = $1`, id)
	if err != nil || text == "" {
		return nil, err
	}
	var r admission.Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return nil, fmt.Errorf("report of %s: %w", id, err)
	}
	return &r, nil
}

// PutAdmission implements admission.Store.
func (tx *Tx) PutAdmission(ctx context.Context, r admission.Run, report *admission.Report) error {
	plans, err := json.Marshal(append([]catalog.PlanID{}, r.Plans...))
	if err != nil {
		return err
	}
	score, err := json.Marshal(r.Score)
	if err != nil {
		return err
	}
	text := []byte{}
	if report != nil {
		if text, err = json.Marshal(report); err != nil {
			return fmt.Errorf("report of %s: %w", r.ID, err)
		}
	}
	const q = `INSERT INTO admission (id, provider, source, state, service, plans, requested_by, requested_at, started_at, ended_at, fault, score, report)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, started_at = excluded.started_at, ended_at = excluded.ended_at,
		fault = excluded.fault, score = excluded.score, report = excluded.report`
	return tx.exec(ctx, q, r.ID, r.Provider, r.Source, r.State, r.Service, string(plans), r.RequestedBy, micros(r.RequestedAt),
		micros(r.StartedAt), micros(r.EndedAt), messageText(r.Fault), string(score), string(text))
}

// scored is the score of a provider.
type scored struct {
	of catalog.ProviderID
	catalog.Score
}

// Scores implements catalog.Store.
func (tx *Tx) Scores(ctx context.Context, of catalog.ProviderID) (map[catalog.ProviderID]catalog.Score, error) {
	rows, err := collect(ctx, tx, func(s scanner) (v scored, err error) {
		var text string
		if err := s.Scan(&v.of, &text); err != nil {
			return v, err
		}
		return v, json.Unmarshal([]byte(text), &v.Score)
	}, `SELECT provider, score FROM admission_score WHERE ($1 = '' OR provider = $1)`, of)
	out := make(map[catalog.ProviderID]catalog.Score, len(rows))
	for _, v := range rows {
		out[v.of] = v.Score
	}
	return out, err
}

// PutScore implements admission.Store.
func (tx *Tx) PutScore(ctx context.Context, of catalog.ProviderID, s catalog.Score) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	const q = `INSERT INTO admission_score (provider, score) VALUES ($1, $2) ON CONFLICT (provider) DO UPDATE SET score = excluded.score`
	return tx.exec(ctx, q, of, string(text))
}
