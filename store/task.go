package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"naru/base/op"
)

// Cursor implements op.View.
func (tx *Tx) Cursor(ctx context.Context, follower string) (int64, error) {
	next, err := cached(ctx, tx, cursorTag(follower), func([]int64) []string { return []string{cursorTag(follower)} }, func(ctx context.Context) ([]int64, error) {
		return collect(ctx, tx, scanInt, `SELECT next FROM follower WHERE name = $1`, follower)
	})
	if err != nil || len(next) == 0 {
		return 0, err
	}
	return next[0], nil
}

// SetCursor implements op.Tx.
func (tx *Tx) SetCursor(_ context.Context, follower string, next int64) error {
	tag := cursorTag(follower)
	tx.put(&cursorRows, []string{tag}, follower, next)
	tx.fill(tag, []int64{next}, []string{tag}, "follower")
	return nil
}

func cursorTag(follower string) string { return "follower/name=" + follower }

var cursorRows = bulk{
	table: "follower", key: "name", insert: `INSERT INTO follower (name, next)`,
	after: `ON CONFLICT (name) DO UPDATE SET next = excluded.next`,
}

var newTasks = bulk{table: "task", fresh: true, key: "id", insert: `INSERT INTO task (` + taskColumns + `)`}

// EnqueueTasks implements op.Tx.
func (tx *Tx) EnqueueTasks(_ context.Context, tasks []op.TaskRow) error {
	for _, t := range tasks {
		tx.put(&newTasks, nil, taskArgs(t)...)
	}
	return nil
}

func taskArgs(t op.TaskRow) []any {
	return []any{t.ID, t.Name, t.Subject, t.Lane, micros(t.Due), micros(t.LeasedUntil), t.Attempts, t.Fault}
}

const taskColumns = `id, name, subject, lane, due, leased_until, attempts, fault`

// marks writes one parameter for each value, numbered from n+1, and appends the values.
func marks(args []any, values []string) (string, []any) {
	list := make([]string, len(values))
	for i, v := range values {
		args = append(args, v)
		list[i] = fmt.Sprintf("$%d", len(args))
	}
	return strings.Join(list, ", "), args
}

// dueWhere is the condition of a task that may be claimed at $1. No task waits and no lease
// lasts as long as an hour: a time further away was written by a clock that has gone back
// since, and must not hold the task up until the clock is there again.
const dueWhere = `(due <= $1 OR due > $1 + 3600000000) AND (leased_until <= $1 OR leased_until > $1 + 3600000000)`

// DueTasks implements op.View.
func (tx *Tx) DueTasks(ctx context.Context, now time.Time, q op.DueQuery) ([]op.TaskRow, error) {
	names, args := marks([]any{micros(now)}, q.Names)
	where := dueWhere + ` AND name IN (` + names + `)`
	if len(q.Full) > 0 {
		var lanes string
		lanes, args = marks(args, q.Full)
		where += ` AND lane NOT IN (` + lanes + `)`
	}
	args = append(args, q.Limit)
	query := fmt.Sprintf(`SELECT `+taskColumns+` FROM task WHERE `+where+` ORDER BY due, id LIMIT $%d`, len(args))
	return collect(ctx, tx, scanTask, query, args...)
}

// ClaimTasks implements op.Tx. Writers take turns, so no row lock is needed.
func (tx *Tx) ClaimTasks(ctx context.Context, ids []string, now, until time.Time) ([]op.TaskRow, error) {
	list, args := marks([]any{micros(now), micros(until)}, ids)
	q := `UPDATE task SET leased_until = $2 WHERE ` + dueWhere + ` AND id IN (` + list + `) RETURNING ` + taskColumns
	return collect(ctx, tx, scanTask, q, args...)
}

// Lease implements op.View.
func (tx *Tx) Lease(ctx context.Context, id string) (time.Time, error) {
	until, err := collect(ctx, tx, scanInt, `SELECT leased_until FROM task WHERE id = $1`, id)
	if err != nil || len(until) == 0 {
		return time.Time{}, err
	}
	return instant(until[0]), nil
}

// LeasedFor implements op.View.
func (tx *Tx) LeasedFor(ctx context.Context, task, subject string, now time.Time) ([]string, error) {
	const q = `SELECT id FROM task WHERE subject = $1 AND name = $2 AND leased_until > $3 AND leased_until <= $3 + 3600000000`
	return collect(ctx, tx, scanText, q, subject, task, micros(now))
}

// renewMost is how many leases are renewed in one statement.
const renewMost = 200

// RenewTasks implements op.Tx.
func (tx *Tx) RenewTasks(ctx context.Context, held []op.TaskRow, until time.Time) (ids []string, err error) {
	for part := range slices.Chunk(held, renewMost) {
		args, terms := []any{micros(until)}, make([]string, len(part))
		for i, t := range part {
			args = append(args, t.ID, micros(t.LeasedUntil))
			terms[i] = fmt.Sprintf("(id = $%d AND leased_until = $%d)", len(args)-1, len(args))
		}
		got, err := collect(ctx, tx, scanText, `UPDATE task SET leased_until = $1 WHERE `+strings.Join(terms, " OR ")+` RETURNING id`, args...)
		if err != nil {
			return nil, err
		}
		ids = append(ids, got...)
	}
	return ids, nil
}

var taskRows = bulk{
	table: "task", key: "id", insert: `INSERT INTO task (` + taskColumns + `)`,
	after: `ON CONFLICT (id) DO UPDATE SET due = excluded.due, attempts = excluded.attempts, fault = excluded.fault, leased_until = excluded.leased_until`,
}

// UpdateTask implements op.Tx.
func (tx *Tx) UpdateTask(_ context.Context, t op.TaskRow) error {
	t.LeasedUntil = time.Time{}
	tx.put(&taskRows, nil, taskArgs(t)...)
	return nil
}

// DeleteTask implements op.Tx.
func (tx *Tx) DeleteTask(_ context.Context, id string) error {
	tx.remove(&taskRows, nil, id)
	return nil
}

// Tasks returns the queue, the next due first: the operator's page.
func (tx *Tx) Tasks(ctx context.Context, limit int) ([]op.TaskRow, error) {
	return collect(ctx, tx, scanTask, `SELECT `+taskColumns+` FROM task ORDER BY due, id LIMIT $1`, limit)
}

func scanTask(s scanner) (t op.TaskRow, err error) {
	var due, leased int64
	err = s.Scan(&t.ID, &t.Name, &t.Subject, &t.Lane, &due, &leased, &t.Attempts, &t.Fault)
	t.Due, t.LeasedUntil = instant(due), instant(leased)
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
