package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"naru/base/op"
)

// Cursor implements op.View.
func (tx *Tx) Cursor(ctx context.Context, follower string) (int64, error) {
	next, err := collect(ctx, tx, scanInt, `SELECT next FROM follower WHERE name = $1`, follower)
	if err != nil || len(next) == 0 {
		return 0, err
	}
	return next[0], nil
}

// SetCursor implements op.Tx.
func (tx *Tx) SetCursor(ctx context.Context, follower string, next int64) error {
	const q = `INSERT INTO follower (name, next) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET next = excluded.next`
	return tx.exec(ctx, q, follower, next)
}

// EnqueueTasks implements op.Tx.
func (tx *Tx) EnqueueTasks(ctx context.Context, tasks []op.TaskRow) error {
	const q = `INSERT INTO task (id, name, subject, due) VALUES ($1, $2, $3, $4)`
	for _, t := range tasks {
		if err := tx.exec(ctx, q, t.ID, t.Name, t.Subject, micros(t.Due)); err != nil {
			return fmt.Errorf("task %s on %s: %w", t.Name, t.Subject, err)
		}
	}
	return nil
}

const taskColumns = `id, name, subject, due, attempts, fault`

// dueWhere is the condition of a due task, with the names as parameters from $2 on.
func dueWhere(names []string) (string, []any) {
	args := make([]any, len(names))
	marks := make([]string, len(names))
	for i, n := range names {
		args[i], marks[i] = n, fmt.Sprintf("$%d", i+2)
	}
	return `due <= $1 AND leased_until <= $1 AND name IN (` + strings.Join(marks, ", ") + `)`, args
}

// TaskDue implements op.View.
func (tx *Tx) TaskDue(ctx context.Context, now time.Time, names []string) (bool, error) {
	where, args := dueWhere(names)
	ids, err := collect(ctx, tx, scanText, `SELECT id FROM task WHERE `+where+` LIMIT 1`, append([]any{micros(now)}, args...)...)
	return len(ids) > 0, err
}

// ClaimTask implements op.Tx. Writers take turns, so no row lock is needed.
func (tx *Tx) ClaimTask(ctx context.Context, now, until time.Time, names []string) (op.TaskRow, bool, error) {
	where, args := dueWhere(names)
	q := `SELECT ` + taskColumns + ` FROM task WHERE ` + where + ` ORDER BY due, id LIMIT 1`
	rows, err := collect(ctx, tx, scanTask, q, append([]any{micros(now)}, args...)...)
	if err != nil || len(rows) == 0 {
		return op.TaskRow{}, false, err
	}
	err = tx.exec(ctx, `UPDATE task SET leased_until = $1 WHERE id = $2`, micros(until), rows[0].ID)
	return rows[0], err == nil, err
}

// UpdateTask implements op.Tx.
func (tx *Tx) UpdateTask(ctx context.Context, t op.TaskRow) error {
	const q = `UPDATE task SET due = $1, attempts = $2, fault = $3, leased_until = 0 WHERE id = $4`
	return tx.exec(ctx, q, micros(t.Due), t.Attempts, t.Fault, t.ID)
}

// DeleteTask implements op.Tx.
func (tx *Tx) DeleteTask(ctx context.Context, id string) error {
	return tx.exec(ctx, `DELETE FROM task WHERE id = $1`, id)
}

// Tasks returns the queue, the next due first: the operator's page.
func (tx *Tx) Tasks(ctx context.Context, limit int) ([]op.TaskRow, error) {
	return collect(ctx, tx, scanTask, `SELECT `+taskColumns+` FROM task ORDER BY due, id LIMIT $1`, limit)
}

func scanTask(s scanner) (t op.TaskRow, err error) {
	var due int64
	err = s.Scan(&t.ID, &t.Name, &t.Subject, &due, &t.Attempts, &t.Fault)
	t.Due = instant(due)
	return t, err
}

func scanInt(s scanner) (int64, error) {
	var n int64
	err := s.Scan(&n)
	return n, err
}

func scanText(s scanner) (string, error) {
	var text string
	err := s.Scan(&text)
	return text, err
}
