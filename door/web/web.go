package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/access"
	"naru/flow/contract"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/flow/ledger"
	"naru/flow/match"
	"naru/flow/plan"
	"naru/flow/provision"
)

// Words turns message keys into sentences: package locale.
type Words interface {
	Text(lang, key string, args map[string]string) string
}

// Deps is what the door gets from cmd: doors do not import each other.
type Deps struct {
	Runner *op.Runner
	Words  Words
	Log    *slog.Logger

	// Actor tells who a request is from; false means nobody signed in.
	Actor func(*http.Request) (naru.Actor, bool)
	// SignIn checks name and password, and on success sets the session's cookie.
	SignIn func(w http.ResponseWriter, r *http.Request, user string, password naru.Secret) error
	// SignOut ends the session and removes the cookie.
	SignOut func(w http.ResponseWriter, r *http.Request) error
	// Secure says that TLS ends before naru: addresses it tells begin with https.
	Secure bool
	// Hints are example accounts to show under the sign-in form; nil outside a demo.
	Hints []Hint
	// Proportions tells what the example nation was made from; nil outside a demo.
	Proportions func() ([]Proportion, error)

	Sheets    Sheets
	Law       law.Ops
	Decide    decide.Ops
	Plan      plan.Ops
	Access    access.Ops
	Ledger    ledger.Ops
	Match     match.Ops
	Contract  contract.Ops
	Provision provision.Ops
	// Operations is every operation of this naru, to word their names in the record.
	Operations []op.Any
}

// Hint is an example account of a demonstration.
type Hint struct {
	User, Password string
	Role           identity.Role
	Note           naru.Text
}

// Proportion is one line of what the example nation was made from.
type Proportion struct {
	Label              naru.Text
	Published, CameOut string // counts with percentages; "" when it cannot be counted
	Use                string // drawn, calibrated, context, configured
	Source, Title, URL string // "" = nobody published it
	Note               naru.Text
}

// Sheets reads and writes officers' spreadsheets; wire/sheet and a mapping behind it.
type Sheets struct {
	// Read turns an uploaded file into rows, each with its faults; an error refuses the
	// whole file. It calls progress with the number of rows read so far.
	Read func(ctx context.Context, file io.ReaderAt, size int64, name string, progress func(rows int)) ([]inventory.Row, error)
	// Template writes the empty XLSX form officers fill in.
	Template func(w io.Writer) error
	// Export writes the systems the actor sees as XLSX.
	Export func(ctx context.Context, who naru.Call, f inventory.Filter, w io.Writer) error
}

// server holds what the handlers share; only jobs and examples change after New.
type server struct {
	Deps
	rights identity.Table
	assets *assets
	schema *policy.Schema
	jobs   *jobs
	ops    map[string]naru.Text // what operations do, by name

	examples *examples
}

// Door is the handler, and what it leaves to end when the program ends.
type Door struct {
	http.Handler
	jobs *jobs
}

// Close ends the readings of files under way and waits for them.
func (d *Door) Close() { d.jobs.close() }

// New returns the door. It logs once when the styles were not built in.
func New(deps Deps) (*Door, error) {
	a, err := loadAssets()
	if err != nil {
		return nil, err
	}
	if !a.built() {
		deps.Log.Warn("web pages have no styles: run `make web` and build again")
	}
	s := &server{Deps: deps, rights: identity.NewTable(), assets: a, schema: inventory.Facts(), jobs: newJobs(), ops: map[string]naru.Text{}, examples: &examples{known: map[string]example{}}}
	for _, o := range deps.Operations {
		s.ops[o.Info().Name] = o.Info().Doc
	}
	mux := http.NewServeMux()
	s.routes(mux)
	guarded := http.NewCrossOriginProtection().Handler(mux)
	return &Door{Handler: s.headers(guarded), jobs: s.jobs}, nil
}

// routes mounts every page. A pattern is a page or the action of a form on it.
func (s *server) routes(mux *http.ServeMux) {
	mux.Handle("GET /static/", s.assets)
	mux.HandleFunc("GET /sign-in", s.open(s.signInPage))
	mux.HandleFunc("POST /sign-in", s.open(s.signIn))
	mux.HandleFunc("POST /sign-out", s.open(s.signOut))
	mux.HandleFunc("POST /preferences", s.open(s.preferences))
	mux.HandleFunc("GET /about", s.open(s.about))
	mux.HandleFunc("GET /example", s.open(s.exampleNation))
	mux.HandleFunc("GET /{$}", s.signedIn(s.home))
	mux.HandleFunc("/", s.open(s.lost))
	s.inventoryRoutes(mux)
	s.lawRoutes(mux)
	s.planRoutes(mux)
	s.catalogRoutes(mux)
	s.orderRoutes(mux)
	s.instanceRoutes(mux)
	s.platformRoutes(mux)
	s.admissionRoutes(mux)
	s.moneyRoutes(mux)
	s.recordRoutes(mux)
}

func (s *server) inventoryRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /systems", s.signedIn(s.systems))
	mux.HandleFunc("GET /systems.xlsx", s.signedIn(s.exportSystems))
	mux.HandleFunc("GET /systems/{id}", s.signedIn(s.system))
	mux.HandleFunc("GET /systems/{id}/candidates/{component}", s.signedIn(s.candidates))
	mux.HandleFunc("GET /verdicts", s.signedIn(s.verdicts))
	mux.HandleFunc("POST /verdicts", s.signedIn(s.runVerdicts))
	mux.HandleFunc("GET /rules", s.signedIn(s.rules))
	mux.HandleFunc("GET /import", s.signedIn(s.importPage))
	mux.HandleFunc("POST /import", s.signedIn(s.upload))
	mux.HandleFunc("GET /import/template.xlsx", s.signedIn(s.template))
	mux.HandleFunc("GET /import/{job}", s.signedIn(s.importJob))
	mux.HandleFunc("POST /import/{job}", s.signedIn(s.confirmImport))
	mux.HandleFunc("POST /import/{job}/drop", s.signedIn(s.dropImport))
	mux.HandleFunc("GET /import/{job}/faults.csv", s.signedIn(s.importFaults))
}
