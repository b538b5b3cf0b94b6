package main

import (
	"crypto/rand"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"naru/flow"
	"naru/store"
	"naru/wire/api"
)

func TestEveryOperationHasItsOwnRouteAndFitsTheStore(t *testing.T) {
	t.Parallel()
	list, err := flow.New(nil, "", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	names, places := map[string]bool{}, map[string]string{}
	for _, o := range list.All() {
		name := o.Info().Name
		if names[name] {
			t.Errorf("operation %s stands twice in the list", name)
		}
		names[name] = true
		r, ok := api.Find(name)
		if !ok {
			t.Errorf("operation %s has no line in the table of routes", name)
			continue
		}
		at := r.Method + " " + r.Path
		if other, taken := places[at]; taken {
			t.Errorf("%s and %s are both at %s", name, other, at)
		}
		places[at] = name
		if err := o.Fits(&store.Tx{}); err != nil {
			t.Error(err)
		}
	}
	lines := map[string]bool{}
	for _, r := range api.Routes() {
		if lines[r.Op] {
			t.Errorf("%s has more than one route", r.Op)
		}
		lines[r.Op] = true
		if !names[r.Op] {
			t.Errorf("route %s %s leads to %s, which is no operation", r.Method, r.Path, r.Op)
		}
	}
	if len(names) < 50 {
		t.Errorf("only %d operations are wired", len(names))
	}
}

func TestRoutesNameFieldsAndReadsArePlain(t *testing.T) {
	t.Parallel()
	list, err := flow.New(nil, "", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list.All() {
		info := o.Info()
		r, _ := api.Find(info.Name)
		fields := jsonFields(info.In)
		for _, name := range r.Params() {
			if kind, ok := fields[name]; !ok || kind == reflect.Slice || kind == reflect.Map || kind == reflect.Struct {
				t.Errorf("{%s} of %s is no plain field of its input", name, r.Path)
			}
		}
		if r.Method != http.MethodGet {
			continue
		}
		if info.Write {
			t.Errorf("%s changes something and is reached by GET", info.Name)
		}
		for name, kind := range fields {
			if kind == reflect.Slice || kind == reflect.Map || kind == reflect.Struct {
				t.Errorf("%s is reached by GET, and a query cannot carry its field %s", info.Name, name)
			}
		}
	}
}

// jsonFields lists the fields of an input by JSON name, with those it embeds.
func jsonFields(in reflect.Type) map[string]reflect.Kind {
	fields := map[string]reflect.Kind{}
	for _, f := range reflect.VisibleFields(in) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || f.Anonymous {
			continue
		}
		fields[name] = f.Type.Kind()
	}
	return fields
}
