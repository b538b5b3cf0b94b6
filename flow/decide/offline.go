package decide

import (
	"naru/base/policy"
	"naru/flow/inventory"
)

// Explain decides a system that nobody stored: every fact stands with its component. It
// is what the command line answers from a file, with no database at hand.
func Explain(law *policy.Law, sys inventory.System) SystemOut {
	return explain(law, nil, inventory.Institution{}, sys, nil)
}
