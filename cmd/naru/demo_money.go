package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"naru"
	"naru/base/op"
	"naru/base/record"
	"naru/flow/account"
	"naru/flow/ledger"
	"naru/flow/meter"
)

// meter collects usage from every broker and seals the month, explaining what gaps the
// first and last moments of a service leave.
func (d *demo) meter(ctx context.Context) (string, error) {
	asked := time.Now().UTC()
	out, err := op.Do(ctx, d.runner, d.as("operator"), meter.Collect, meter.CollectIn{})
	if err != nil {
		return "", err
	}
	if err := d.collected(ctx, len(out.Providers), asked); err != nil {
		return "", err
	}
	month := naru.MonthOf(time.Now())
	found, err := op.Do(ctx, d.runner, d.as("operator"), meter.Gaps, meter.MonthIn{Month: month})
	if err != nil {
		return "", err
	}
	for _, g := range found.Gaps {
		if g.Explained {
			continue
		}
		_, err := op.Do(ctx, d.runner, d.as("operator"), meter.Explain, meter.ExplainIn{
			Instance: g.Instance, Meter: g.Meter, From: g.From, To: g.To, Reason: "demo: between two samples",
		})
		if err != nil {
			return "", err
		}
	}
	seal, err := op.Do(ctx, d.runner, d.as("operator"), meter.SealMonth, meter.SealIn{Month: month, Early: true})
	if err != nil {
		return "", err
	}
	if err := d.measured(ctx); err != nil {
		return "", err
	}
	return d.app.T("demo_meter_out", "lines", fmt.Sprint(seal.Lines), "providers", fmt.Sprint(len(out.Providers)), "gaps", fmt.Sprint(len(found.Gaps)), "month", string(month)), nil
}

// mainMeter is the meter of a kind of service that every use of it moves.
func mainMeter(category string) string {
	switch category {
	case "object-storage":
		return "requests"
	case "messaging":
		return "messages"
	case "database":
		return "active_hours"
	}
	return ""
}

// measured demands that every service that was used has usage of its main meter: lost usage is lost money.
func (d *demo) measured(ctx context.Context) error {
	for _, r := range d.running {
		var total naru.Decimal
		in := meter.ListUsageIn{Filter: meter.Filter{Instance: r.instance}}
		in.Limit = naru.MaxPage
		list, err := op.Do(ctx, d.runner, d.as("operator"), meter.ListUsage, in)
		if err != nil {
			return err
		}
		for _, u := range list.Rows {
			if u.Meter == mainMeter(r.category) {
				total = total.Add(u.Quantity)
			}
		}
		if total.Sign() <= 0 {
			return errNotHeld("%s %s was used, and its %q is %s", r.category, r.instance, mainMeter(r.category), total)
		}
	}
	return nil
}

// collected waits until every provider was asked since.
func (d *demo) collected(ctx context.Context, providers int, since time.Time) error {
	return poll(ctx, func() (bool, error) {
		list, err := op.Do(ctx, d.runner, d.as("operator"), meter.Collections, struct{}{})
		if err != nil {
			return false, err
		}
		n := 0
		for _, c := range list.Rows {
			if c.Fault.Key != "" && !c.At.Before(since) {
				return false, errNotHeld("usage of %s: %s", c.Provider, d.words.Message(d.app.Lang, c.Fault))
			}
			if !c.Through.Before(since.Add(-time.Second)) && !c.At.Before(since) {
				n++
			}
		}
		return n >= providers, nil
	})
}

// closeMonth is done by two people: the operator proposes, the ministry approves what it
// looked at. It prints the statement.
func (d *demo) closeMonth(ctx context.Context) (string, error) {
	month := naru.MonthOf(time.Now())
	proposed, err := op.Do(ctx, d.runner, d.as("operator"), account.Propose, account.MonthIn{Month: month})
	if err != nil {
		return "", err
	}
	_, err = op.Do(ctx, d.runner, d.as("operator"), account.Approve, account.ApproveIn{Month: month, Digest: proposed.Digest})
	if naru.KindOf(err) != naru.Denied {
		return "", errNotHeld("the operator's approval of its own close ended with %v", err)
	}
	closed, err := op.Do(ctx, d.runner, d.as("ministry"), account.Approve, account.ApproveIn{Month: month, Digest: proposed.Digest})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(d.app.T("demo_close_out", "month", string(closed.Month), "statements", fmt.Sprint(closed.Statements), "amount", fmt.Sprint(closed.Amount)))
	list, err := op.Do(ctx, d.runner, d.as("officer"), account.Statements, account.StatementsIn{})
	if err != nil {
		return "", err
	}
	var sum naru.Money
	for _, row := range list.Rows {
		st, err := op.Do(ctx, d.runner, d.as("officer"), account.GetStatement, account.StatementIn{ID: row.ID})
		if err != nil {
			return "", err
		}
		sum += printStatement(&b, st)
	}
	if sum != closed.Amount {
		return b.String(), errNotHeld("the lines sum to %d won, the close says %d", sum, closed.Amount)
	}
	return b.String(), nil
}

// printStatement writes a statement and returns the sum of its lines.
func printStatement(b *strings.Builder, st account.Statement) (sum naru.Money) {
	fmt.Fprintf(b, "\n         %s %s (synthetic)", st.Name, st.Month)
	for _, l := range st.Lines {
		sum += l.Amount
		for _, c := range l.Charges {
			fmt.Fprintf(b, "\n           %-18s %14s %-8s × %-8s = %s", c.Meter, c.Quantity, c.Unit, c.Rate, c.Cost.Decimal())
		}
		fmt.Fprintf(b, "\n           %-18s %d 원", "→", l.Amount)
	}
	fmt.Fprintf(b, "\n           Σ %d 원", st.Amount)
	return sum
}

// proveRecord exports the record, verifies it with the published key, and shows that an
// edit is found.
func (d *demo) proveRecord(ctx context.Context) (string, error) {
	d.signNow(ctx)
	var file bytes.Buffer
	n, err := ledger.WriteExport(ctx, &file, func(ctx context.Context, in ledger.ExportIn) (ledger.ExportOut, error) {
		return op.Do(ctx, d.runner, d.as("auditor"), d.steps.Ledger.Export, in)
	})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(d.dir, "record.jsonl"), file.Bytes(), 0o600); err != nil {
		return "", err
	}
	good, err := record.Verify(bytes.NewReader(file.Bytes()), d.keys.Verifier)
	if err != nil {
		return "", err
	}
	if !good.OK() || good.Denied < 2 {
		return "", errNotHeld("the record verifies with %v and %d denials", good.Faults, good.Denied)
	}
	forged, err := record.Verify(bytes.NewReader(forge(file.Bytes())), d.keys.Verifier)
	if err == nil && forged.OK() {
		return "", errNotHeld("an edit of the record was not found")
	}
	return d.app.T("demo_record_out", "entries", fmt.Sprint(n), "denied", fmt.Sprint(good.Denied), "root", good.Root.String()), nil
}

// forge changes one letter inside a leaf of an exported record.
func forge(file []byte) []byte {
	out := bytes.Clone(file)
	at := bytes.Index(out, []byte(`"leaf":"`)) + 60
	if out[at] == 'A' {
		out[at] = 'B'
	} else {
		out[at] = 'A'
	}
	return out
}
