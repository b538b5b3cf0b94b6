package catalog_test

import (
	"testing"
	"time"

	"naru/flow/catalog"
)

func TestTheTermsOfAPlanAreTheBrokersWord(t *testing.T) {
	t.Parallel()
	const service = `{"instances_retrievable":true,"allow_context_updates":true,"plan_updateable":true,"requires":["syslog_drain"]}`
	tests := []struct {
		name, service, plan string
		bindable            bool
		want                func(catalog.Terms) bool
	}{
		{"what the service says holds for its plans", service, `{}`, true, func(x catalog.Terms) bool {
			return x.Bindable && x.PlanUpdateable && x.Retrievable && x.ContextUpdates && !x.BindingRotatable && len(x.Requires) == 1 && x.Longest == 0
		}},
		{"a plan overrides its service", service, `{"bindable":false,"plan_updateable":false,"binding_rotatable":true}`, true, func(x catalog.Terms) bool {
			return !x.Bindable && !x.PlanUpdateable && x.BindingRotatable
		}},
		{"a plan of its own may be bindable", `{}`, `{"bindable":true}`, false, func(x catalog.Terms) bool { return x.Bindable }},
		{"seconds and version", `{}`, `{"maximum_polling_duration":90,"maintenance_info":{"version":"2.1.0"}}`, false, func(x catalog.Terms) bool {
			return x.Longest == 90*time.Second && x.Maintenance == "2.1.0"
		}},
		{"a duration below zero says nothing", `{}`, `{"maximum_polling_duration":-5}`, false, func(x catalog.Terms) bool { return x.Longest == 0 }},
		{"a duration beyond all bounds is cut", `{}`, `{"maximum_polling_duration":9223372036854775807}`, false, func(x catalog.Terms) bool {
			return x.Longest > 0 && x.Longest < 400*24*time.Hour
		}},
		{"garbage promises nothing", `[1]`, `{"binding_rotatable":"yes"}`, true, func(x catalog.Terms) bool {
			return x.Bindable && !x.BindingRotatable && !x.PlanUpdateable
		}},
		{"no wire at all", ``, ``, true, func(x catalog.Terms) bool { return x.Bindable && !x.Retrievable }},
	}
	for _, tt := range tests {
		s := catalog.Service{Bindable: tt.bindable, Wire: []byte(tt.service)}
		if got := s.Terms(&catalog.Plan{Wire: []byte(tt.plan)}); !tt.want(got) {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}
