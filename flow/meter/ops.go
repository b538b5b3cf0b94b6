package meter

import (
	"context"
	"fmt"
	"strings"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/provision"
)

// Store is what this step needs of a transaction.
type Store interface {
	Months
	Provider(ctx context.Context, id catalog.ProviderID) (catalog.Provider, error)
	Providers(ctx context.Context, of catalog.ProviderID, p naru.Page) (naru.List[catalog.Provider], error)
	Order(ctx context.Context, id contract.OrderID) (contract.Order, error)
	Instance(ctx context.Context, id provision.InstanceID) (provision.Instance, error)

	// Terms returns under which orders an instance was before, the oldest first.
	Terms(ctx context.Context, id provision.InstanceID) ([]provision.Term, error)
	Window(ctx context.Context, id provision.InstanceID) (Window, bool, error)
	// Windows returns the windows that share a moment with a stretch.
	Windows(ctx context.Context, s Span) ([]Window, error)
	PutWindow(ctx context.Context, w Window) error
	// FirstUse returns when the first window opened or the first line began.
	FirstUse(ctx context.Context) (time.Time, bool, error)

	UsageDigest(ctx context.Context, p catalog.ProviderID, line string) (digest string, found bool, err error)
	Usage(ctx context.Context, f Filter, p naru.Page) (naru.List[Usage], error)
	// Coverage returns which meters of an instance have lines that touch a stretch.
	Coverage(ctx context.Context, id provision.InstanceID, s Span) ([]Covered, error)
	PutUsage(ctx context.Context, u Usage) error

	// PutAside keeps a reading apart; fresh is false when it was kept before.
	PutAside(ctx context.Context, a Aside) (fresh bool, err error)
	AsideBy(ctx context.Context, p catalog.ProviderID, digest string) (Aside, error)
	// AsideOf returns the readings set aside in a month that nobody dismissed.
	AsideOf(ctx context.Context, m naru.Month) ([]Aside, error)
	DismissAside(ctx context.Context, a Aside) error

	Explanations(ctx context.Context, id provision.InstanceID) ([]Explanation, error)
	PutExplanation(ctx context.Context, e Explanation) error
	Collection(ctx context.Context, p catalog.ProviderID) (Collection, error)
	Collections(ctx context.Context) ([]Collection, error)
	PutCollection(ctx context.Context, v Collection) error
	LastSeal(ctx context.Context) (Seal, bool, error)
	Seals(ctx context.Context) ([]Seal, error)
	PutSeal(ctx context.Context, v Seal) error
}

// Covered is a stretch with usage on a meter.
type Covered struct {
	Meter string
	Span
}

// Collect asks providers for the usage they metered.
var Collect = op.Write("meter.collect", "meter.collect",
	naru.Text{Ko: "공급자에게서 사용량을 모은다", En: "Collect usage from providers"}, collect)

// Collections tells how the last collection of every provider went.
var Collections = op.Read("meter.collections", "meter.read",
	naru.Text{Ko: "공급자별 사용량 수집 상태", En: "List how collections went"}, collections)

// ListUsage lists usage lines.
var ListUsage = op.Read("meter.usage", "meter.read",
	naru.Text{Ko: "사용량 목록", En: "List usage"}, listUsage)

// Gaps tells what stands between a month and its seal.
var Gaps = op.Read("meter.gaps", "meter.collect",
	naru.Text{Ko: "사용량 공백과 보류 내역", En: "List gaps in usage and lines set aside"}, gaps)

// Explain says why a stretch of an instance has no usage.
var Explain = op.Write("meter.explain", "meter.collect",
	naru.Text{Ko: "사용량 공백의 사유를 적는다", En: "Explain a gap in usage"}, explain)

// Dismiss settles a line that was set aside: it will not be charged.
var Dismiss = op.Write("meter.dismiss", "meter.collect",
	naru.Text{Ko: "보류된 사용량을 청구하지 않기로 한다", En: "Dismiss a line that was set aside"}, dismiss)

// SealMonth declares the usage of a month complete.
var SealMonth = op.Write("meter.seal", "meter.collect",
	naru.Text{Ko: "한 달의 사용량을 확정한다", En: "Seal the usage of a month"}, sealMonth)

// Seals lists the sealed months.
var Seals = op.Read("meter.seals", "meter.read",
	naru.Text{Ko: "사용량이 확정된 달", En: "List sealed months"}, listSeals)

// Operations lists the operations of this step.
func Operations() []op.Any {
	return []op.Any{Collect, Collections, ListUsage, Gaps, Explain, Dismiss, SealMonth, Seals}
}

