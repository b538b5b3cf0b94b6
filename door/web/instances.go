package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/contract"
	"naru/flow/provision"
)

func (s *server) instanceRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /instances", s.signedIn(s.instances))
	mux.HandleFunc("POST /instances", s.signedIn(s.createInstance))
	mux.HandleFunc("GET /instances/{id}", s.signedIn(s.instance))
	mux.HandleFunc("POST /instances/{id}/bindings", s.signedIn(s.bind))
	mux.HandleFunc("GET /instances/{id}/delete", s.signedIn(s.askDelete))
	mux.HandleFunc("POST /instances/{id}/delete", s.signedIn(s.deleteInstance))
	mux.HandleFunc("POST /bindings/{id}/credentials", s.signedIn(s.credentials))
	mux.HandleFunc("POST /bindings/{id}/revoke", s.signedIn(s.unbind))
	s.changeRoutes(mux)
}

// instancesView is a page of the list of instances.
type instancesView struct {
	Tabs        []link
	Filter      provision.Filter
	Rows        []provision.InstanceRow
	First, Next string
}

// instances lists what runs, or ran.
func (s *server) instances(q *request) error {
	v := q.r.URL.Query()
	f := provision.Filter{State: provision.State(v.Get("state")), Order: contract.OrderID(v.Get("order"))}
	in := provision.ListIn{Filter: f, Page: naru.Page{After: v.Get("after")}}
	list, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Instances, in)
	if err != nil {
		return err
	}
	view := instancesView{Tabs: q.serviceTabs("/instances"), Filter: f, Rows: list.Rows}
	view.First, view.Next = around("/instances", v, list.Next)
	p := q.page(page{Title: q.t("web.instances")})
	return q.show(http.StatusOK, p, instancesPage(p, view))
}

// createInstance asks for the service of an approved order.
func (s *server) createInstance(q *request) error {
	order := q.r.PostFormValue("order")
	made, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Create, provision.CreateIn{Order: contract.OrderID(order)})
	if err != nil {
		return err
	}
	return q.done("/instances/"+string(made.ID), "web.done.create")
}

// instanceView is one instance with what the caller may do with it.
type instanceView struct {
	provision.InstanceOut
	MayUse, MaySee, MayRecord bool
	Now                       time.Time
}

func (s *server) instance(q *request) error { return q.showInstance(http.StatusOK, nil) }

func (q *request) showInstance(code int, f *flash) error {
	out, err := q.findInstance()
	if err != nil {
		return err
	}
	v := instanceView{InstanceOut: out, MayUse: q.may("provision.use"), MaySee: q.may("provision.secret"), MayRecord: q.may("record.read"), Now: q.call().Now}
	p := q.page(page{Title: q.instanceTitle(out), Crumbs: []link{{Text: q.t("web.instances"), URL: "/instances"}}, Flash: f})
	if q.partial() {
		if !busy(out) { // what can be done stands around the part, and is old now
			q.w.Header().Set("HX-Refresh", "true")
		}
		return q.render(code, instanceState(p, v))
	}
	return q.show(code, p, instancePage(p, v))
}

func (q *request) findInstance() (provision.InstanceOut, error) {
	ref := provision.InstanceRef{ID: provision.InstanceID(q.r.PathValue("id"))}
	return op.Do(q.r.Context(), q.Runner, q.call(), q.Provision.Instance, ref)
}

func (q *request) instanceTitle(i provision.InstanceOut) string {
	return i.ServiceName.In(q.prefs.Lang) + " · " + i.PlanName.In(q.prefs.Lang)
}

// refused shows a refusal on the page of the instance it is about.
func (q *request) instanceRefused(err error) error {
	if f, ok := formFault(err); ok {
		return q.showInstance(status(naru.KindOf(err)), f)
	}
	return err
}

// bind asks for credentials.
func (s *server) bind(q *request) error {
	id := q.r.PathValue("id")
	in := provision.BindIn{Instance: provision.InstanceID(id)}
	if _, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Bind, in); err != nil {
		return q.instanceRefused(err)
	}
	return q.done("/instances/"+id, "web.done.bind")
}

