package api

import (
	"slices"
	"strings"
	"time"
)

// Route is where an operation is found. A {name} in the path is a field of its input.
type Route struct {
	Op     string
	Method string
	Path   string
}

// Prefix begins every path.
const Prefix = "/api"

// OpenAPIPath is where the description of the interface is served, in OpenAPI 3.1.
const OpenAPIPath = Prefix + "/openapi.json"

// ImportPath takes a file as its body and returns the report of the import; see the
// parameters of FileImport.
const ImportPath = Prefix + "/inventory/import/file"

// SignInPath takes SignIn and returns SignedIn.
const SignInPath = Prefix + "/access/sign-in"

// SignIn is a name and a password to be exchanged for a token.
type SignIn struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// SignedIn is a token for the Authorization header, and when it ends.
type SignedIn struct {
	Token string    `json:"token"`
	Ends  time.Time `json:"ends"`
}

// ExportPath returns the systems the caller sees as a spreadsheet that imports again.
const ExportPath = Prefix + "/inventory/export"

// Routes returns every route in the order of the steps.
func Routes() []Route {
	var list []Route
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) == 3 {
			list = append(list, Route{Op: f[0], Method: f[1], Path: Prefix + f[2]})
		}
	}
	return list
}

// Find returns the route of an operation and whether it has one.
func Find(op string) (Route, bool) {
	list := Routes()
	i := slices.IndexFunc(list, func(r Route) bool { return r.Op == op })
	if i < 0 {
		return Route{Op: op}, false
	}
	return list[i], true
}