// Filter narrows a list of usage.
type Filter struct {
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"institution id"`
	Provider    catalog.ProviderID      `json:"provider,omitempty" doc:"provider id"`
	Instance    provision.InstanceID    `json:"instance,omitempty" doc:"instance id"`
	Month       naru.Month              `json:"month,omitempty" doc:"month it is charged in, as YYYY-MM"`
}

// ListUsageIn asks for a page of usage.
type ListUsageIn struct {
	Filter
	naru.Page
}

func listUsage(ctx context.Context, c *op.Call, s Store, in ListUsageIn) (naru.List[Usage], error) {
	if err := in.limit(c.Actor); err != nil {
		return naru.List[Usage]{}, err
	}
	return s.Usage(ctx, in.Filter, in.Page)
}

// limit narrows a filter to what the actor may see.
func (f *Filter) limit(a naru.Actor) error {
	if a.Role == string(identity.Provider) {
		if a.Provider == "" || (f.Provider != "" && string(f.Provider) != a.Provider) {
			return naru.NewError(naru.Denied, identity.NotYours, "object", string(f.Provider))
		}
		f.Provider = catalog.ProviderID(a.Provider)
		return nil
	}
	scope := inventory.InstitutionID(identity.Scope(a))
	if scope == "" {
		return nil
	}
	if f.Institution != "" && f.Institution != scope {
		return identity.RequireSight(a, string(f.Institution), string(f.Institution))
	}
	f.Institution = scope
	return nil
}

func collections(ctx context.Context, c *op.Call, s Store, _ struct{}) (naru.List[Collection], error) {
	all, err := s.Collections(ctx)
	var out naru.List[Collection]
	for _, v := range all {
		if c.Actor.Role != string(identity.Provider) || string(v.Provider) == c.Actor.Provider {
			out.Rows = append(out.Rows, v)
		}
	}
	return out, err
}

func listSeals(ctx context.Context, _ *op.Call, s Store, _ struct{}) (naru.List[Seal], error) {
	rows, err := s.Seals(ctx)
	return naru.List[Seal]{Rows: rows}, err
}

// ExplainIn explains a gap.
type ExplainIn struct {
	Instance provision.InstanceID `json:"instance" doc:"instance id"`
	Meter    string               `json:"meter,omitempty" doc:"meter; empty means every meter"`
	From     time.Time            `json:"from" doc:"begin of the gap"`
	To       time.Time            `json:"to" doc:"end of the gap"`
	Reason   string               `json:"reason" doc:"why there is no usage"`
}

func explain(ctx context.Context, c *op.Call, s Store, in ExplainIn) (Explanation, error) {
	e := Explanation{Instance: in.Instance, Meter: in.Meter, Span: Span{in.From.UTC(), in.To.UTC()}, Reason: in.Reason, By: c.Actor.User, At: c.Now}
	if strings.TrimSpace(in.Reason) == "" || !in.From.Before(in.To) {
		return e, naru.NewError(naru.Invalid, "meter.bad_explanation")
	}
	if _, known, err := s.Window(ctx, in.Instance); err != nil || !known {
		return e, orNotFound(err, string(in.Instance))
	}
	c.Record([]string{string(in.Instance)}, "meter", in.Meter, "from", in.From.UTC().Format(time.RFC3339), "to", in.To.UTC().Format(time.RFC3339))
	return e, s.PutExplanation(ctx, e)
}

func orNotFound(err error, id string) error {
	if err != nil {
		return err
	}
	return naru.NewError(naru.NotFound, "not_found", "object", id)
}

// DismissIn settles a line that was set aside.
type DismissIn struct {
	Provider catalog.ProviderID `json:"provider" doc:"provider id"`
	Digest   string             `json:"digest" doc:"digest of the reading, as meter.gaps lists it"`
	Why      string             `json:"why" doc:"why it is not charged"`
}

func dismiss(ctx context.Context, c *op.Call, s Store, in DismissIn) (Aside, error) {
	if strings.TrimSpace(in.Why) == "" {
		return Aside{}, naru.NewError(naru.Invalid, "meter.why_missing")
	}
	a, err := s.AsideBy(ctx, in.Provider, in.Digest)
	if err != nil {
		return a, err
	}
	a.DismissedBy, a.Why = c.Actor.User, in.Why
	c.Record([]string{string(a.Provider)}, "reason", a.Reason.Key, "digest", fmt.Sprintf("%.64s", a.Digest))
	return a, s.DismissAside(ctx, a)
}
