package identity

import (
	"slices"

	"naru"
)

// Role is a kind of user. Names follow the offices of the field.
type Role string

// The roles.
const (
	Officer  Role = "officer"  // 기관 담당자
	Approver Role = "approver" // 기관 결재자
	Provider Role = "provider" // 공급자
	Ministry Role = "ministry" // 소관 부처 (과학기술정보통신부, 행정안전부)
	Auditor  Role = "auditor"  // 감사
	Operator Role = "operator" // 운영자
	Platform Role = "platform" // OSB를 쓰는 전자정부 플랫폼
	System   Role = "system"   // naru 자신: 후속 작업과 예약 작업
)

// Permission is a right to run a group of operations: "inventory.edit".
type Permission string

// Everyone is the permission every signed-in actor has.
const Everyone Permission = "everyone"

// grants is the whole table of rights: permission to the roles that have it. The
// system role has every right, because it acts only on entries others caused.
func grants() map[Permission][]Role {
	all := []Role{Officer, Approver, Provider, Ministry, Auditor, Operator, Platform}
	agency := []Role{Officer, Approver, Operator}
	watch := []Role{Officer, Approver, Ministry, Auditor, Operator}
	return map[Permission][]Role{
		Everyone:                all,
		"inventory.read":        watch,
		"inventory.edit":        {Officer, Operator},
		"institution.edit":      {Operator, Ministry},
		"catalog.read":          all,
		"catalog.edit":          {Provider, Operator},
		"catalog.certify":       {Ministry, Operator},
		"admission.read":        all,
		"admission.run":         {Provider, Ministry, Operator},
		"admission.hand_in":     {Provider, Operator},
		"decide.read":           watch,
		"decide.run":            {Officer, Approver, Ministry, Operator},
		"decide.whatif":         {Ministry, Auditor, Operator},
		"decide.renew":          {Operator},
		"exception.ask":         {Officer, Operator},
		"exception.decide":      {Approver, Ministry},
		"exception.end":         {Officer, Approver, Ministry, Operator},
		"match.read":            agency,
		"contract.read":         {Officer, Approver, Provider, Ministry, Auditor, Operator},
		"contract.order":        {Officer, Operator},
		"contract.approve":      {Approver},
		"contract.budget":       {Approver, Operator},
		"provision.read":        {Officer, Approver, Provider, Auditor, Operator, Platform},
		"provision.use":         {Officer, Operator, Platform},
		"provision.secret":      {Officer, Platform},
		"provision.census":      {Operator},
		"provision.census_read": {Ministry, Auditor, Operator},
		"provision.forget":      {Operator},
		"provision.findings":    {Officer, Approver, Provider, Ministry, Auditor, Operator},
		"provision.acknowledge": {Officer, Approver, Provider, Ministry, Operator},
		"provision.recheck":     {Ministry, Operator},
		"provision.repair":      {Officer, Operator},
		"provision.write_off":   {Approver, Ministry, Operator},
		"meter.read":            {Officer, Approver, Provider, Ministry, Auditor, Operator},
		"meter.collect":         {Operator},
		"account.read":          {Officer, Approver, Provider, Ministry, Auditor, Operator},
		"account.close":         {Operator},
		"account.approve":       {Ministry},
		"report.read":           all,
		"record.read":           {Auditor, Operator},
		"identity.read":         {Auditor, Operator},
		"identity.edit":         {Operator},
		"access.platform":       {Officer, Operator},
		"access.platform_read":  {Officer, Approver, Auditor, Operator},
		"task.read":             {Operator, Auditor},
		"policy.read":           all,
		"policy.edit":           {Ministry},
		"policy.draft":          {Ministry, Auditor, Operator},
		"notify.read":           all,
		"voice.read":            all,
		"plan.read":             watch,
		"plan.edit":             {Officer, Operator},
		"assure.read":           watch,
		"assure.edit":           {Officer, Operator},
	}
}

// Permissions returns the table of rights as rows in a stable order.
func Permissions() []Grant {
	table := grants()
	rows := make([]Grant, 0, len(table))
	for p, roles := range table {
		rows = append(rows, Grant{Permission: p, Roles: roles})
	}
	slices.SortFunc(rows, func(a, b Grant) int {
		if a.Permission < b.Permission {
			return -1
		}
		return 1
	})
	return rows
}

// Grant is one row of the table of rights.
type Grant struct {
	Permission Permission `json:"permission"`
	Roles      []Role     `json:"roles"`
}

// Table answers who may do what; it is made once and shared.
type Table map[Permission][]Role

// NewTable returns the table of rights.
func NewTable() Table { return grants() }

// May reports whether the actor has the permission. An unknown permission is a
// programmer's error and nobody has it.
func (t Table) May(a naru.Actor, p Permission) bool {
	if a.User == "" {
		return false
	}
	if Role(a.Role) == System {
		return true
	}
	return slices.Contains(t[p], Role(a.Role))
}

// Roles returns every role a person or platform can be given.
func Roles() []Role {
	return []Role{Officer, Approver, Provider, Ministry, Auditor, Operator, Platform}
}

// Nationwide reports whether the actor sees every institution. All others see their
// own institution only.
func Nationwide(a naru.Actor) bool {
	switch Role(a.Role) {
	case Ministry, Auditor, Operator, System:
		return true
	}
	return false
}

// Sees reports whether the actor may see an object of an institution.
func Sees(a naru.Actor, institution string) bool {
	return Nationwide(a) || (institution != "" && a.Institution == institution)
}

// Scope returns the institution the actor's lists are limited to; "" means all. An
// actor with neither gets a scope that matches nothing.
func Scope(a naru.Actor) string {
	switch {
	case Nationwide(a):
		return ""
	case a.Institution == "":
		return "none"
	default:
		return a.Institution
	}
}

// NotYours is the message key of a refusal because the object belongs to another
// institution. The runner records it as a denial and tells the caller "not found",
// so that the object's existence is not revealed.
const NotYours = "identity.not_yours"

// RequireSight refuses an object of an institution the actor does not see.
func RequireSight(a naru.Actor, institution, object string) error {
	if Sees(a, institution) {
		return nil
	}
	return naru.NewError(naru.Denied, NotYours, "object", object)
}
