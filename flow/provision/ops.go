package provision

import (
	"context"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
)

// Store is what this step needs of a transaction.
type Store interface {
	decide.Asker
	Institution(ctx context.Context, id inventory.InstitutionID) (inventory.Institution, error)
	System(ctx context.Context, id inventory.SystemID) (inventory.System, error)
	Provider(ctx context.Context, id catalog.ProviderID) (catalog.Provider, error)
	Offer(ctx context.Context, id catalog.ServiceID) (catalog.Offer, error)
	Order(ctx context.Context, id contract.OrderID) (contract.Order, error)
	// OrdersInForce returns the approved orders of an institution that cover a date.
	OrdersInForce(ctx context.Context, of inventory.InstitutionID, on naru.Date) ([]contract.Order, error)
	// Assembled returns what assemble makes of other reads, remembered under a key until
	// one of them would give something else. Nobody changes it in place.
	Assembled(ctx context.Context, key string, assemble func(context.Context) (any, error)) (any, error)

	Instance(ctx context.Context, id InstanceID) (Instance, error)
	// InstanceOf returns the newest instance a platform knows by an id of its own.
	InstanceOf(ctx context.Context, platform, platformID string) (Instance, bool, error)
	// LiveInstance returns the instance of an order that is neither failed nor deleted: the
	// one under it, or the one that is to come under it by an update.
	LiveInstance(ctx context.Context, of contract.OrderID) (Instance, bool, error)
	InstancesAt(ctx context.Context, p catalog.ProviderID) ([]Instance, error)
	Instances(ctx context.Context, f Filter, p naru.Page) (naru.List[InstanceRow], error)
	InstanceRow(ctx context.Context, id InstanceID) (InstanceRow, error)
	PutInstance(ctx context.Context, i Instance) error
	// PutTerm keeps under which order an instance was until now.
	PutTerm(ctx context.Context, t Term) error

	Binding(ctx context.Context, id BindingID) (Binding, error)
	BindingOf(ctx context.Context, i InstanceID, platformID string) (Binding, bool, error)
	Bindings(ctx context.Context, i InstanceID) ([]Binding, error)
	BindingsAt(ctx context.Context, p catalog.ProviderID) ([]Binding, error)
	PutBinding(ctx context.Context, b Binding) error
	// PutCredentials seals the credentials of a binding; the zero secret removes them.
	PutCredentials(ctx context.Context, b BindingID, secret naru.Secret) error
	Credentials(ctx context.Context, b BindingID) (naru.Secret, error)

	CareStore
	PutCensus(ctx context.Context, c Census) error
	Censuses(ctx context.Context, p catalog.ProviderID, page naru.Page) (naru.List[Census], error)
}

// Ops are the operations of this step on one book of law.
type Ops struct {
	Create      op.Op[Store, CreateIn, Created]
	Update      op.Op[Store, UpdateIn, Updated]
	CheckUpdate op.Op[Store, UpdateIn, UpdateCheck]
	Delete      op.Op[Store, DeleteIn, Instance]
	Bind        op.Op[Store, BindIn, Bound]
	Rotate      op.Op[Store, RotateIn, Bound]
	CheckRotate op.Op[Store, RotateIn, RotateCheck]
	Unbind      op.Op[Store, UnbindIn, Binding]
	Credentials op.Op[Store, BindingRef, Revealed]
	Instances   op.Op[Store, ListIn, naru.List[InstanceRow]]
	Instance    op.Op[Store, InstanceRef, InstanceOut]
	Binding     op.Op[Store, BindingRef, Binding]
	Offers      op.Op[Store, OffersIn, []Offered]
	Census      op.Op[Store, CensusIn, CensusAsked]
	Censuses    op.Op[Store, CensusesIn, naru.List[Census]]
	Care
}

