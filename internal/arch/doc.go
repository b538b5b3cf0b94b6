// Package arch holds the rule of the tree (구조 규칙) as tests: an import points only to
// a lower rank, steps do no I/O, every package is on the map and says what it is for,
// and files and functions stay short enough to be read.
//
// It has no code of its own. When a test fails, the message names the import or the
// file and the rule; change the code, or the map together with ARCHITECTURE.md.
package arch
