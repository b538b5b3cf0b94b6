package account_test

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/account"
	"naru/flow/contract"
	"naru/flow/meter"
	"naru/flow/provision"
	"naru/internal/testmoney"
	"naru/store"
)

const march naru.Month = "2026-03"

// used lets an instance be used for an hour from now on, and the hour pass.
func used(b *testmoney.Bed, id provision.InstanceID, gib, msg string) {
	b.Says(id, b.Now, gib, msg)
	b.Now = b.Now.Add(time.Hour)
}

// sealed collects and seals March.
func sealed(t *testing.T, b *testmoney.Bed, m naru.Month) {
	t.Helper()
	if c := b.Collect(t); c.Aside != 0 || c.Fault.Key != "" {
		t.Fatalf("collection: %+v", c)
	}
	testmoney.Do(t, b, testmoney.Operator, meter.SealMonth, meter.SealIn{Month: m, Early: true})
}

func propose(t *testing.T, b *testmoney.Bed, m naru.Month) account.Close {
	t.Helper()
	return testmoney.Do(t, b, testmoney.Operator, account.Propose, account.MonthIn{Month: m})
}

func approve(b *testmoney.Bed, t *testing.T, a naru.Actor, v account.Close) (account.Close, error) {
	t.Helper()
	return op.Do(t.Context(), b.Runner, b.CallFor(a), account.Approve, account.ApproveIn{Month: v.Month, Digest: v.Digest})
}

func statements(t *testing.T, b *testmoney.Bed, m naru.Month) []account.Statement {
	t.Helper()
	list := testmoney.Do(t, b, testmoney.Operator, account.Statements, account.StatementsIn{Filter: account.Filter{Month: m}})
	var out []account.Statement
	for _, r := range list.Rows {
		st := testmoney.Do(t, b, testmoney.Operator, account.GetStatement, account.StatementIn{ID: r.ID})
		if r.Amount != st.Amount || r.Lines != len(st.Lines) {
			t.Errorf("row %+v of a statement of %d won", r, st.Amount)
		}
		out = append(out, st)
	}
	return out
}

func refused(t *testing.T, what string, err error, kind naru.Kind, key string) {
	t.Helper()
	if naru.KindOf(err) != kind || !strings.Contains(fmt.Sprint(err), key) {
		t.Errorf("%s: %v, want %s %s", what, err, kind, key)
	}
}

func TestACloseNeedsTwoPeopleAndPaysFromTheHold(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		order := b.Order(t, b.A, 1000, "100.5", "0.4")
		id := b.Ready(t, order)
		used(b, id, "1.5", "3")
		_, err := op.Do(t.Context(), b.Runner, b.CallFor(testmoney.Operator), account.Propose, account.MonthIn{Month: march})
		refused(t, "a close before the seal", err, naru.Conflict, "account.not_sealed")
		sealed(t, b, march)
		v := propose(t, b, march)
		if v.Amount != 152 || v.Statements != 1 { // 150.75 + 1.2 = 151.95
			t.Fatalf("proposed: %+v", v)
		}
		_, err = approve(b, t, testmoney.Operator, v)
		refused(t, "an approval by an operator", err, naru.Denied, "identity.no_permission")
		_, err = approve(b, t, naru.Actor{User: "han", Role: "ministry"}, v)
		refused(t, "an approval by who proposed it", err, naru.Denied, "account.same_person")
		wrong := v
		wrong.Digest = strings.Repeat("0", 64)
		_, err = approve(b, t, testmoney.Ministry, wrong)
		refused(t, "an approval of something else", err, naru.Conflict, "account.other_digest")
		done, err := approve(b, t, testmoney.Ministry, v)
		if err != nil || done.State != account.Approved || done.Short != 0 {
			t.Fatalf("approved: %+v, %v", done, err)
		}
		wantMoney(t, b, order, 848, 152)
		_, err = approve(b, t, testmoney.Ministry, v)
		refused(t, "a second approval", err, naru.Conflict, "account.not_proposed")
		_, err = op.Do(t.Context(), b.Runner, b.CallFor(testmoney.Operator), account.Propose, account.MonthIn{Month: march})
		refused(t, "a second close", err, naru.Conflict, "account.closed")
		wantMoney(t, b, order, 848, 152)
	})
}

