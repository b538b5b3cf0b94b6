package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"naru"
	"naru/base/op"
	"naru/locale"
	"naru/wire/api"
)

// Deps is what the door needs.
type Deps struct {
	Runner     *op.Runner
	Operations []op.Any
	Who        func(*http.Request) (naru.Actor, bool) // from door/login
	Words      *locale.Catalog
	Files      Files
	// Issue exchanges a name and a password for a token; from door/login.
	Issue   func(ctx context.Context, user string, password naru.Secret) (token string, ends time.Time, err error)
	Version string
	Report  func(where string, err error) // a fault of naru, for the log
}

// Files reads and writes spreadsheets for the two routes that carry files.
type Files struct {
	// Import brings a file of systems in; the answer is the report.
	Import func(ctx context.Context, c naru.Call, f api.FileImport, file *Upload) (any, error)
	// Export writes the systems the caller sees: format is "xlsx" or "csv".
	Export func(ctx context.Context, c naru.Call, format string, w io.Writer) error
}

// server is the door with its table of schemas.
type server struct {
	Deps
	api huma.API
}

// New returns the handler of everything under api.Prefix.
func New(d Deps) (http.Handler, error) {
	mux := http.NewServeMux()
	s := &server{Deps: d, api: huma.NewAPI(config(d.Version), humago.NewAdapter(mux, ""))}
	for _, o := range d.Operations {
		route, ok := api.Find(o.Info().Name)
		if !ok {
			return nil, fmt.Errorf("operation %s has no route", o.Info().Name)
		}
		s.mount(o, route)
	}
	s.mountFiles(mux)
	mux.HandleFunc("POST "+api.SignInPath, s.signIn)
	spec, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	mux.HandleFunc("GET "+api.OpenAPIPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(spec) // the caller is gone when this fails
	})
	mux.HandleFunc(api.Prefix+"/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, naru.Call{}, naru.NewError(naru.NotFound, "rest.no_route", "method", r.Method, "path", r.URL.Path))
	})
	return mux, nil
}

// mount describes one operation and serves it.
func (s *server) mount(o op.Any, route api.Route) {
	in := newInput(s.api, o, route)
	spec := s.describe(o, route, in)
	s.api.OpenAPI().AddOperation(spec)
	s.api.Adapter().Handle(spec, func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		c, ok := s.call(w, r)
		if !ok {
			return
		}
		value, err := in.decode(w, r)
		if err != nil {
			s.refuse(w, r, c, err)
			return
		}
		out, err := o.DoAny(r.Context(), s.Runner, c, value)
		if err != nil {
			s.refuse(w, r, c, err)
			return
		}
		s.answer(w, c, out)
	})
}

// call starts a call for whoever sent the request, or refuses it.
func (s *server) call(w http.ResponseWriter, r *http.Request) (naru.Call, bool) {
	actor, ok := s.Who(r)
	c := s.Runner.CallFor(actor)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer realm="naru"`)
		s.problem(w, r, c, http.StatusUnauthorized, naru.NewError(naru.Denied, "rest.sign_in"))
	}
	return c, ok
}

// callHeader tells the id of the call, also when it succeeds.
const callHeader = "Naru-Call"

func (s *server) answer(w http.ResponseWriter, c naru.Call, out any) {
	data, err := json.Marshal(out)
	if err != nil {
		s.Report("rest", fmt.Errorf("call %s: answer: %w", c.ID, err))
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set(callHeader, c.ID)
	_, _ = w.Write(data) // the caller is gone when this fails
}
