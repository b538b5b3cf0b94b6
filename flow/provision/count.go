package provision

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"naru"
	"naru/flow/catalog"
)

// ErrNoListing is what Broker.Held returns of a broker that does not list what it holds.
var ErrNoListing = errors.New("the broker does not list what it holds")

// retrieval says what a broker shows when it is asked for one thing.
type retrieval struct {
	Instances bool `json:"instances_retrievable"`
	Bindings  bool `json:"bindings_retrievable"`
}

// retrievalOf reads what the service promises in the broker's own words.
func retrievalOf(o catalog.Offer) (r retrieval) {
	if json.Unmarshal(o.Wire, &r) != nil {
		return retrieval{}
	}
	return r
}

// fetchAll asks for one after the other, a few at a time. What cannot be told is left out;
// when nothing at all could be told, the last fault says why.
func fetchAll(ctx context.Context, b Broker, list []Request) counted {
	a := counted{way: ByFetch, seen: make(map[string]Found, len(list)), plan: map[InstanceID]string{}}
	var (
		mu      sync.Mutex
		workers sync.WaitGroup
		next    = make(chan Request)
		fault   naru.Message
	)
	for range min(atOnce, len(list)) {
		workers.Go(func() {
			for r := range next {
				answer := b.Call(ctx, r)
				mu.Lock()
				if found := answer.found(); found != FoundUnknown {
					a.seen[r.about()] = found
					if r.Binding == "" {
						a.plan[r.Instance] = answer.Reply.Plan
					}
				} else {
					fault = answer.Fault
				}
				mu.Unlock()
			}
		})
	}
	for _, r := range list {
		if ctx.Err() != nil {
			break
		}
		next <- r
	}
	close(next)
	workers.Wait()
	if len(a.seen) == 0 && fault.Key != "" {
		a.err = &naru.Error{Kind: naru.Unavailable, Message: fault}
	}
	a.held = heldOf(list, a)
	return a
}

// about is the id of what a request is about.
func (r Request) about() string {
	if r.Binding != "" {
		return string(r.Binding)
	}
	return string(r.Instance)
}

// heldOf is what fetching showed, in the form of a listing.
func heldOf(list []Request, a counted) []Held {
	var out []Held
	at := map[InstanceID]int{}
	for _, r := range list {
		if r.Binding == "" && a.seen[r.about()] == FoundThere {
			at[r.Instance] = len(out)
			out = append(out, Held{Instance: r.Instance, Plan: a.plan[r.Instance]})
		}
	}
	for _, r := range list {
		if n, ok := at[r.Instance]; ok && r.Binding != "" && a.seen[r.about()] == FoundThere {
			out[n].Bindings = append(out[n].Bindings, r.Binding)
		}
	}
	return out
}