// New returns the operations that provision what the law in a book allows.
func New(book *law.Book) Ops {
	return Ops{
		Create: op.Write("provision.create", "provision.use",
			naru.Text{Ko: "승인된 개별계약으로 서비스 인스턴스를 만든다", En: "Create a service instance under an approved order"}, creation{book}.create),
		Update: op.Write("provision.update", "provision.use",
			naru.Text{Ko: "서비스 인스턴스의 이용상품, 매개변수, 버전을 바꾼다", En: "Change plan, parameters or version of a service instance"}, creation{book}.update),
		CheckUpdate: op.Read("provision.update_check", "provision.use",
			naru.Text{Ko: "변경하지 않고 무엇을 확인하는지 보여 준다", En: "Show what an update would be held to, and change nothing"}, creation{book}.checkUpdate),
		Delete: op.Write("provision.delete", "provision.use",
			naru.Text{Ko: "서비스 인스턴스를 해지한다", En: "Delete a service instance"}, remove),
		Bind: op.Write("provision.bind", "provision.use",
			naru.Text{Ko: "서비스 인스턴스의 연결정보를 만든다", En: "Create credentials of a service instance"}, bind),
		Rotate: op.Write("provision.rotate", "provision.use",
			naru.Text{Ko: "연결정보를 교체한다 (옛것은 폐기할 때까지 유효)", En: "Rotate credentials; the old ones stay valid until they are revoked"}, rotate),
		CheckRotate: op.Read("provision.rotate_check", "provision.use",
			naru.Text{Ko: "교체하지 않고 무엇을 확인하는지 보여 준다", En: "Show what a rotation would be held to, and change nothing"}, checkRotate),
		Unbind: op.Write("provision.unbind", "provision.use",
			naru.Text{Ko: "연결정보를 폐기한다", En: "Revoke credentials of a service instance"}, unbind),
		Credentials: op.Write("provision.credentials", "provision.secret",
			naru.Text{Ko: "연결정보를 열람한다 (열람 기록이 남는다)", En: "Show credentials; that they were shown is recorded"}, reveal),
		Instances: op.Read("provision.instances", "provision.read",
			naru.Text{Ko: "서비스 인스턴스 목록", En: "List service instances"}, listInstances),
		Instance: op.Read("provision.instance", "provision.read",
			naru.Text{Ko: "서비스 인스턴스 한 건과 연결정보 목록", En: "Get a service instance with its bindings"}, getInstance),
		Binding: op.Read("provision.binding", "provision.read",
			naru.Text{Ko: "연결정보의 상태 (비밀값 제외)", En: "Get a binding without its credentials"}, getBinding),
		Offers: op.Read("provision.offers", "provision.read",
			naru.Text{Ko: "승인된 개별계약으로 쓸 수 있는 서비스", En: "List what approved orders let an institution use"}, listOffers),
		Census: op.Write("provision.census", "provision.census",
			naru.Text{Ko: "공급자가 가진 인스턴스를 전수 대조한다", En: "Compare a provider's instances with naru's"}, askCensus),
		Censuses: op.Read("provision.censuses", "provision.census_read",
			naru.Text{Ko: "전수 대조 결과", En: "List the results of censuses"}, listCensuses),
		Care: newCare(nil),
	}
}

// All lists the operations.
func (o Ops) All() []op.Any {
	return append([]op.Any{
		o.Create, o.Update, o.CheckUpdate, o.Delete, o.Bind, o.Rotate, o.CheckRotate, o.Unbind, o.Credentials, o.Instances, o.Instance,
		o.Binding, o.Offers, o.Census, o.Censuses,
	}, o.Care.all()...)
}

// InstanceRef names an instance: by its id, or for a platform by the platform's own id.
type InstanceRef struct {
	ID         InstanceID `json:"id,omitempty" doc:"instance id"`
	PlatformID string     `json:"platform_id,omitempty" doc:"id the calling platform gave it"`
}

// BindingRef names a binding: by its id, or for a platform by the ids it gave to the
// instance and the binding.
type BindingRef struct {
	ID               BindingID `json:"id,omitempty" doc:"binding id"`
	PlatformInstance string    `json:"platform_instance,omitempty" doc:"id the calling platform gave to the instance"`
	PlatformID       string    `json:"platform_id,omitempty" doc:"id the calling platform gave to the binding"`
}

// Filter narrows a list of instances.
type Filter struct {
	Institution inventory.InstitutionID `json:"institution,omitempty"`
	System      inventory.SystemID      `json:"system,omitempty"`
	Provider    catalog.ProviderID      `json:"provider,omitempty"`
	Order       contract.OrderID        `json:"order,omitempty"`
	State       State                   `json:"state,omitempty" doc:"requested, creating, ready, updating, failed, deleting, deleted, orphan or written_off"`
	Live        bool                    `json:"live,omitempty" doc:"leave out what failed, was deleted or was written off"`
}

