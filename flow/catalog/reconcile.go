package catalog

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"naru"
)

// Change counts what a listing changed: services and plans together.
type Change struct {
	Services int `json:"services"` // in the listing
	Plans    int `json:"plans"`    // in the listing
	Added    int `json:"added"`
	Changed  int `json:"changed"`
	Gone     int `json:"gone"`
	Same     int `json:"same"`
}

// update is what a listing does to a provider's catalogue: rows to store.
type update struct {
	services []Service
	plans    []Plan
	change   Change
}

// reconcile compares a checked listing with what is known of a provider. A service or
// plan is known by the broker's id only (OSB 2.17, "Catalog Management"); what the
// listing no longer names is gone, and comes back when it is named again.
func reconcile(p *Provider, known []Offer, l *Listing, newID func(prefix string) string) update {
	u := update{}
	old := make(map[string]*Offer, len(known))
	for i := range known {
		old[known[i].OSBID] = &known[i]
	}
	named := make(map[string]bool, len(l.Services))
	for i := range l.Services {
		o := &l.Services[i]
		named[o.OSBID] = true
		u.service(p, old[o.OSBID], o, newID)
	}
	for i := range known {
		if !named[known[i].OSBID] {
			u.leave(&known[i])
		}
	}
	return u
}

// service takes over one service with its plans.
func (u *update) service(p *Provider, old *Offer, o *ServiceOffer, newID func(string) string) {
	u.change.Services++
	if old == nil {
		old = &Offer{Service: Service{ID: ServiceID(newID("svc")), Provider: p.ID}}
		u.change.Added++
		u.services = append(u.services, merged(old.Service, p, o))
	} else if now := merged(old.Service, p, o); sameService(&old.Service, &now) {
		u.change.Same++
	} else {
		u.change.Changed++
		u.services = append(u.services, now)
	}
	u.planList(old, o.Plans, newID)
}

// planList takes over the plans of one service.
func (u *update) planList(old *Offer, offers []PlanOffer, newID func(string) string) {
	known := make(map[string]*Plan, len(old.Plans))
	for i := range old.Plans {
		known[old.Plans[i].OSBID] = &old.Plans[i]
	}
	named := make(map[string]bool, len(offers))
	for i := range offers {
		o := &offers[i]
		named[o.OSBID] = true
		u.change.Plans++
		was := known[o.OSBID]
		now := Plan{Service: old.ID, OSBID: o.OSBID, Slug: o.Slug, Name: o.Name, Doc: o.Doc, Quota: o.Quota, Wire: o.Wire}
		switch {
		case was == nil:
			now.ID = PlanID(newID("pln"))
			u.change.Added++
			u.plans = append(u.plans, now)
		case samePlan(was, &now):
			u.change.Same++
		default:
			now.ID = was.ID
			u.change.Changed++
			u.plans = append(u.plans, now)
		}
	}
	for i := range old.Plans {
		if !named[old.Plans[i].OSBID] {
			u.leavePlan(&old.Plans[i])
		}
	}
}

// leave marks a service and its plans gone.
func (u *update) leave(o *Offer) {
	if !o.Gone {
		s := o.Service
		s.Gone = true
		u.change.Gone++
		u.services = append(u.services, s)
	}
	for i := range o.Plans {
		u.leavePlan(&o.Plans[i])
	}
}

func (u *update) leavePlan(p *Plan) {
	if p.Gone {
		return
	}
	now := *p
	now.Gone = true
	u.change.Gone++
	u.plans = append(u.plans, now)
}

// merged is a service as the listing says, with what it leaves open as it was.
func merged(s Service, p *Provider, o *ServiceOffer) Service {
	s.OSBID, s.Slug, s.Bindable, s.Meters, s.Wire = o.OSBID, o.Slug, o.Bindable, o.Meters, o.Wire
	s.Name, s.Doc, s.Unavailable = o.Name, o.Doc, o.Unavailable
	s.Category, s.Region = cmp.Or(o.Category, s.Category), cmp.Or(o.Region, s.Region)
	s.Venue, s.Synthetic, s.Gone = p.Venue, p.Synthetic, false
	return s
}

func sameService(a, b *Service) bool {
	return a.OSBID == b.OSBID && a.Slug == b.Slug && a.Name == b.Name && a.Doc == b.Doc && a.Category == b.Category &&
		a.Region == b.Region && a.Venue == b.Venue && a.Bindable == b.Bindable && a.Unavailable == b.Unavailable &&
		a.Gone == b.Gone && a.Synthetic == b.Synthetic && slices.Equal(a.Meters, b.Meters) && bytes.Equal(a.Wire, b.Wire)
}

func samePlan(a, b *Plan) bool {
	return a.OSBID == b.OSBID && a.Slug == b.Slug && a.Name == b.Name && a.Doc == b.Doc && a.Gone == b.Gone &&
		maps.Equal(a.Quota, b.Quota) && bytes.Equal(a.Wire, b.Wire)
}

// planMoved refuses a listing that moves a known plan to another service: its orders
// and instances would silently become something else.
func planMoved(known []Offer, l *Listing) *problems {
	at := map[string]string{}
	for i := range known {
		for n := range known[i].Plans {
			at[known[i].Plans[n].OSBID] = known[i].OSBID
		}
	}
	ps := &problems{}
	for i := range l.Services {
		ps.row = i + 1
		for _, p := range l.Services[i].Plans {
			was, ok := at[p.OSBID]
			ps.want(!ok || was == l.Services[i].OSBID, "plans", "catalog.plan_moved", "plan", clip(p.OSBID), "service", clip(was))
		}
	}
	return ps
}

// refuseListing returns why a listing cannot be taken over, or nil.
func refuseListing(known []Offer, l *Listing) error {
	ps := l.check()
	if len(ps.list) == 0 {
		ps = planMoved(known, l)
	}
	return ps.refusal("catalog.listing_refused", "faults", naru.DecimalOf(int64(len(ps.list))).String())
}
