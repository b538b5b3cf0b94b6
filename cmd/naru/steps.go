package main

import (
	"slices"
	"time"

	"naru/base/op"
	"naru/flow/admission"
	"naru/flow/catalog"
	"naru/flow/meter"
	"naru/flow/provision"
	"naru/link/provider"
)

// work is what runs beside the doors: followers of the record, and the tasks that call
// providers' brokers.
func (s *system) work() op.Work {
	return op.Work{
		Followers: s.steps.Followers(),
		Handlers: slices.Concat(
			[]op.Handler{catalog.SyncHandler(s.brokers), admission.Handler(provider.Bench{Link: s.brokers, Now: time.Now})},
			provision.HandlersWithin(s.brokers, s.longest),
			meter.Handlers(provider.Metered{Link: s.brokers}),
			s.steps.Handlers(),
		),
		Report: s.report,
	}
}
