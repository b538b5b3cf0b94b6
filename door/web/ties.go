package web

import (
	"slices"

	"naru/flow/inventory"
)

// linked reports a system some component of which exchanges data with another.
func linked(s inventory.SystemOut) bool {
	return slices.ContainsFunc(s.Components, func(c inventory.Component) bool { return len(c.Links) > 0 })
}
