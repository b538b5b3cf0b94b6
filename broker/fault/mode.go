package fault

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Mode is one way a broker fails (고장 방식). A mode either lets the request have its effect first, so that the
// platform and the broker come to differ, or not.
type Mode struct {
	Name string `json:"name"`
	// Effect says that the request is carried out before the answer is spoiled.
	Effect bool `json:"effect"`
	// About is what happens, in English and short.
	About string `json:"about"`

	act    act
	status int
	body   string
	header [2]string
}

// act is what becomes of the answer.
type act int

const (
	actPass    act = iota
	actAnswer      // a fixed answer
	actHang        // none, while the connection stays
	actDrop        // none, the connection is closed
	actCut         // the broker's own answer, broken off in the middle
	actEmpty       // the broker's own status without a body
	actSpoil       // the broker's own answer with something added to its body
	actSlow        // the broker's own answer, late
	actAsync       // 202 with an operation that never ends or fails
	actRepeat      // the request is carried out twice, under a second id
	actForget      // a success without the effect
	actOpen        // no credentials are asked for
	actCatalog     // the catalogue breaks a rule
)

const (
	jsonType = "application/json"
	// The operations that polls know as never ending and as failing.
	endless = "fault-endless"
	failing = "fault-failing"
)

// Modes lists every mode, in the order in which they are shown.
func Modes() []Mode {
	return slices.Concat(lostModes(), refusalModes(), malformedModes(), stateModes(), catalogModes())
}

func lostModes() []Mode {
	return []Mode{
		{Name: "pass", Effect: true, About: "no fault"},
		{Name: "drop", About: "the connection closes, nothing happens", act: actDrop},
		{Name: "drop_after", Effect: true, About: "it happens, then the connection closes", act: actDrop},
		{Name: "hang", About: "never answers, nothing happens", act: actHang},
		{Name: "hang_after", Effect: true, About: "it happens, but is never answered (timeout after create)", act: actHang},
		{Name: "cut", Effect: true, About: "it happens, the answer breaks off in the middle", act: actCut},
		{Name: "slow", Effect: true, About: "answers after the delay", act: actSlow},
		fixed("error_500", http.StatusInternalServerError, `{"description":"the broker fell over"}`, false),
		fixed("error_500_after", http.StatusInternalServerError, `{"description":"the broker fell over"}`, true),
		fixed("error_503", http.StatusServiceUnavailable, `{"description":"come back later"}`, false).with("Retry-After", "1"),
	}
}

func fixed(name string, status int, body string, effect bool) Mode {
	about := "answers " + http.StatusText(status)
	if effect {
		about = "it happens, then " + about
	}
	return Mode{Name: name, Effect: effect, About: about, act: actAnswer, status: status, body: body}
}

func (m Mode) with(name, value string) Mode {
	m.header = [2]string{name, value}
	return m
}

func (m Mode) about(text string) Mode {
	m.About = text
	return m
}

func refusalModes() []Mode {
	busy := fixed("concurrency_error", http.StatusUnprocessableEntity, `{"error":"ConcurrencyError","description":"another operation is in progress"}`, false)
	return []Mode{
		fixed("error_400", http.StatusBadRequest, `{"description":"malformed"}`, false),
		fixed("error_401", http.StatusUnauthorized, `{}`, false),
		fixed("error_404", http.StatusNotFound, `{}`, false),
		fixed("error_408", http.StatusRequestTimeout, `{}`, false),
		fixed("error_409", http.StatusConflict, `{}`, false),
		fixed("error_410", http.StatusGone, `{}`, false),
		fixed("error_412", http.StatusPreconditionFailed, `{}`, false),
		fixed("error_422", http.StatusUnprocessableEntity, `{"description":"not possible"}`, false),
		fixed("error_429", http.StatusTooManyRequests, `{}`, false).with("Retry-After", "1"),
		busy.about("422 ConcurrencyError"),
		fixed("maintenance_conflict", http.StatusUnprocessableEntity, `{"error":"MaintenanceInfoConflict"}`, false).about("422 MaintenanceInfoConflict"),
		fixed("async_required", http.StatusUnprocessableEntity, `{"error":"AsyncRequired"}`, false).about("422 AsyncRequired"),
		fixed("requires_app", http.StatusUnprocessableEntity, `{"error":"RequiresApp"}`, false).about("422 RequiresApp"),
		fixed("redirect", http.StatusFound, ``, false).with("Location", "/elsewhere").about("302 to another address"),
		fixed("usable_everywhere", http.StatusBadRequest, `{"instance_usable":true,"update_repeatable":true}`, false).about("400 with fields that only failed updates may carry"),
		fixed("empty_words", http.StatusBadRequest, `{"error":"","description":""}`, false).about("400 with an empty error and description"),
	}
}