// Params returns the names in braces of the path, in order.
func (r Route) Params() []string {
	var names []string
	for part := range strings.SplitSeq(r.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// table is one line per operation: name, method, path. Reads that take more than
// plain fields are posted, because a query string cannot carry them; so are those that
// the record must know, such as the showing of credentials.
const table = `
access.me                      GET  /access/me
access.sessions                GET  /access/sessions
access.sign_out                POST /access/sign-out
access.users                   GET  /access/users
access.user                    GET  /access/users/{user}
access.create_user             POST /access/users
access.disable                 POST /access/users/{user}/disable
access.enable                  POST /access/users/{user}/enable
access.set_password            POST /access/users/{user}/password
access.permissions             GET  /access/permissions
access.platforms               GET  /access/platforms
access.platform                GET  /access/platforms/{user}
access.platform_create         POST /access/platforms
access.platform_rotate         POST /access/platforms/{user}/rotate
access.platform_revoke         POST /access/platforms/{user}/revoke
ledger.entries                 GET  /ledger/entries
ledger.entry                   GET  /ledger/entries/{index}
ledger.export                  GET  /ledger/export
inventory.import               POST /inventory/import
inventory.preview              POST /inventory/preview
inventory.import_institutions  POST /inventory/institutions/import
inventory.institutions         GET  /inventory/institutions
inventory.institution          GET  /inventory/institutions/{id}
inventory.systems              GET  /inventory/systems
inventory.system               GET  /inventory/systems/{id}
catalog.register               POST /catalog/providers
catalog.providers              GET  /catalog/providers
catalog.provider               GET  /catalog/providers/{id}
catalog.sync                   POST /catalog/providers/{id}/sync
catalog.load                   POST /catalog/providers/{provider}/load
catalog.services               GET  /catalog/services
catalog.service                GET  /catalog/services/{id}
catalog.describe               POST /catalog/services/{id}/describe
catalog.certify                POST /catalog/services/{service}/certificates
catalog.price                  POST /catalog/plans/{plan}/prices
admission.preview              GET  /admission/providers/{provider}/preview
admission.run                  POST /admission/providers/{provider}/runs
admission.hand_in              POST /admission/providers/{provider}/reports
admission.runs                 GET  /admission/runs
admission.report               GET  /admission/runs/{id}
law.draft                      POST /law/drafts
law.check                      POST /law/check
law.text                       GET  /law/instruments/{key}
law.list                       GET  /law/drafts
law.get                        GET  /law/drafts/{id}
law.propose                    POST /law/drafts/{id}/propose
law.publish                    POST /law/drafts/{id}/publish
law.reject                     POST /law/drafts/{id}/reject
law.withdraw                   POST /law/drafts/{id}/withdraw
decide.run                     POST /decide/run
decide.due                     GET  /decide/due
decide.renew                   POST /decide/renew
decide.system                  GET  /decide/systems/{id}
decide.replay                  GET  /decide/systems/{system}/replay
decide.whatif                  POST /decide/whatif
decide.eras                    POST /decide/eras
decide.flips                   GET  /decide/flips
decide.ask_exception           POST /decide/exceptions
decide.exceptions              GET  /decide/exceptions
decide.exception               GET  /decide/exceptions/{id}
decide.hear_exception          POST /decide/exceptions/{id}/opinion
decide.rule_exception          POST /decide/exceptions/{id}/decision
decide.end_exception           POST /decide/exceptions/{id}/end
decide.list                    GET  /decide/decisions
decide.summary                 GET  /decide/summary
decide.instruments             GET  /decide/instruments
plan.waves                     GET  /plan/waves
plan.rows                      GET  /plan/rows
plan.keep                      POST /plan/plans
plan.list                      GET  /plan/plans
plan.get                       GET  /plan/plans/{id}
plan.recovery                  GET  /plan/recovery
plan.blast                     GET  /plan/blast
match.candidates               POST /match/candidates
contract.budget                POST /contract/budgets
contract.budgets               GET  /contract/budgets
contract.order                 POST /contract/orders
contract.orders                GET  /contract/orders
contract.get                   GET  /contract/orders/{id}
contract.approve               POST /contract/orders/{id}/approve
contract.reject                POST /contract/orders/{id}/reject
contract.end                   POST /contract/orders/{id}/end
contract.tracks                GET  /contract/tracks
provision.create               POST /provision/instances
provision.instances            GET  /provision/instances
provision.instance             GET  /provision/instances/{id}
provision.update               POST /provision/instances/{id}/update
provision.update_check         GET  /provision/instances/{id}/update-check
provision.delete               POST /provision/instances/{id}/delete
provision.bind                 POST /provision/instances/{instance}/bindings
provision.binding              GET  /provision/bindings/{id}
provision.rotate               POST /provision/bindings/{id}/rotate
provision.rotate_check         GET  /provision/bindings/{id}/rotate-check
provision.unbind               POST /provision/bindings/{id}/unbind
provision.credentials          POST /provision/bindings/{id}/credentials
provision.offers               GET  /provision/offers
provision.census               POST /provision/providers/{provider}/census
provision.censuses             GET  /provision/censuses
provision.calls                GET  /provision/calls
provision.forget               POST /provision/calls/forget
provision.inflight             GET  /provision/inflight
provision.circuits             GET  /provision/circuits
provision.findings             GET  /provision/findings
provision.acknowledge          POST /provision/findings/{id}/acknowledge
provision.recheck              POST /provision/recheck
provision.retry                POST /provision/instances/{instance}/retry
provision.inspect              POST /provision/instances/{instance}/inspect
provision.inspections          GET  /provision/instances/{instance}/inspections
provision.write_off            POST /provision/instances/{instance}/write-off
provision.write_offs           GET  /provision/write-offs
provision.write_off_confirm    POST /provision/write-offs/{id}/confirm
provision.write_off_refuse     POST /provision/write-offs/{id}/refuse
provision.write_off_withdraw   POST /provision/write-offs/{id}/withdraw
meter.collect                  POST /meter/collect
meter.collections              GET  /meter/collections
meter.usage                    GET  /meter/usage
meter.gaps                     GET  /meter/months/{month}/gaps
meter.explain                  POST /meter/instances/{instance}/explain
meter.dismiss                  POST /meter/providers/{provider}/dismiss
meter.seal                     POST /meter/months/{month}/seal
meter.seals                    GET  /meter/seals
account.propose                POST /account/propose
account.approve                POST /account/approve
account.reject                 POST /account/reject
account.adjust                 POST /account/adjustments
account.closes                 GET  /account/closes
account.statements             POST /account/statements/search
account.statement              GET  /account/statements/{id}
account.focus                  POST /account/focus
report.adoption                POST /report/adoption
report.table                   POST /report/table
`
