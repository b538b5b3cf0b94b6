package web

import (
	"net/http"

	"naru/base/op"
	"naru/flow/inventory"
)

// systemView is a system with its facts.
type systemView struct {
	System         inventory.SystemOut
	Known, Unknown []factRow
	Parts          []partView
}

// partView is one component with its facts.
type partView struct {
	Component      inventory.Component
	Known, Unknown []factRow
}

func (s *server) system(q *request) error {
	id := inventory.SystemID(q.r.PathValue("id"))
	sys, err := op.Do(q.r.Context(), q.Runner, q.call(), inventory.GetSystem, inventory.SystemIn{ID: id})
	if err != nil {
		return err
	}
	v := systemView{System: sys}
	v.Known, v.Unknown = q.factRows("system.", sys.SystemFacts)
	for i, c := range sys.Components {
		part := partView{Component: c}
		part.Known, part.Unknown = q.factRows("component.", sys.ComponentFacts[i])
		v.Parts = append(v.Parts, part)
	}
	p := q.page(page{Title: sys.Name, Crumbs: []link{{Text: q.t("web.systems"), URL: "/systems"}}})
	return q.show(http.StatusOK, p, systemPage(p, v))
}
