// Package sheet reads and writes the tables that offices keep (정보시스템 현황표, 기관코드 목록, 가격표):
// XLSX, CSV, TSV and JSON in, XLSX and CSV out.
//
// Before it stands a file that somebody uploaded and nobody checked; after it stand rows of cells for wire/mapping,
// each with its address. Three ideas carry the package:
//
//   - A Table is opened over an io.ReaderAt and its rows are streamed, so memory does not grow with the file. Size,
//     inflation and row counts are limited (Limits) before and while reading.
//   - A cell says what the file says of it and no more; wire/mapping gives it a field and a type.
//   - A Fault names the place as the officer sees it, by row number, column letter and heading, and carries a code instead of
//     prose: the words are chosen by the doors in the reader's language.
//
// Invariants: a cell that cannot be read says so and is never replaced; only values are read, never formulas; the package imports nothing of naru.
package sheet
