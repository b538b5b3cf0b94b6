package meter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/provision"
)

// Seal says that the usage of a month is complete and will not change (사용량 확정).
type Seal struct {
	Month    naru.Month `json:"month"`
	Through  time.Time  `json:"through"` // what begins later belongs to the next month
	Early    bool       `json:"early"`   // sealed before the month ended
	Lines    int64      `json:"lines"`
	Windows  int        `json:"windows"`
	Digest   string     `json:"digest"` // over the lines, in order
	SealedBy string     `json:"sealed_by"`
	SealedAt time.Time  `json:"sealed_at"`
}

// Gap is a stretch of a window without usage on a meter the order prices.
type Gap struct {
	Instance    provision.InstanceID    `json:"instance"`
	Order       contract.OrderID        `json:"order"`
	Institution inventory.InstitutionID `json:"institution"`
	Provider    catalog.ProviderID      `json:"provider"`
	Meter       string                  `json:"meter"`
	Span
	Explained bool `json:"explained"`
}

// Explanation says why a stretch has no usage (공백 사유).
type Explanation struct {
	Instance provision.InstanceID `json:"instance"`
	Meter    string               `json:"meter,omitempty"` // "" = every meter
	Span
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// MonthIn names a month.
type MonthIn struct {
	Month naru.Month `json:"month" doc:"month as YYYY-MM"`
}

// GapsOut is what stands between a month and its seal.
type GapsOut struct {
	Month naru.Month `json:"month"`
	Span
	Windows int     `json:"windows"` // live in the span
	Gaps    []Gap   `json:"gaps"`
	Aside   []Aside `json:"aside"` // not dismissed
}

// open reports how much must still be explained or dismissed.
func (g GapsOut) open() int {
	n := len(g.Aside)
	for _, gap := range g.Gaps {
		if !gap.Explained {
			n++
		}
	}
	return n
}

func gaps(ctx context.Context, c *op.Call, s Store, in MonthIn) (GapsOut, error) {
	if err := checkMonth(in.Month); err != nil {
		return GapsOut{}, err
	}
	return findGaps(ctx, c, s, in.Month)
}

func checkMonth(m naru.Month) error {
	if _, err := naru.ParseMonth(string(m)); err != nil {
		return naru.NewError(naru.Invalid, "meter.bad_month", "month", fmt.Sprintf("%.20s", string(m)))
	}
	return nil
}

// spanOf returns the stretch a month's seal answers for: from where the last seal ended
// to the end of the month, or to now.
func spanOf(ctx context.Context, c *op.Call, s Store, m naru.Month) (Span, error) {
	from, to := m.Range()
	last, ok, err := s.LastSeal(ctx)
	if ok && last.Month < m && last.Through.Before(from) {
		from = last.Through
	}
	return Span{from, minTime(to, c.Now)}, err
}

func findGaps(ctx context.Context, c *op.Call, s Store, m naru.Month) (GapsOut, error) {
	span, err := spanOf(ctx, c, s, m)
	if err != nil {
		return GapsOut{}, err
	}
	out := GapsOut{Month: m, Span: span}
	windows, err := s.Windows(ctx, span)
	if err != nil {
		return out, err
	}
	for _, w := range windows {
		live, ok := w.within(span)
		if !ok {
			continue
		}
		out.Windows++
		parts, err := underOrders(ctx, s, w, live)
		if err != nil {
			return out, fmt.Errorf("orders of %s: %w", w.Instance, err)
		}
		for _, p := range parts {
			found, err := gapsOf(ctx, s, p.Window, p.live)
			if err != nil {
				return out, fmt.Errorf("usage of %s: %w", w.Instance, err)
			}
			out.Gaps = append(out.Gaps, found...)
		}
	}
	out.Aside, err = s.AsideOf(ctx, m)
	return out, err
}

// part is a stretch of a window under one order.
type part struct {
	Window
	live Span
}

// underOrders cuts a stretch where a plan change brought the instance under another order,
// because every order has meters of its own.
func underOrders(ctx context.Context, s Store, w Window, live Span) ([]part, error) {
	terms, err := s.Terms(ctx, w.Instance)
	if err != nil || len(terms) == 0 {
		return []part{{w, live}}, err
	}
	i, err := s.Instance(ctx, w.Instance)
	if err != nil {
		return nil, err
	}
	var out []part
	for _, t := range append(terms, provision.Term{Order: i.Order, Until: live.To}) {
		if to := minTime(t.Until, live.To); live.From.Before(to) {
			w.Order = t.Order
			out = append(out, part{w, Span{live.From, to}})
			live.From = to
		}
	}
	return out, nil
}

// gapsOf finds the gaps of one window, meter by meter of its order; an order without
// prices is asked for any usage at all.
func gapsOf(ctx context.Context, s Store, w Window, live Span) ([]Gap, error) {
	order, err := s.Order(ctx, w.Order)
	if err != nil {
		return nil, err
	}
	lines, err := s.Coverage(ctx, w.Instance, live)
	if err != nil {
		return nil, err
	}
	explained, err := s.Explanations(ctx, w.Instance)
	if err != nil {
		return nil, err
	}
	var out []Gap
	for _, m := range metersOf(order.Prices) {
		var spans, reasons []Span
		for _, l := range lines {
			if m == "" || l.Meter == m {
				spans = append(spans, l.Span)
			}
		}
		for _, e := range explained {
			if e.Meter == "" || e.Meter == m {
				reasons = append(reasons, e.Span)
			}
		}
		for _, open := range uncovered(live, spans) {
			out = append(out, Gap{w.Instance, w.Order, w.Institution, w.Provider, m, open, covered(open, reasons)})
		}
	}
	return out, nil
}

// metersOf returns the meters of a price list, each once; [""] for an empty list.
func metersOf(prices []catalog.Price) []string {
	var out []string
	seen := map[string]bool{}
	for _, p := range prices {
		if !seen[p.Meter] {
			seen[p.Meter] = true
			out = append(out, p.Meter)
		}
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}

// SealIn asks for the seal of a month.
type SealIn struct {
	Month naru.Month `json:"month" doc:"month as YYYY-MM"`
	Early bool       `json:"early,omitempty" doc:"seal although the month has not ended; what is used later is charged in the next month"`
}

func sealMonth(ctx context.Context, c *op.Call, s Store, in SealIn) (Seal, error) {
	if err := mayseal(ctx, c, s, in); err != nil {
		return Seal{}, err
	}
	found, err := findGaps(ctx, c, s, in.Month)
	if err != nil {
		return Seal{}, err
	}
	if n := found.open(); n > 0 {
		return Seal{}, naru.NewError(naru.Conflict, "meter.gaps_open", "month", string(in.Month), "gaps", fmt.Sprint(n)).WithProblems(problems(found))
	}
	seal := Seal{Month: in.Month, Through: found.To, Early: in.Early, Windows: found.Windows, SealedBy: c.Actor.User, SealedAt: c.Now}
	if seal.Lines, seal.Digest, err = Digest(ctx, s, in.Month); err != nil {
		return Seal{}, err
	}
	c.Record([]string{monthSubject(in.Month)}, "month", string(in.Month), "lines", fmt.Sprint(seal.Lines),
		"windows", fmt.Sprint(seal.Windows), "early", fmt.Sprint(seal.Early), "digest", seal.Digest)
	return seal, s.PutSeal(ctx, seal)
}

// monthSubject is the id of a month in the record.
func monthSubject(m naru.Month) string { return "month_" + string(m) }

// mayseal refuses a month out of order, or one that has not ended unless asked for.
func mayseal(ctx context.Context, c *op.Call, s Store, in SealIn) error {
	if err := checkMonth(in.Month); err != nil {
		return err
	}
	due, err := dueMonth(ctx, s, in.Month)
	if err != nil {
		return err
	}
	if due != in.Month {
		return naru.NewError(naru.Conflict, "meter.out_of_order", "month", string(in.Month), "due", string(due))
	}
	from, to := in.Month.Range()
	if c.Now.Before(from) || (c.Now.Before(to) && !in.Early) {
		return naru.NewError(naru.Conflict, "meter.not_over", "month", string(in.Month))
	}
	return nil
}

// dueMonth is the month to be sealed next: after the last one, or the month of the first
// use ever; the month asked for when there is neither.
func dueMonth(ctx context.Context, s Store, asked naru.Month) (naru.Month, error) {
	last, ok, err := s.LastSeal(ctx)
	if err != nil || ok {
		return last.Month.Next(), err
	}
	first, ok, err := s.FirstUse(ctx)
	if err != nil || !ok {
		return asked, err
	}
	return naru.MonthOf(first), nil
}

// problems lists what stands open, for the refusal.
func problems(g GapsOut) []naru.Problem {
	var out []naru.Problem
	for _, gap := range g.Gaps {
		if !gap.Explained {
			out = append(out, naru.Problem{Field: string(gap.Instance), Message: naru.Msg("meter.gap", "instance", string(gap.Instance), "meter", gap.Meter,
				"from", stamp(gap.From), "to", stamp(gap.To))})
		}
	}
	for _, a := range g.Aside {
		out = append(out, naru.Problem{Field: fmt.Sprintf("%.80s", a.Line), Message: a.Reason})
	}
	return out
}

// stamp writes an instant for a message, in Korea's time.
func stamp(t time.Time) string { return t.In(naru.Seoul).Format("2006-01-02 15:04:05") }

// linesAtOnce is how many lines are read at once where a whole month is walked.
const linesAtOnce = 1000

// Digest walks the lines of a month in order and digests them, as the seal did.
func Digest(ctx context.Context, s Months, m naru.Month) (lines int64, digest string, err error) {
	sum := sha256.New()
	err = Walk(ctx, s, m, func(u Usage) error {
		lines++
		return writeLine(sum, u)
	})
	return lines, hex.EncodeToString(sum.Sum(nil)), err
}

func writeLine(h hash.Hash, u Usage) error {
	_, err := fmt.Fprintf(h, "%s\n%s\n%s\n", u.Provider, u.Line, u.Digest)
	return err
}

// Months is the part of the store that walks a month's lines.
type Months interface {
	// UsageOfMonth returns lines charged in a month in the order of provider and line.
	UsageOfMonth(ctx context.Context, m naru.Month, p catalog.ProviderID, line string, limit int) ([]Usage, error)
}

// Walk calls visit for every line that is charged in a month, in a fixed order.
func Walk(ctx context.Context, s Months, m naru.Month, visit func(Usage) error) error {
	var (
		provider catalog.ProviderID
		line     string
	)
	for {
		page, err := s.UsageOfMonth(ctx, m, provider, line, linesAtOnce)
		if err != nil {
			return err
		}
		for _, u := range page {
			if err := visit(u); err != nil {
				return fmt.Errorf("line %s of %s: %w", u.Line, u.Provider, err)
			}
		}
		if len(page) < linesAtOnce {
			return nil
		}
		provider, line = page[len(page)-1].Provider, page[len(page)-1].Line
	}
}
