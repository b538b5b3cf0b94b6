package cli

import (
	"context"
	"errors"
	"net"
	"net/url"

	"naru"
	"naru/wire/api"
)

// The exit codes, one per kind of refusal. They are part of the interface.
const (
	exitInternal    = 1
	exitInvalid     = 2 // the command line or the input is wrong
	exitDenied      = 3
	exitNotFound    = 4
	exitConflict    = 5
	exitExhausted   = 6
	exitUnavailable = 7
	exitInterrupted = 130
)

func exitCode(err error) int {
	var (
		p     *api.Problem
		usage usageError
		known *naru.Error
	)
	switch {
	case errors.As(err, &p):
		return codeOf(naru.Kind(p.Kind))
	case errors.As(err, &known):
		return codeOf(known.Kind)
	case errors.As(err, &usage):
		return exitInvalid
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case isUnreachable(err):
		return exitUnavailable
	}
	return exitInternal
}

func codeOf(k naru.Kind) int {
	switch k {
	case naru.Invalid:
		return exitInvalid
	case naru.Denied:
		return exitDenied
	case naru.NotFound:
		return exitNotFound
	case naru.Conflict:
		return exitConflict
	case naru.Exhausted:
		return exitExhausted
	case naru.Unavailable:
		return exitUnavailable
	}
	return exitInternal
}

// isUnreachable reports that no server answered at all.
func isUnreachable(err error) bool {
	var (
		u *url.Error
		n *net.OpError
	)
	return errors.As(err, &u) && errors.As(err, &n)
}