func TestACorrectionIsChargedInTheNextMonth(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		order := b.Order(t, b.A, 1000, "100", "0")
		id := b.Ready(t, order)
		used(b, id, "2", "0")
		correct := func(m naru.Month, amount naru.Money) error {
			in := account.AdjustIn{Order: order, Month: m, Amount: amount, Reason: "장애 시간 감액"}
			_, err := op.Do(t.Context(), b.Runner, b.CallFor(testmoney.Operator), account.Adjust, in)
			return err
		}
		refused(t, "a correction of an open month", correct(march, -50), naru.Conflict, "account.still_open")
		sealed(t, b, march)
		before, err := approve(b, t, testmoney.Ministry, propose(t, b, march))
		if err != nil {
			t.Fatal(err)
		}
		first := statements(t, b, march)
		if err := correct(march, -50); err != nil {
			t.Fatal(err)
		}
		refused(t, "a correction of nothing", correct(march, 0), naru.Invalid, "account.bad_adjustment")
		b.Deleted(t, id)
		april, _ := naru.Month("2026-04").Range()
		b.Now = april.Add(time.Hour)
		sealed(t, b, "2026-04")
		propose(t, b, "2026-04")
		again := propose(t, b, "2026-04") // a repeat takes the correction once
		if again.Amount != -50 {
			t.Fatalf("April: %+v", again)
		}
		if _, err := approve(b, t, testmoney.Ministry, again); err != nil {
			t.Fatal(err)
		}
		wantMoney(t, b, order, 800, 150)
		if after := statements(t, b, march); len(after) != 1 || after[0].Digest != first[0].Digest || after[0].Amount != before.Amount {
			t.Errorf("March changed: %+v", after)
		}
		may, _ := naru.Month("2026-05").Range()
		b.Now = may.Add(time.Hour)
		sealed(t, b, "2026-05")
		if v := propose(t, b, "2026-05"); v.Amount != 0 || v.Statements != 0 {
			t.Errorf("the correction was charged twice: %+v", v)
		}
	})
}

func TestStatementsEditedBehindNarusBackAreNotPaid(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		order := b.Order(t, b.A, 1000, "100", "0")
		used(b, b.Ready(t, order), "2", "0")
		sealed(t, b, march)
		v := propose(t, b, march)
		b.Change(t, func(ctx context.Context, c *op.Call, tx *store.Tx) error {
			c.Record(nil)
			list, err := tx.StatementsOf(ctx, march)
			if err != nil {
				return err
			}
			list[0].Lines[0].Charges[0].Cost *= 2
			return tx.ReplaceStatements(ctx, march, list)
		})
		_, err := approve(b, t, testmoney.Ministry, v)
		refused(t, "an edited statement", err, naru.Conflict, "account.statements_changed")
		wantMoney(t, b, order, 1000, 0)
	})
}

func TestWhatTheBudgetDoesNotCoverIsStated(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		order := b.Order(t, b.A, 150, "100", "0")
		used(b, b.Ready(t, order), "2", "0")
		sealed(t, b, march)
		v, err := approve(b, t, testmoney.Ministry, propose(t, b, march))
		if err != nil || v.Amount != 200 || v.Short != 50 {
			t.Errorf("close over the budget: %+v, %v", v, err)
		}
		if p := statements(t, b, march)[0].Lines[0].Payment; p.FromHold != 150 || p.Short != 50 {
			t.Errorf("payment: %+v", p)
		}
	})
}

func TestAUnitOfAnotherKindIsNotGuessedAt(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		id := b.Ready(t, b.Order(t, b.A, 150, "100", "0"))
		used(b, id, "2", "0")
		for i := range b.Said {
			b.Said[i].Unit = "byte"
		}
		sealed(t, b, march)
		_, err := op.Do(t.Context(), b.Runner, b.CallFor(testmoney.Operator), account.Propose, account.MonthIn{Month: march})
		refused(t, "a unit of another kind", err, naru.Conflict, "account.cannot_price")
	})
}

