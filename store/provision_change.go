package store

import (
	"context"
	"encoding/json"
	"fmt"

	"naru/flow/provision"
)

// storedChange is a change with the fields that no reader is shown.
type storedChange struct {
	provision.Change
	Digest string          `json:"digest"`
	Params json.RawMessage `json:"params,omitempty"`
	Sync   bool            `json:"sync,omitempty"`
}

// changeText is the change of an instance as JSON, "" for none.
func changeText(i *provision.Instance) (string, error) {
	if i.Change == nil {
		return "", nil
	}
	text, err := toJSON(storedChange{Change: *i.Change, Digest: i.Change.Digest, Params: i.Change.Params, Sync: i.Change.Sync})
	if err != nil {
		return "", fmt.Errorf("change of %s: %w", i.ID, err)
	}
	return text, nil
}

func changeFrom(text string, i *provision.Instance) error {
	if text == "" {
		return nil
	}
	var stored storedChange
	if err := fromJSON(text, &stored); err != nil {
		return err
	}
	change := stored.Change
	change.Digest, change.Params, change.Sync = stored.Digest, stored.Params, stored.Sync
	i.Change = &change
	return nil
}

// PutTerm implements provision.Store.
func (tx *Tx) PutTerm(ctx context.Context, t provision.Term) error {
	return tx.exec(ctx, `INSERT INTO instance_term (instance, until_at, order_id, plan) VALUES ($1, $2, $3, $4)
		ON CONFLICT (instance, until_at) DO NOTHING`, // a term that began and ended at one instant is none
		string(t.Instance), micros(t.Until), string(t.Order), string(t.Plan))
}

// Terms implements meter.Store: the terms of an instance that have ended, the oldest first.
func (tx *Tx) Terms(ctx context.Context, id provision.InstanceID) ([]provision.Term, error) {
	return collect(ctx, tx, func(s scanner) (t provision.Term, err error) {
		var until int64
		err = s.Scan(&t.Instance, &until, &t.Order, &t.Plan)
		t.Until = instant(until)
		return t, err
	}, `SELECT instance, until_at, order_id, plan FROM instance_term WHERE instance = $1 ORDER BY until_at`, string(id))
}
