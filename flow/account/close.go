package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/contract"
	"naru/flow/meter"
)

// State is how far the close of a month has come.
type State string

// The states of a close.
const (
	Proposed State = "proposed" // waits for a second person
	Approved State = "approved" // paid and immutable
	Rejected State = "rejected" // to be proposed again
)

// Close is the close of a month (월 마감) over all institutions.
type Close struct {
	Month      naru.Month `json:"month"`
	State      State      `json:"state"`
	Statements int        `json:"statements"`
	Amount     naru.Money `json:"amount"`
	Short      naru.Money `json:"short"` // not covered by the budgets, once approved
	Early      bool       `json:"early"`
	Digest     string     `json:"digest"` // over the statements' digests and the seal
	Seal       string     `json:"seal"`   // digest of the usage
	ProposedBy string     `json:"proposed_by"`
	ProposedAt time.Time  `json:"proposed_at"`
	DecidedBy  string     `json:"decided_by,omitempty"`
	DecidedAt  time.Time  `json:"decided_at,omitzero"`
	Reason     string     `json:"reason,omitempty"` // of a rejection
}

// Adjustment corrects a closed month in the one closed next (정정).
type Adjustment struct {
	ID     string           `json:"id"`
	Order  contract.OrderID `json:"order"`
	Month  naru.Month       `json:"month"`  // that is corrected
	Amount naru.Money       `json:"amount"` // negative = a credit
	Reason string           `json:"reason"`
	By     string           `json:"by"`
	At     time.Time        `json:"at"`
}

// MonthIn names a month.
type MonthIn struct {
	Month naru.Month `json:"month" doc:"month as YYYY-MM"`
}

// propose computes the statements of a sealed month. It may be repeated until somebody
// approves.
func propose(ctx context.Context, c *op.Call, s Store, in MonthIn) (Close, error) {
	seal, err := due(ctx, s, in.Month)
	if err != nil {
		return Close{}, err
	}
	list, err := rate(ctx, s, in.Month)
	if err != nil {
		return Close{}, err
	}
	v := Close{Month: in.Month, State: Proposed, Statements: len(list), Early: seal.Early, Seal: seal.Digest, ProposedBy: c.Actor.User, ProposedAt: c.Now}
	for i := range list {
		list[i].Early = seal.Early
		if list[i].Digest, err = list[i].digest(); err != nil {
			return v, err
		}
		if v.Amount, err = v.Amount.Add(list[i].Amount); err != nil {
			return v, err
		}
	}
	v.Digest = digestOf(v, list)
	if err := s.ReplaceStatements(ctx, in.Month, list); err != nil {
		return v, err
	}
	c.Record([]string{monthSubject(in.Month)}, "statements", fmt.Sprint(v.Statements), "amount", won(v.Amount), "digest", v.Digest)
	return v, s.PutClose(ctx, v)
}

// monthSubject is the id of a month in the record.
func monthSubject(m naru.Month) string { return "month_" + string(m) }

func won(m naru.Money) string { return fmt.Sprint(int64(m)) }

// due returns the seal of a month whose turn it is to be closed.
func due(ctx context.Context, s Store, m naru.Month) (meter.Seal, error) {
	seals, err := s.Seals(ctx) // newest first
	if err != nil {
		return meter.Seal{}, err
	}
	i := slices.IndexFunc(seals, func(v meter.Seal) bool { return v.Month == m })
	if i < 0 {
		return meter.Seal{}, naru.NewError(naru.Conflict, "account.not_sealed", "month", fmt.Sprintf("%.20s", string(m)))
	}
	closes, err := s.Closes(ctx)
	if err != nil {
		return meter.Seal{}, err
	}
	want := seals[len(seals)-1].Month
	for _, v := range closes {
		if v.State == Approved && v.Month >= want {
			want = v.Month.Next()
		}
	}
	if m < want {
		return meter.Seal{}, naru.NewError(naru.Conflict, "account.closed", "month", string(m))
	}
	if m > want {
		return meter.Seal{}, naru.NewError(naru.Conflict, "account.out_of_order", "month", string(m), "due", string(want))
	}
	return seals[i], checkSeal(ctx, s, seals[i])
}

// checkSeal refuses usage that is not what was sealed.
func checkSeal(ctx context.Context, s Store, seal meter.Seal) error {
	lines, digest, err := meter.Digest(ctx, s, seal.Month)
	if err != nil {
		return err
	}
	if lines != seal.Lines || digest != seal.Digest {
		return naru.NewError(naru.Conflict, "account.usage_changed", "month", string(seal.Month))
	}
	return nil
}

// digestOf names a close by its statements and the usage behind them.
func digestOf(v Close, list []Statement) string {
	h := sha256.New()
	parts := []string{string(v.Month), v.Seal, won(v.Amount)}
	for _, s := range list {
		parts = append(parts, string(s.ID), s.Digest)
	}
	h.Write([]byte(strings.Join(parts, "\n"))) // a hash takes everything
	return hex.EncodeToString(h.Sum(nil))
}

// ApproveIn approves a close.
type ApproveIn struct {
	Month  naru.Month `json:"month" doc:"month as YYYY-MM"`
	Digest string     `json:"digest" doc:"digest of the close you looked at, as account.closes shows it"`
}