func TestInstitutionsAndProvidersSeeTheirOwnStatements(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		one, two := b.Ready(t, b.Order(t, b.A, 1000, "1", "0")), b.Ready(t, b.Order(t, b.B, 1000, "1", "0"))
		b.Says(one, b.Now, "1", "0")
		used(b, two, "1", "0")
		sealed(t, b, march)
		propose(t, b, march)
		count := func(a naru.Actor) int {
			return len(testmoney.Do(t, b, a, account.Statements, account.StatementsIn{}).Rows)
		}
		officer := naru.Actor{User: "kim", Role: "officer", Institution: string(b.A)}
		own := naru.Actor{User: "park", Role: "provider", Provider: string(testmoney.Provider)}
		other := naru.Actor{User: "jo", Role: "provider", Provider: "prv_2"}
		if m, o, p, x := count(testmoney.Ministry), count(officer), count(own), count(other); m != 2 || o != 1 || p != 2 || x != 0 {
			t.Errorf("ministry %d, officer %d, provider %d, other provider %d", m, o, p, x)
		}
		for _, st := range statements(t, b, march) {
			_, err := op.Do(t.Context(), b.Runner, b.CallFor(officer), account.GetStatement, account.StatementIn{ID: st.ID})
			if want := st.Institution != b.A; (naru.KindOf(err) == naru.NotFound) != want {
				t.Errorf("an officer reads the statement of %s: %v", st.Name, err)
			}
			_, err = op.Do(t.Context(), b.Runner, b.CallFor(other), account.GetStatement, account.StatementIn{ID: st.ID})
			refused(t, "another provider's statement", err, naru.NotFound, "not_found")
		}
	})
}

// TestSumsAreExact prices random usage and compares every sum with rationals: charges
// to the millionth, lines to the won, statements, the close, and the FOCUS rows.
func TestSumsAreExact(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		rng := rand.New(rand.NewPCG(3, 5))
		want := map[contract.OrderID]*big.Rat{}
		ids := map[contract.OrderID][]provision.InstanceID{}
		rates := map[contract.OrderID][2]string{}
		for n := range 6 {
			of := b.A
			if n%2 == 1 {
				of = b.B
			}
			gib, msg := fmt.Sprintf("%d.%04d", rng.IntN(2000), rng.IntN(10000)), fmt.Sprintf("0.%06d", rng.IntN(1000000))
			o := b.Order(t, of, 1_000_000_000, gib, msg)
			want[o], rates[o] = new(big.Rat), [2]string{gib, msg}
			ids[o] = []provision.InstanceID{b.Ready(t, o)}
		}
		for range 20 {
			for o, list := range ids {
				gib, msg := fmt.Sprintf("%d.%09d", rng.IntN(50), rng.IntN(1e9)), fmt.Sprint(rng.IntN(1e6))
				b.Says(list[0], b.Now, gib, msg)
				want[o].Add(want[o], micro(rates[o][0], gib)).Add(want[o], micro(rates[o][1], msg))
			}
			b.Now = b.Now.Add(time.Hour)
		}
		sealed(t, b, march)
		v := propose(t, b, march)
		total := naru.Money(0)
		for _, st := range statements(t, b, march) {
			sum := naru.Money(0)
			for _, l := range st.Lines {
				if exact := new(big.Rat).SetFrac64(int64(l.Cost), 1_000_000); exact.Cmp(want[l.Order]) != 0 {
					t.Errorf("order %s costs %s, want %s", l.Order, exact, want[l.Order])
				}
				if l.Amount != l.Cost.Won() {
					t.Errorf("line of %d micro-won is %d won", l.Cost, l.Amount)
				}
				sum += l.Amount
			}
			if sum != st.Amount {
				t.Errorf("statement is %d, its lines %d", st.Amount, sum)
			}
			total += sum
			rows := naru.Decimal{}
			for _, r := range testmoney.Do(t, b, testmoney.Operator, account.Focus, account.StatementIn{ID: st.ID}).Rows {
				rows = rows.Add(r.Cost)
			}
			if rows.Cmp(naru.DecimalOf(int64(st.Amount))) != 0 {
				t.Errorf("statement is %d, its FOCUS rows %s", st.Amount, rows)
			}
		}
		if total != v.Amount || v.Statements != 2 {
			t.Errorf("close %+v, its statements %d", v, total)
		}
	})
}

