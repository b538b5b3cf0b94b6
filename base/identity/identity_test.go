package identity_test

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"naru"
	"naru/base/identity"
)

func TestTableGivesEachRoleItsDuty(t *testing.T) {
	t.Parallel()
	table := identity.NewTable()
	for _, c := range []struct {
		name  string
		actor naru.Actor
		right identity.Permission
		want  bool
	}{
		{"an officer orders", naru.Actor{User: "a", Role: "officer"}, "contract.order", true},
		{"an officer does not approve", naru.Actor{User: "a", Role: "officer"}, "contract.approve", false},
		{"an approver does not order", naru.Actor{User: "a", Role: "approver"}, "contract.order", false},
		{"an operator does not approve a close", naru.Actor{User: "a", Role: "operator"}, "account.approve", false},
		{"an auditor reads the record", naru.Actor{User: "a", Role: "auditor"}, "record.read", true},
		{"an auditor changes nothing", naru.Actor{User: "a", Role: "auditor"}, "inventory.edit", false},
		{"a provider sees no inventory", naru.Actor{User: "a", Role: "provider"}, "inventory.read", false},
		{"naru itself may everything", naru.Actor{User: "naru/x", Role: "system"}, "meter.collect", true},
		{"nobody may nothing", naru.Actor{Role: "operator"}, "catalog.read", false},
		{"an unknown right is nobody's", naru.Actor{User: "a", Role: "operator"}, "no.such", false},
		{"an unknown role has no right", naru.Actor{User: "a", Role: "king"}, identity.Everyone, false},
	} {
		if got := table.May(c.actor, c.right); got != c.want {
			t.Errorf("%s: May = %v, want %v", c.name, got, c.want)
		}
	}
}

// Separation of duties: whoever asks for money never has the right to grant it.
func TestNoRoleBothAsksAndGrants(t *testing.T) {
	t.Parallel()
	table := identity.NewTable()
	for _, pair := range [][2]identity.Permission{{"contract.order", "contract.approve"}, {"account.close", "account.approve"}} {
		for _, role := range table[pair[0]] {
			if slices.Contains(table[pair[1]], role) {
				t.Errorf("role %s has both %s and %s", role, pair[0], pair[1])
			}
		}
	}
}

func TestSightStopsAtTheInstitution(t *testing.T) {
	t.Parallel()
	officer := naru.Actor{User: "a", Role: "officer", Institution: "inst_a"}
	stray := naru.Actor{User: "b", Role: "officer"}
	if !identity.Sees(officer, "inst_a") || identity.Sees(officer, "inst_b") || identity.Sees(stray, "") {
		t.Error("an officer sees the own institution and no other; without one, none")
	}
	if identity.Scope(officer) != "inst_a" || identity.Scope(stray) != "none" {
		t.Errorf("scopes = %q, %q", identity.Scope(officer), identity.Scope(stray))
	}
	if identity.Scope(naru.Actor{User: "c", Role: "auditor"}) != "" {
		t.Error("an auditor's lists are not limited")
	}
	if err := identity.RequireSight(officer, "inst_b", "sys_1"); naru.KindOf(err) != naru.Denied {
		t.Errorf("err = %v, want denied", err)
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	const password = "나룻배 열두 척"
	hash, err := identity.HashPassword(rand.Reader, naru.NewSecret(password))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(hash, "나룻배") || !strings.HasPrefix(hash, "$argon2id$") {
		t.Errorf("hash = %q, want an argon2id hash without the password", hash)
	}
	if again, err := identity.HashPassword(rand.Reader, naru.NewSecret(password)); err != nil || again == hash {
		t.Errorf("two hashes of one password are equal, or %v", err)
	}
	if _, err := identity.HashPassword(rand.Reader, naru.NewSecret("short")); naru.KindOf(err) != naru.Invalid {
		t.Errorf("a short password: %v, want a refusal", err)
	}
	decoy, err := identity.Decoy(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, hash, password string
		fits, fault          bool
	}{
		{"the password fits", hash, password, true, false},
		{"another does not", hash, "나룻배 열세 척", false, false},
		{"an empty one does not", hash, "", false, false},
		{"a cut hash fits nothing", hash[:len(hash)-5], password, false, true},
		{"a hash without a key fits nothing", hash[:strings.LastIndex(hash, "$")+1], password, false, true},
		{"a decoy fits nothing and is no fault", decoy, password, false, false},
		{"an empty hash fits nothing", "", "", false, true},
		{"a forged cost is refused, not paid", strings.Replace(hash, "t=1", "t=0", 1), password, false, true},
		{"forged memory is refused, not taken", strings.Replace(hash, "m=47104", "m=2147483647", 1), password, false, true},
	} {
		fits, err := identity.CheckPassword(c.hash, naru.NewSecret(c.password))
		if fits != c.fits || (err != nil) != c.fault {
			t.Errorf("%s: %v, %v", c.name, fits, err)
		}
	}
}
