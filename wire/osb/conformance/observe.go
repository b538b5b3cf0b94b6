package conformance

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"naru/wire/osb"
)

const maxOperation = 10000

// watch judges a rule that every answer must hold to. It passes at the end when it never failed.
func (s *session) watch(rule string, held bool, reason *Why, x *answer) {
	s.mu.Lock()
	s.watched[rule] = true
	subject := s.subject
	s.mu.Unlock()
	if held {
		return
	}
	s.mu.Lock()
	s.subject = "" // one result for the whole broker
	s.mu.Unlock()
	s.put(rule, Failed, reason, x)
	s.mu.Lock()
	s.subject = subject
	s.mu.Unlock()
}

// observe looks at what every answer must hold to, whatever was asked.
func (s *session) observe(a ask, id string, x *answer) {
	if x.Status == 0 {
		return
	}
	s.watch("identity.echo", x.header.Get(osb.HeaderRequestID) == id, why("echo"), x)
	if x.Status >= 500 {
		s.watch("answer.server_error", false, why("server_error", "got", strconv.Itoa(x.Status)), x)
	} else {
		s.watch("answer.server_error", true, nil, x)
	}
	switch {
	case x.Status >= 200 && x.Status < 300:
		s.observeSuccess(a, x)
	case x.Status >= 400:
		s.observeError(a, x)
	}
	if header := x.header.Get("Retry-After"); header != "" {
		seconds, err := strconv.Atoi(header)
		_, dateErr := http.ParseTime(header)
		s.watch("answer.retry_after", err == nil && seconds >= 0 || dateErr == nil, why("field", "field", "Retry-After", "what", header), x)
	}
}

func (s *session) observeSuccess(a ask, x *answer) {
	s.watch("answer.object", x.object != nil, why("object", "got", strconv.Itoa(x.Status)), x)
	media, _, err := mime.ParseMediaType(x.header.Get("Content-Type"))
	s.watch("answer.type", err == nil && media == "application/json", why("type", "got", orElse(x.header.Get("Content-Type"), "-")), x)
	if a.op == osb.OpLastOperation || a.op == osb.OpLastBindingOperation {
		state := osb.State(x.text("state"))
		s.watch("poll.state", state == osb.InProgress || state == osb.Succeeded || state == osb.Failed, why("field", "field", "state", "what", cut(string(x.object["state"]))), x)
		may := a.op == osb.OpLastOperation && state == osb.Failed
		s.fields(x, may, may)
	}
	if a.method != http.MethodGet {
		s.watch("answer.unasked_async", x.Status != http.StatusAccepted || a.accepts, why("unasked_async"), x)
		s.observeChange(a, x)
	}
}

// observeChange looks at the fields of an answer to a PUT, PATCH or DELETE.
func (s *session) observeChange(a ask, x *answer) {
	if raw, ok := x.object["operation"]; ok && string(raw) != "null" {
		var operation string
		held := json.Unmarshal(raw, &operation) == nil && operation != "" && utf8.RuneCountInString(operation) <= maxOperation
		s.watch("answer.operation", held, why("field", "field", "operation", "what", cut(string(raw))), x)
	}
	if raw, ok := x.object["dashboard_url"]; ok && string(raw) != "null" {
		s.watch("answer.dashboard", x.text("dashboard_url") != "", why("field", "field", "dashboard_url", "what", cut(string(raw))), x)
	}
	if a.op == osb.OpBind && x.Status == http.StatusAccepted {
		_, early := x.object["credentials"]
		s.watch("bind.early_secret", !early || string(x.object["credentials"]) == "null", why("present", "field", "credentials"), x)
	}
}

func (s *session) observeError(a ask, x *answer) {
	s.watch("error.object", x.object != nil, why("object", "got", strconv.Itoa(x.Status)), x)
	for _, field := range []string{"error", "description"} {
		if raw, ok := x.object[field]; ok && string(raw) != "null" {
			s.watch("error.text", x.text(field) != "", why("field", "field", field, "what", cut(string(raw))), x)
		}
	}
	s.fields(x, a.op == osb.OpUpdate || a.op == osb.OpDeprovision, a.op == osb.OpUpdate)
}

// fields watches the two fields that only failed updates and deletions may carry.
func (s *session) fields(x *answer, usable, repeatable bool) {
	_, hasUsable := x.object["instance_usable"]
	_, hasRepeatable := x.object["update_repeatable"]
	switch {
	case hasUsable && !usable:
		s.watch("error.fields", false, why("present", "field", "instance_usable"), x)
	case hasRepeatable && !repeatable:
		s.watch("error.fields", false, why("present", "field", "update_repeatable"), x)
	default:
		s.watch("error.fields", true, nil, x)
	}
}

// cut shortens a foreign text for a sentence.
func cut(s string) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) > 120 {
		return string(runes[:120]) + "…"
	}
	return string(runes)
}
