package cli

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"naru"
	"naru/flow/access"
)

// located makes the endpoints in an answer about platforms whole addresses. A naru that
// has no public address answers the path alone: it lies on the server that was asked. In a
// data folder there is no server, and that is said instead.
func (a *App) located(t reflect.Type, raw json.RawMessage) (json.RawMessage, error) {
	switch t {
	case reflect.TypeFor[naru.List[access.Platform]]():
		return rewritten(raw, func(l *naru.List[access.Platform]) {
			for i := range l.Rows {
				a.locate(&l.Rows[i])
			}
		})
	case reflect.TypeFor[access.Platform]():
		return rewritten(raw, a.locate)
	case reflect.TypeFor[access.PlatformPass]():
		return rewritten(raw, func(p *access.PlatformPass) { a.locate(&p.Platform) })
	}
	return raw, nil
}

func (a *App) locate(p *access.Platform) {
	switch {
	case !strings.HasPrefix(p.Endpoint, "/"):
	case a.data == "":
		p.Endpoint = a.server() + p.Endpoint
	case !a.placeless:
		a.placeless = true
		fmt.Fprintln(a.Err, a.T("no_address", "path", p.Endpoint))
	}
}

// rewritten changes an answer and writes it again.
func rewritten[T any](raw json.RawMessage, change func(*T)) (json.RawMessage, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	change(&v)
	return json.Marshal(v)
}
