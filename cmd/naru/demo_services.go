package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/contract"
	"naru/flow/provision"
)

// openSites starts the brokers of both sites as processes and takes their catalogues.
func (d *demo) openSites(ctx context.Context) (string, error) {
	log, err := os.OpenFile(filepath.Join(d.dir, "brokers.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	return "", d.startBrokers(ctx, &d.children, log)
}

// order asks for one plan of every kind on each site, until the end of the year.
func (d *demo) order(ctx context.Context) (string, error) {
	c := d.as("officer")
	end := naru.Date(c.Today().Month().Year() + "-12-31")
	for i, pick := range d.picks {
		o, err := op.Do(ctx, d.runner, d.as("officer"), d.steps.Contract.Order, contract.OrderIn{
			Key: fmt.Sprintf("demo-%d", i), System: d.chosen.ID, Component: d.component.ID, Plan: pick.Plan,
			From: c.Today(), To: end, Hold: 1_000_000, Purpose: "demo",
		})
		if err != nil {
			return "", err
		}
		d.orders = append(d.orders, o)
	}
	return d.app.T("demo_order_out", "orders", fmt.Sprint(len(d.orders)), "hold", fmt.Sprint(len(d.orders)*1_000_000)), nil
}

// approve shows that the officer may not approve, and lets the approver do it.
func (d *demo) approve(ctx context.Context) (string, error) {
	_, err := op.Do(ctx, d.runner, d.as("officer"), d.steps.Contract.Approve, contract.DecideIn{ID: d.orders[0].ID})
	if naru.KindOf(err) != naru.Denied {
		return "", errNotHeld("the officer's own approval ended with %v", err)
	}
	for i := range d.orders {
		if d.orders[i], err = op.Do(ctx, d.runner, d.as("approver"), d.steps.Contract.Approve, contract.DecideIn{ID: d.orders[i].ID}); err != nil {
			return "", err
		}
	}
	return d.app.T("demo_approve_out", "orders", fmt.Sprint(len(d.orders))), nil
}

// provision makes every ordered service and its credentials.
func (d *demo) provision(ctx context.Context) (string, error) {
	ops := d.steps.Provision
	for i, o := range d.orders {
		made, err := op.Do(ctx, d.runner, d.as("officer"), ops.Create, provision.CreateIn{Order: o.ID})
		if err != nil {
			return "", err
		}
		d.running = append(d.running, running{category: d.picks[i].Category, order: o, instance: made.ID})
	}
	for i := range d.running {
		r := &d.running[i]
		if err := d.until(ctx, r.instance, provision.Ready); err != nil {
			return "", err
		}
		b, err := op.Do(ctx, d.runner, d.as("officer"), ops.Bind, provision.BindIn{Instance: r.instance})
		if err != nil {
			return "", err
		}
		r.binding = b.ID
	}
	for i := range d.running {
		if err := d.reveal(ctx, &d.running[i]); err != nil {
			return "", err
		}
	}
	return d.app.T("demo_provision_out", "instances", fmt.Sprint(len(d.running))), nil
}

// until waits for a state of an instance; a state that cannot lead there is an error.
func (d *demo) until(ctx context.Context, id provision.InstanceID, want provision.State) error {
	return poll(ctx, func() (bool, error) {
		i, err := op.Do(ctx, d.runner, d.as("officer"), d.steps.Provision.Instance, provision.InstanceRef{ID: id})
		if err != nil {
			return false, err
		}
		if i.State == provision.Failed {
			return false, errNotHeld("instance %s failed: %s", id, d.words.Message(d.app.Lang, i.Fault))
		}
		return i.State == want, nil
	})
}

func (d *demo) reveal(ctx context.Context, r *running) error {
	return poll(ctx, func() (bool, error) {
		b, err := op.Do(ctx, d.runner, d.as("officer"), d.steps.Provision.Binding, provision.BindingRef{ID: r.binding})
		if err != nil || b.State != provision.Ready {
			if b.State == provision.Failed {
				err = errNotHeld("binding %s failed: %s", r.binding, d.words.Message(d.app.Lang, b.Fault))
			}
			return false, err
		}
		shown, err := op.Do(ctx, d.runner, d.as("officer"), d.steps.Provision.Credentials, provision.BindingRef{ID: r.binding})
		r.credentials = shown.Credentials
		return true, err
	})
}

// poll looks again and again until it is done, for a minute.
func poll(ctx context.Context, look func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := look()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// use works with every service as its own client would.
func (d *demo) use(ctx context.Context) (string, error) {
	var lines []string
	for _, r := range d.running {
		line, err := useService(ctx, r.category, r.credentials)
		if err != nil {
			return strings.Join(lines, "\n"), fmt.Errorf("%s: %w", r.category, err)
		}
		lines = append(lines, "         "+line)
	}
	return strings.Join(lines, "\n"), nil
}

// end gives every service back and shows that its credentials are dead.
func (d *demo) end(ctx context.Context) (string, error) {
	for _, r := range d.running {
		in := provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: r.instance}, Unbind: true}
		if _, err := op.Do(ctx, d.runner, d.as("officer"), d.steps.Provision.Delete, in); err != nil {
			return "", err
		}
	}
	for _, r := range d.running {
		if err := d.until(ctx, r.instance, provision.Deleted); err != nil {
			return "", err
		}
		if _, err := useService(ctx, r.category, r.credentials); err == nil {
			return "", errNotHeld("credentials of %s still work after its end", r.category)
		}
	}
	return d.app.T("demo_end_out", "instances", fmt.Sprint(len(d.running))), nil
}
