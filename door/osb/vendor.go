package osb

import (
	"encoding/json"

	wire "naru/wire/osb"
)

// serviceVendor returns the vendor fields that the provider's own catalogue has at a service: the
// specification lets platforms and providers agree on them without naru.
func serviceVendor(raw []byte) wire.Extensions {
	var s wire.Service
	if json.Unmarshal(raw, &s) != nil {
		return nil // it was valid when it was taken over; a provider without a broker has none
	}
	return s.Extensions
}

// planVendor is serviceVendor for a plan.
func planVendor(raw []byte) wire.Extensions {
	var p wire.Plan
	if json.Unmarshal(raw, &p) != nil {
		return nil
	}
	return p.Extensions
}
