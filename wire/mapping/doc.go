// Package mapping reads the tables of wire/sheet through mapping files (대응표): which heading (제목 칸) of an office's own
// table is which field of naru, how its text is read, and what must hold between rows.
//
// Before it stands a sheet.Table, an office's file as it is; after it stand typed records for flow/inventory and
// flow/catalog, and faults with row, column and heading for the officer. A mapping is data: a new kind of table needs a
// YAML file (packs/mapping has those that ship) and no Go.
//
// Invariants: a value that the file does not state is unknown, never a default; a bad value refuses its row, or is made
// unknown and reported, as the mapping says; a field that follows from others by a rule carries that rule and is marked
// derived. It imports wire/sheet and nothing else of naru.
package mapping
