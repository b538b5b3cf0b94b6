package provider

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"naru"
	"naru/flow/provision"
	"naru/wire/osb"
)

// failed is the table from what went wrong to provision's outcomes:
//
//	not sent (down, refused address)        Unsent
//	410 to a deletion or a poll             Gone
//	404 to a poll or a fetch                Missing
//	422 ConcurrencyError, 429, 408          Busy
//	3xx, any other 4xx                      Rejected
//	no answer, 5xx, 204, malformed 201/202  Unknown
//	malformed 200, answer too large         Invalid
func failed(step provision.Step, provider naru.Text, err error) provision.Answer {
	var call *osb.CallError
	if !errors.As(err, &call) {
		return provision.Answer{Outcome: provision.Unknown, Fault: naru.Msg("provision.provider_silent", "provider", provider.Ko, "provider.en", provider.En)}
	}
	a := provision.Answer{RetryAfter: retryAfter(err), Fault: fault(provider, call), Reply: replied(err)}
	if errors.Is(err, osb.ErrUnsupported) { // asking again does not help
		a.Outcome, a.Fault = provision.Rejected, naru.Msg("provision.provider_too_old", "provider", provider.Ko, "provider.en", provider.En)
		return a
	}
	var said *osb.Error
	if errors.As(err, &said) {
		a.Usable, a.Repeatable = said.InstanceUsable, said.UpdateRepeatable
	}
	switch call.Outcome {
	case osb.NotSent:
		a.Outcome = provision.Unsent
	case osb.Rejected:
		a.Outcome = rejected(step, call)
	case osb.Invalid:
		a.Outcome = provision.Invalid
		if call.Status >= 300 && call.Status < 400 { // a redirect did nothing, and is not followed
			a.Outcome = provision.Rejected
		}
	default:
		a.Outcome = provision.Unknown
	}
	return a
}

func rejected(step provision.Step, call *osb.CallError) provision.Outcome {
	looking := step == provision.Poll || step == provision.Fetch || step == provision.Look
	switch status := call.Status; {
	case osb.IsCode(call, osb.CodeConcurrencyError), status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		return provision.Busy
	case status == http.StatusGone && step != provision.Put && step != provision.Patch:
		return provision.Gone
	case status == http.StatusNotFound && looking:
		return provision.Missing
	}
	return provision.Rejected
}

// fault words what went wrong for the officer: what happened, in whose house.
func fault(provider naru.Text, call *osb.CallError) naru.Message {
	if reason, ok := isAddress(call); ok {
		return naru.Msg("provision.provider_address", "provider", provider.Ko, "provider.en", provider.En, "reason", reason)
	}
	var held refusedHere
	if errors.As(call, &held) && held.fault.Key != "" {
		return held.fault
	}
	status := strconv.Itoa(call.Status)
	for code, key := range map[string]string{
		osb.CodeAsyncRequired: "provision.async_required", osb.CodeRequiresApp: "provision.requires_app",
		osb.CodeMaintenanceInfoConflict: "provision.maintenance_stale",
	} {
		if osb.IsCode(call, code) {
			return naru.Msg(key, "provider", provider.Ko, "provider.en", provider.En, "why", describe(call))
		}
	}
	switch {
	case call.Outcome == osb.NotSent:
		return naru.Msg("provision.provider_unreachable", "provider", provider.Ko, "provider.en", provider.En)
	case call.Status == http.StatusUnauthorized, call.Status == http.StatusForbidden:
		return naru.Msg("provision.provider_unauthorized", "provider", provider.Ko, "provider.en", provider.En, "status", status)
	case call.Status == 0:
		return naru.Msg("provision.provider_silent", "provider", provider.Ko, "provider.en", provider.En)
	case osb.StatusOf(call) == 0: // a success or redirect that breaks the specification
		return naru.Msg("provision.provider_malformed", "provider", provider.Ko, "provider.en", provider.En, "status", status, "what", tidy(call.Err.Error()))
	}
	return naru.Msg("provision.provider_refused", "provider", provider.Ko, "provider.en", provider.En, "status", status, "why", describe(call))
}

// describe is the broker's own explanation, or the name of its status.
func describe(err error) string {
	var refusal *osb.Error
	if errors.As(err, &refusal) {
		for _, text := range []string{refusal.Description, refusal.Code} {
			if text = tidy(text); text != "" {
				return text
			}
		}
		return http.StatusText(refusal.Status)
	}
	return ""
}

// maxDescription bounds what is kept of a broker's words, in runes.
const maxDescription = 300

// tidy makes one line of bounded length of a foreign text.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) > maxDescription {
		return string(runes[:maxDescription]) + "…"
	}
	return string(runes)
}

// address is the address of a page as a broker gave it; one that no address is spelt like is
// none.
func address(s string) string {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return ""
	}
	return s
}

func retryAfter(err error) time.Duration {
	var held refusedHere
	if errors.As(err, &held) {
		return held.after
	}
	var refusal *osb.Error
	if errors.As(err, &refusal) {
		return refusal.RetryAfter
	}
	return 0
}
