// Package inventory holds what government runs (정보자원 현황): institutions (기관) as a
// tree with dates, and their information systems (정보시스템), each of one or more
// components (구성요소) with the typed facts that rules ask about.
//
// Before it: nothing; an officer's spreadsheet. After it: decide reads the facts,
// plan and report read the systems. Invariants: a fact is known or unknown, never
// guessed; an import is all or nothing; a system belongs to one institution.
package inventory