// approve pays the statements and makes them immutable. The approver names what was
// looked at, so that nobody signs what was changed meanwhile.
func approve(ctx context.Context, c *op.Call, s Store, in ApproveIn) (Close, error) {
	v, err := proposed(ctx, s, in.Month)
	if err != nil {
		return v, err
	}
	if v.ProposedBy == c.Actor.User {
		return v, naru.NewError(naru.Denied, "account.same_person", "month", string(in.Month))
	}
	if v.Digest != in.Digest {
		return v, naru.NewError(naru.Conflict, "account.other_digest", "month", string(in.Month))
	}
	list, err := s.StatementsOf(ctx, in.Month)
	if err != nil {
		return v, err
	}
	if err := unchanged(v, list); err != nil {
		return v, err
	}
	for i := range list {
		if err := pay(ctx, c, s, &list[i]); err != nil {
			return v, fmt.Errorf("statement %s: %w", list[i].ID, err)
		}
		for _, l := range list[i].Lines {
			v.Short += l.Payment.Short
		}
	}
	v.State, v.DecidedBy, v.DecidedAt = Approved, c.Actor.User, c.Now
	c.Record([]string{monthSubject(in.Month)}, "statements", fmt.Sprint(v.Statements), "amount", won(v.Amount), "short", won(v.Short), "digest", v.Digest)
	if err := s.ReplaceStatements(ctx, in.Month, list); err != nil {
		return v, err
	}
	return v, s.PutClose(ctx, v)
}

func proposed(ctx context.Context, s Store, m naru.Month) (Close, error) {
	v, ok, err := s.Close(ctx, m)
	if err != nil {
		return v, err
	}
	if !ok || v.State != Proposed {
		return v, naru.NewError(naru.Conflict, "account.not_proposed", "month", fmt.Sprintf("%.20s", string(m)))
	}
	return v, nil
}

// unchanged recomputes every sum and digest from what is stored: what was edited behind
// naru's back is not paid.
func unchanged(v Close, list []Statement) error {
	for i := range list {
		again := list[i]
		again.Lines = slices.Clone(again.Lines)
		slices.SortFunc(again.Lines, byOrder)
		for n := range again.Lines {
			if err := again.Lines[n].total(); err != nil {
				return err
			}
		}
		if err := again.total(); err != nil {
			return err
		}
		digest, err := again.digest()
		if err != nil {
			return err
		}
		list[i].Digest = digest
	}
	slices.SortFunc(list, func(a, b Statement) int { return strings.Compare(string(a.ID), string(b.ID)) })
	if digestOf(v, list) != v.Digest {
		return naru.NewError(naru.Conflict, "account.statements_changed", "month", string(v.Month))
	}
	return nil
}

// pay spends every line from its order, settles the adjustments, and records the digest.
func pay(ctx context.Context, c *op.Call, s Store, st *Statement) error {
	st.Approved = true
	subjects := []string{string(st.ID), string(st.Institution)}
	for i := range st.Lines {
		l := &st.Lines[i]
		var err error
		if l.Payment, err = contract.Spend(ctx, s, l.Order, string(st.ID), l.Amount); err != nil {
			return err
		}
		subjects = append(subjects, string(l.Order))
		for _, charge := range l.Charges {
			if charge.Adjustment == "" {
				continue
			}
			if err := s.ChargeAdjustment(ctx, charge.Adjustment, st.Month); err != nil {
				return err
			}
		}
	}
	c.Record(subjects, "month", string(st.Month), "amount", won(st.Amount), "digest", st.Digest)
	return nil
}

// RejectIn sends a close back.
type RejectIn struct {
	Month  naru.Month `json:"month" doc:"month as YYYY-MM"`
	Reason string     `json:"reason" doc:"what is to be corrected"`
}

func reject(ctx context.Context, c *op.Call, s Store, in RejectIn) (Close, error) {
	v, err := proposed(ctx, s, in.Month)
	if err != nil {
		return v, err
	}
	if strings.TrimSpace(in.Reason) == "" {
		return v, naru.NewError(naru.Invalid, "account.reason_missing")
	}
	v.State, v.DecidedBy, v.DecidedAt, v.Reason = Rejected, c.Actor.User, c.Now, in.Reason
	c.Record([]string{monthSubject(in.Month)}, "digest", v.Digest)
	return v, s.PutClose(ctx, v)
}

// AdjustIn corrects a closed month.
type AdjustIn struct {
	Order  contract.OrderID `json:"order" doc:"order id"`
	Month  naru.Month       `json:"month" doc:"closed month that is corrected, as YYYY-MM"`
	Amount naru.Money       `json:"amount" doc:"won to charge; negative gives money back"`
	Reason string           `json:"reason" doc:"why"`
}

// adjust notes a correction; it is charged, and approved, with the next close.
func adjust(ctx context.Context, c *op.Call, s Store, in AdjustIn) (Adjustment, error) {
	if in.Amount == 0 || strings.TrimSpace(in.Reason) == "" {
		return Adjustment{}, naru.NewError(naru.Invalid, "account.bad_adjustment")
	}
	v, ok, err := s.Close(ctx, in.Month)
	if err != nil {
		return Adjustment{}, err
	}
	if !ok || v.State != Approved {
		return Adjustment{}, naru.NewError(naru.Conflict, "account.still_open", "month", fmt.Sprintf("%.20s", string(in.Month)))
	}
	if _, err := s.Order(ctx, in.Order); err != nil {
		return Adjustment{}, err
	}
	a := Adjustment{ID: c.NewID("adj"), Order: in.Order, Month: in.Month, Amount: in.Amount, Reason: in.Reason, By: c.Actor.User, At: c.Now}
	c.Record([]string{a.ID, string(a.Order), monthSubject(a.Month)}, "amount", won(a.Amount))
	return a, s.PutAdjustment(ctx, a)
}