// micro returns rate times quantity in won, rounded half to even to a millionth.
func micro(rate, quantity string) *big.Rat {
	r, _ := new(big.Rat).SetString(rate)
	q, _ := new(big.Rat).SetString(quantity)
	n := r.Mul(r, q).Mul(r, big.NewRat(1_000_000, 1))
	whole, rest := new(big.Int).QuoRem(n.Num(), n.Denom(), new(big.Int))
	c := rest.Lsh(rest, 1).Cmp(n.Denom())
	if c > 0 || (c == 0 && whole.Bit(0) == 1) {
		whole.Add(whole, big.NewInt(1))
	}
	return new(big.Rat).SetFrac(whole, big.NewInt(1_000_000))
}

func TestEveryOperationFitsTheStore(t *testing.T) {
	t.Parallel()
	for _, o := range account.Operations() {
		if err := o.Fits(&store.Tx{}); err != nil {
			t.Error(err)
		}
	}
}

// wantMoney compares what an order and its budget hold and have spent.
func wantMoney(t *testing.T, b *testmoney.Bed, id contract.OrderID, held, spent naru.Money) {
	t.Helper()
	err := b.DB.Read(t.Context(), func(ctx context.Context, tx any) error {
		o, err := tx.(*store.Tx).Order(ctx, id)
		if err != nil {
			return err
		}
		budget, err := tx.(*store.Tx).Budget(ctx, o.Institution, 2026)
		if o.Held != held || o.Spent != spent || budget.Held != held || budget.Spent != spent {
			t.Errorf("order holds %d and spent %d, budget %d and %d; want %d and %d", o.Held, o.Spent, budget.Held, budget.Spent, held, spent)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUsageBeforeAPlanChangeIsPricedByTheOldOrderAndAfterItByTheNew(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		old, next := b.Order(t, b.A, 10_000, "100", "0"), b.Order(t, b.A, 10_000, "1000", "0")
		id := b.Ready(t, old)
		used(b, id, "2", "0")
		used(b, id, "1", "0")
		begins := b.Now // the broker cuts its lines here, naru hears of it a little later
		b.Now = begins.Add(10 * time.Second)
		b.Moved(t, id, next)
		b.Now = begins
		used(b, id, "4", "0")
		sealed(t, b, march)
		propose(t, b, march)
		amounts := map[contract.OrderID]naru.Money{}
		for _, l := range statements(t, b, march)[0].Lines {
			amounts[l.Order] = l.Amount
		}
		if len(amounts) != 2 || amounts[old] != 300 || amounts[next] != 4000 {
			t.Errorf("by order: %+v, want 300 of the old and 4000 of the new", amounts)
		}
	})
}

func TestALineAcrossAPlanChangeIsPricedWhereMostOfItLies(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		old, next := b.Order(t, b.A, 10_000, "100", "0"), b.Order(t, b.A, 10_000, "1000", "0")
		id := b.Ready(t, old)
		b.Says(id, b.Now, "2", "0")
		b.Now = b.Now.Add(40 * time.Minute)
		b.Moved(t, id, next)
		b.Now = b.Now.Add(20 * time.Minute)
		sealed(t, b, march)
		propose(t, b, march)
		for _, l := range statements(t, b, march)[0].Lines {
			if (l.Order == old) != (l.Amount == 200) {
				t.Errorf("order %s is charged %d", l.Order, l.Amount)
			}
		}
	})
}
