// Package law carries the legal instruments (법령·고시·지침·계획) as data: a folder each
// with its rules, citations, effective dates and own cases, beside the names of
// authorities by date and the list of sources. It only embeds them; base/policy reads,
// checks and applies them, and flow/decide keeps what they answered.
//
// Nothing here is an opinion of the program: a rule has an article and a source, what
// was not read or conflicts is marked so and never decides, and what is announced is
// not in force.
package law

import "embed"

// Files holds the instruments as [io/fs.FS] for policy.Load.
//
//go:embed *.yaml */*.yaml
var Files embed.FS