// unbind revokes credentials.
func (s *server) unbind(q *request) error {
	in := provision.UnbindIn{BindingRef: provision.BindingRef{ID: provision.BindingID(q.r.PathValue("id"))}}
	b, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Unbind, in)
	if err != nil {
		return err
	}
	return q.done("/instances/"+string(b.Instance), "web.done.unbind")
}

// credentialsView is a set of credentials shown because somebody asked.
type credentialsView struct {
	Instance provision.InstanceID
	Binding  provision.BindingID
	Fields   []credential
}

// credential is one value with its name.
type credential struct{ Name, Value string }

// credentials shows the secret of a binding, in the answer to the request only; that it
// was shown is recorded by the operation.
func (s *server) credentials(q *request) error {
	ref := provision.BindingRef{ID: provision.BindingID(q.r.PathValue("id"))}
	out, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Credentials, ref)
	if err != nil {
		return err
	}
	b, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Binding, ref)
	if err != nil {
		return err
	}
	v := credentialsView{Instance: b.Instance, Binding: b.ID, Fields: fieldsOf(out.Credentials)}
	p := q.page(page{Title: q.t("web.credentials"), Crumbs: []link{
		{Text: q.t("web.instances"), URL: "/instances"}, {Text: q.t("web.instance"), URL: "/instances/" + string(b.Instance)},
	}})
	return q.show(http.StatusOK, p, credentialsPage(p, v))
}

// fieldsOf lists the values of a JSON object by name; what is no plain value stays JSON.
func fieldsOf(raw json.RawMessage) []credential {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return []credential{{"credentials", string(raw)}}
	}
	var out []credential
	for _, name := range slices.Sorted(maps.Keys(object)) {
		var text string
		if err := json.Unmarshal(object[name], &text); err != nil {
			text = string(object[name])
		}
		out = append(out, credential{name, text})
	}
	return out
}

// askDelete asks once more, because data goes with the instance.
func (s *server) askDelete(q *request) error {
	out, err := q.findInstance()
	if err != nil {
		return err
	}
	p := q.page(page{Title: q.t("web.delete"), Crumbs: []link{
		{Text: q.t("web.instances"), URL: "/instances"}, {Text: q.instanceTitle(out), URL: "/instances/" + string(out.ID)},
	}})
	return q.show(http.StatusOK, p, deletePage(p, instanceView{InstanceOut: out}))
}

func (s *server) deleteInstance(q *request) error {
	id := q.r.PathValue("id")
	if q.r.PostFormValue("sure") != "yes" {
		return q.redirect("/instances/" + id + "/delete")
	}
	in := provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: provision.InstanceID(id)}, Unbind: true}
	if _, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Delete, in); err != nil {
		return q.instanceRefused(err)
	}
	return q.done("/instances/"+id, "web.done.delete")
}

// State words the state of an instance or a binding.
func (p page) State(s provision.State) string { return p.T("provision.state." + string(s)) }

func stateOf(s provision.State) string {
	switch s {
	case provision.Ready:
		return "success"
	case provision.Failed, provision.Orphan:
		return "danger"
	case provision.Deleted, provision.WrittenOff:
		return "gray"
	}
	return "information"
}

// busy reports whether a page about the instance should ask again.
func busy(i provision.InstanceOut) bool {
	return !i.State.Settled() || slices.ContainsFunc(i.Bindings, func(b provision.Binding) bool { return !b.State.Settled() })
}

func (p page) stateOptions() []option {
	list := []option{{"", p.T("web.all")}}
	for _, s := range []provision.State{provision.Requested, provision.Creating, provision.Ready, provision.Updating, provision.Failed, provision.Deleting, provision.Deleted, provision.Orphan, provision.WrittenOff} {
		list = append(list, option{string(s), p.State(s)})
	}
	return list
}

func countLive(list []provision.Binding) string {
	n := 0
	for i := range list {
		if list[i].State.Live() {
			n++
		}
	}
	return fmt.Sprint(n)
}
