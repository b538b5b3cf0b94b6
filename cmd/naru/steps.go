package main

import (
	"naru/base/op"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// steps holds the operations of every step, wired with what they need.
type steps struct {
	decide decide.Ops
}

func newSteps(s *system) steps {
	return steps{decide: decide.New(s.law)}
}

// all lists every operation in the order of the road.
func (s steps) all() []op.Any {
	list := inventory.Operations()
	list = append(list, s.decide.All()...)
	return list
}

// work is what runs beside the doors.
func (s *system) work() op.Work {
	return op.Work{
		Followers: []op.Follower{s.steps.decide.Follower()},
		Report:    s.report,
	}
}
