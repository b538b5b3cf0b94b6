package provision

import (
	"context"
	"slices"
	"strings"

	"naru/base/op"
	"naru/base/record"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
)

// Follower has what runs checked again when an entry says that something it rests on has
// changed: the law, a certificate, an order, a budget, the catalogue, or the facts. What
// is gone needs no re-check: its findings end.
func Follower() op.Follower {
	return op.Follow(TaskRecheck, []string{
		"law.publish", "law.withdraw", "decide.rule_exception", "decide.end_exception",
		"inventory.import", "inventory.import_institutions", "inventory.edit",
		"catalog.sync", "catalog.load", "catalog.describe", "catalog.certify", "catalog.register",
		"contract.approve", "contract.reject", "contract.end", "contract.budget", "account.approve",
		"provision.settle", "provision.delete", "provision.write_off_confirm",
	}, follow)
}

func follow(ctx context.Context, c *op.Call, s Store, e record.Entry) error {
	if strings.HasPrefix(e.Op, "provision.") {
		return endOf(ctx, c, s, e)
	}
	for _, scope := range scopesOf(e) {
		touched, err := s.Running(ctx, scope, "", 1)
		if err != nil {
			return err
		}
		if len(touched) == 0 {
			continue
		}
		c.Record(scope.named(), "asked", "true", "cause", e.Op)
		if err := enqueueRecheck(c, scope, ""); err != nil {
			return err
		}
	}
	return nil
}

// endOf ends what re-checks found of an instance that is gone, and that its plan was in doubt:
// a broker that cannot be counted would leave that open for ever.
func endOf(ctx context.Context, c *op.Call, s Store, e record.Entry) error {
	if state := State(e.Detail["state"]); len(e.Subjects) == 0 || state.Live() || state == "" {
		return nil
	}
	for _, id := range e.Subjects {
		if !strings.HasPrefix(id, "ins_") {
			continue
		}
		known, err := s.OpenFindings(ctx, FindingFilter{Instance: InstanceID(id)})
		if err != nil {
			return err
		}
		l := ledger{call: c, store: s}
		for _, f := range known {
			if !f.Kind.rechecked() && f.Kind != PlanUnsure {
				continue
			}
			if err := l.end(ctx, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// manyScopes is from where on one pass over everything is cheaper than many small ones.
const manyScopes = 8

// scopesOf returns what an entry can have touched. An entry that names nothing that
// instances belong to can have touched all.
func scopesOf(e record.Entry) []Scope {
	if e.Op == "catalog.sync" && e.Detail["outcome"] != "taken_over" {
		return nil // asked, or refused: nothing has changed
	}
	var list []Scope
	for _, id := range e.Subjects {
		var s Scope
		switch prefix, _, _ := strings.Cut(id, "_"); prefix {
		case "ord":
			s.Order = contract.OrderID(id)
		case "svc":
			s.Service = catalog.ServiceID(id)
		case "sys":
			s.System = inventory.SystemID(id)
		case "prv":
			s.Provider = catalog.ProviderID(id)
		case "inst":
			s.Institution = inventory.InstitutionID(id)
		default:
			continue
		}
		list = append(list, s)
	}
	switch {
	case e.Op == "account.approve" && len(list) == 0: // of the month; its statements have entries of their own
		return nil
	case strings.HasPrefix(e.Op, "law."), len(list) == 0, len(list) > manyScopes:
		return []Scope{{}}
	}
	return narrow(list)
}

// narrow keeps the narrowest kind of scope: an entry about an order also names its system
// and institution.
func narrow(list []Scope) []Scope {
	least := slices.MinFunc(list, func(a, b Scope) int { return a.width() - b.width() }).width()
	return slices.DeleteFunc(list, func(s Scope) bool { return s.width() > least })
}

// width ranks a scope of one kind by how much it can hold.
func (s Scope) width() int {
	switch {
	case s.Order != "":
		return 1
	case s.System != "":
		return 2
	case s.Service != "":
		return 3
	}
	return 4
}