// ListIn asks for a page of instances, the newest first.
type ListIn struct {
	Filter
	naru.Page
}

// InstanceRow is an instance with the names of what it belongs to.
type InstanceRow struct {
	Instance
	InstitutionName string    `json:"institution_name"`
	SystemName      string    `json:"system_name"`
	ProviderName    naru.Text `json:"provider_name"`
	ServiceName     naru.Text `json:"service_name"`
	PlanName        naru.Text `json:"plan_name"`
}

// InstanceOut is an instance with its bindings, which carry no credentials.
type InstanceOut struct {
	InstanceRow
	Bindings []Binding `json:"bindings"`
}

// Revealed is what provision.credentials shows, and nothing else ever does.
type Revealed struct {
	Binding BindingID `json:"binding"`
	ReadyAt time.Time `json:"ready_at"`
	Content
}

// find returns the instance a caller names, if the caller sees it.
func find(ctx context.Context, c *op.Call, s Store, r InstanceRef) (Instance, error) {
	if r.ID == "" && r.PlatformID != "" {
		i, ok, err := s.InstanceOf(ctx, c.Actor.User, r.PlatformID)
		if err != nil || !ok {
			return i, orNotFound(err, "instance", r.PlatformID)
		}
		return i, requireSight(c.Actor, i)
	}
	i, err := s.Instance(ctx, r.ID)
	if err != nil {
		return i, err
	}
	return i, requireSight(c.Actor, i)
}

// findBinding returns the binding a caller names with its instance.
func findBinding(ctx context.Context, c *op.Call, s Store, r BindingRef) (Binding, Instance, error) {
	if r.ID == "" && r.PlatformID != "" {
		i, err := find(ctx, c, s, InstanceRef{PlatformID: r.PlatformInstance})
		if err != nil {
			return Binding{}, i, err
		}
		b, ok, err := s.BindingOf(ctx, i.ID, r.PlatformID)
		if err != nil || !ok {
			return b, i, orNotFound(err, "binding", r.PlatformID)
		}
		return b, i, nil
	}
	b, err := s.Binding(ctx, r.ID)
	if err != nil {
		return b, Instance{}, err
	}
	i, err := find(ctx, c, s, InstanceRef{ID: b.Instance})
	return b, i, err
}

func orNotFound(err error, kind, id string) error {
	if err != nil {
		return err
	}
	return naru.NewError(naru.NotFound, "not_found", "kind", kind, "object", id)
}

// requireSight refuses an instance of another institution or, to a provider, of another
// provider.
func requireSight(a naru.Actor, i Instance) error {
	if identity.Role(a.Role) == identity.Provider && a.Provider != "" && a.Provider == string(i.Provider) {
		return nil
	}
	return identity.RequireSight(a, string(i.Institution), string(i.ID))
}

func listInstances(ctx context.Context, c *op.Call, s Store, in ListIn) (naru.List[InstanceRow], error) {
	var none naru.List[InstanceRow]
	if identity.Role(c.Actor.Role) == identity.Provider {
		own := catalog.ProviderID(c.Actor.Provider)
		if own == "" || (in.Provider != "" && in.Provider != own) {
			return none, nil
		}
		in.Provider = own
		return s.Instances(ctx, in.Filter, in.Page)
	}
	if scope := inventory.InstitutionID(identity.Scope(c.Actor)); scope != "" {
		if in.Institution != "" && in.Institution != scope {
			return none, identity.RequireSight(c.Actor, string(in.Institution), string(in.Institution))
		}
		in.Institution = scope
	}
	return s.Instances(ctx, in.Filter, in.Page)
}

func getInstance(ctx context.Context, c *op.Call, s Store, in InstanceRef) (InstanceOut, error) {
	i, err := find(ctx, c, s, in)
	if err != nil {
		return InstanceOut{}, err
	}
	row, err := s.InstanceRow(ctx, i.ID)
	if err != nil {
		return InstanceOut{}, err
	}
	bindings, err := s.Bindings(ctx, i.ID)
	return InstanceOut{InstanceRow: row, Bindings: bindings}, err
}

func getBinding(ctx context.Context, c *op.Call, s Store, in BindingRef) (Binding, error) {
	b, _, err := findBinding(ctx, c, s, in)
	return b, err
}
