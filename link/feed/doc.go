// Package feed brings tables from outside to the inventory (자료 들여오기): it reads a
// spreadsheet through a mapping file into the rows that flow/inventory takes, with row
// and column of every fault, and writes systems back in the same form. It also draws
// the example nation (예시 국가) from the proportions of packs/nation, which is synthetic
// and says so.
//
// wire/sheet and wire/mapping read the file, flow/inventory judges the rows; this
// package only turns the ones into the others and holds no rule of its own.
package feed