func malformedModes() []Mode {
	half := `{"dashboard_url":`
	return []Mode{
		fixed("malformed_200", http.StatusOK, half, true).about("it happens, 200 with half an object"),
		fixed("malformed_201", http.StatusCreated, half, true).about("it happens, 201 with half an object"),
		fixed("malformed_202", http.StatusAccepted, half, true).about("it happens, 202 with half an object"),
		{Name: "empty", Effect: true, About: "it happens, the success has no body", act: actEmpty},
		fixed("no_content_204", http.StatusNoContent, "", true).about("it happens, 204"),
		fixed("array", http.StatusOK, `[]`, true).about("it happens, 200 with an array"),
		fixed("wrong_type", http.StatusCreated, `{"operation":7,"credentials":"text"}`, true).about("it happens, 201 with fields of the wrong type"),
		fixed("garbage", http.StatusOK, "<html><body>Sign in first</body></html>", false).with("Content-Type", "text/html").about("200 with a page of HTML"),
		{Name: "trailing", Effect: true, About: "garbage behind the object", act: actSpoil, body: "} trailing"},
		{Name: "duplicate_field", Effect: true, About: "a field stands twice", act: actSpoil, body: `"operation":"a","operation":"b"`},
		{Name: "huge", Effect: true, About: "a field of two megabytes", act: actSpoil, body: `"x":"` + strings.Repeat("x", 2<<20) + `"`},
	}
}

func stateModes() []Mode {
	return []Mode{
		{Name: "endless_async", About: "202, and every poll says in progress", act: actAsync, body: endless},
		{Name: "failing_async", About: "202, and every poll says failed", act: actAsync, body: failing},
		fixed("bad_state", http.StatusOK, `{"state":"done"}`, false).about("a poll with a state of no specification"),
		fixed("unasked_async", http.StatusAccepted, `{"operation":"`+endless+`"}`, false).about("202 that nobody accepted"),
		fixed("early_secret", http.StatusAccepted, `{"operation":"`+endless+`","credentials":{"password":"early"}}`, false).about("202 with credentials"),
		fixed("long_operation", http.StatusAccepted, `{"operation":"`+strings.Repeat("x", 10001)+`"}`, false).about("an operation of 10,001 characters"),
		{Name: "duplicate", Effect: true, About: "carried out twice, the second time under another id", act: actRepeat},
		{Name: "forget", About: "a success, and nothing happened", act: actForget},
		{Name: "open", Effect: true, About: "no credentials are asked for", act: actOpen},
	}
}

func catalogModes() []Mode {
	catalog := func(name, about string) Mode { return Mode{Name: name, Effect: true, About: about, act: actCatalog} }
	return []Mode{
		catalog("catalog_moving", "ids differ at each reading"),
		catalog("catalog_same_ids", "two plans with one id"),
		catalog("catalog_same_names", "two plans with one name"),
		catalog("catalog_no_plans", "a service without plans"),
		catalog("catalog_unnamed", "an empty description"),
		catalog("catalog_schema", "a schema without $schema"),
		catalog("catalog_version", "a maintenance version that is not semantic"),
		catalog("catalog_requires", "a permission of no specification"),
	}
}

// ModeNamed finds a mode.
func ModeNamed(name string) (Mode, bool) {
	list := Modes()
	at := slices.IndexFunc(list, func(m Mode) bool { return m.Name == name })
	if at < 0 {
		return Mode{}, false
	}
	return list[at], true
}

// spoiled is a catalogue that breaks the rule of the mode; n makes each reading differ.
func spoiled(raw []byte, mode string, n int) []byte {
	var c struct {
		Services []map[string]any `json:"services"`
	}
	if json.Unmarshal(raw, &c) != nil || len(c.Services) == 0 {
		return raw
	}
	s := c.Services[0]
	plans, _ := s["plans"].([]any)
	first, _ := plans[0].(map[string]any)
	second, _ := plans[1].(map[string]any)
	switch mode {
	case "catalog_moving":
		second["id"] = strings.Repeat("m", n+1)
	case "catalog_same_ids":
		second["id"] = first["id"]
	case "catalog_same_names":
		second["name"] = first["name"]
	case "catalog_no_plans":
		c.Services = append(c.Services, map[string]any{"id": "bare", "name": "bare", "description": "d", "bindable": false, "plans": []any{}})
	case "catalog_unnamed":
		first["description"] = ""
	case "catalog_schema":
		first["schemas"] = map[string]any{"service_instance": map[string]any{"create": map[string]any{"parameters": map[string]any{"type": "object"}}}}
	case "catalog_version":
		first["maintenance_info"] = map[string]any{"version": "01.2"}
	case "catalog_requires":
		s["requires"] = []string{"root"}
	}
	out, err := json.Marshal(c)
	if err != nil {
		return raw
	}
	return out
}
