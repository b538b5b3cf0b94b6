package rest

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"naru"
)

// check validates a decoded body. The library's findings become message keys, and the
// values it quotes are dropped: they may be personal data.
func (in *input) check(body any) error {
	var found huma.ValidateResult
	path := huma.NewPathBuffer(nil, 0)
	huma.Validate(in.registry, in.schema, path, huma.ModeWriteToServer, body, &found)
	if len(found.Errors) == 0 {
		return nil
	}
	problems := make([]naru.Problem, 0, min(len(found.Errors), maxFindings))
	for _, e := range found.Errors[:min(len(found.Errors), maxFindings)] {
		problems = append(problems, finding(e))
	}
	return naru.NewError(naru.Invalid, "rest.bad_input").WithProblems(problems)
}

// maxFindings bounds how many faults of a body are told.
const maxFindings = 50

func finding(err error) naru.Problem {
	detail, ok := err.(huma.ErrorDetailer)
	if !ok {
		return naru.Problem{Message: naru.Msg("rest.bad_json")}
	}
	d := detail.ErrorDetail()
	field := clip(d.Location)
	switch {
	case strings.HasPrefix(d.Message, "unexpected property"):
		return naru.Problem{Field: field, Message: naru.Msg("rest.unexpected", "field", field)}
	case strings.HasPrefix(d.Message, "expected required"):
		return naru.Problem{Field: field, Message: naru.Msg("rest.missing", "field", field)}
	case strings.HasPrefix(d.Message, "expected "):
		return naru.Problem{Field: field, Message: naru.Msg("rest.expected", "field", field, "want", strings.TrimPrefix(d.Message, "expected "))}
	}
	return naru.Problem{Field: field, Message: naru.Msg("rest.expected", "field", field, "want", "")}
}
