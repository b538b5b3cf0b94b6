// Package store keeps everything (저장소) in SQLite or PostgreSQL with one SQL text: the
// only package with SQL. One file per step implements the Store that step declares;
// dialect.go holds all that the two engines disagree on.
//
// Writes go through one writer that commits many of them at once (group commit), so
// that a durable write costs a share of one flush. The record is appended in the
// same transaction as the change it tells of.
//
// Small reads are remembered as of a version of the database (cache.go). What another
// process on the same PostgreSQL wrote may be missing from reads until this process next
// asks the engine, which its followers do every 250 ms; writes are never based on it.
package store
