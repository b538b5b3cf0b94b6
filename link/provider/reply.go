package provider

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"naru/flow/provision"
	"naru/wire/osb"
)

// look asks whether an instance or a binding is there. Of a binding nothing is kept but
// that it was shown: its credentials are dropped here.
func (l *Link) look(ctx context.Context, r provision.Request) (provision.Answer, error) {
	if r.Binding != "" {
		_, err := do(ctx, l, r.Provider, func(ctx context.Context, c *osb.Client) (osb.GetBindingResponse, error) {
			return c.GetBinding(ctx, osb.GetBindingRequest{
				Caller: caller(r), InstanceID: string(r.Instance), BindingID: string(r.Binding), ServiceID: r.Service, PlanID: r.Plan,
			})
		})
		return provision.Answer{Outcome: provision.Done}, err
	}
	got, err := do(ctx, l, r.Provider, func(ctx context.Context, c *osb.Client) (osb.GetInstanceResponse, error) {
		return c.GetInstance(ctx, osb.GetInstanceRequest{Caller: caller(r), InstanceID: string(r.Instance), ServiceID: r.Service, PlanID: r.Plan})
	})
	return provision.Answer{
		Outcome: provision.Done, Dashboard: tidy(got.DashboardURL),
		Reply: provision.Reply{Service: tidy(got.ServiceID), Plan: tidy(got.PlanID)},
	}, err
}

// replied is the broker's own answer to a call that failed.
func replied(err error) provision.Reply {
	var (
		call  *osb.CallError
		said  *osb.Error
		reply provision.Reply
	)
	if errors.As(err, &call) {
		reply.Status = call.Status
	}
	if errors.As(err, &said) {
		reply.Status, reply.Code, reply.Words = said.Status, short(said.Code), tidy(said.Description)
	}
	return reply
}

// maxCode bounds an error code, in runes.
const maxCode = 80

func short(code string) string {
	runes := []rune(tidy(code))
	return string(runes[:min(len(runes), maxCode)])
}

// concealed takes out of a broker's words what was handed to it as a secret: a broker may
// repeat in an error what it was sent. The password is one, and so may every text in the
// parameters of a binding be.
func concealed(r provision.Request, a provision.Answer) provision.Answer {
	secrets := []string{r.Provider.BrokerPassword.Open()}
	if r.Binding != "" {
		var v any
		if json.Unmarshal(r.Params, &v) == nil {
			secrets = textsIn(v, secrets)
		}
	}
	hide := func(text string) string {
		for _, s := range secrets {
			if len(s) >= leastSecret {
				text = strings.ReplaceAll(text, s, "…")
			}
		}
		return text
	}
	a.Reply.Code, a.Reply.Words = hide(a.Reply.Code), hide(a.Reply.Words)
	for _, name := range []string{"why", "what"} {
		if text, ok := a.Fault.Args[name]; ok {
			a.Fault.Args[name] = hide(text)
		}
	}
	return a
}

// leastSecret is the length from which a text is taken for a secret; shorter ones are
// words of every sentence.
const leastSecret = 6

func textsIn(v any, list []string) []string {
	switch v := v.(type) {
	case string:
		list = append(list, v)
	case []any:
		for _, x := range v {
			list = textsIn(x, list)
		}
	case map[string]any:
		for _, x := range v {
			list = textsIn(x, list)
		}
	}
	return list
}

// listless reports whether a broker has no listing, rather than a fault.
func listless(err error) bool {
	switch osb.StatusOf(err) {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	}
	return false
}
