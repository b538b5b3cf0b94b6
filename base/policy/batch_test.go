package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// lawText writes a pack of drawn rules: every outcome, rules that are unverified, that
// wait for a choice or that take their pack out, conditions with and without a test, and
// derivations that lean on each other.
func lawText(rng *rand.Rand, s *Schema, key string, rules int) string {
	w := writer{rng: rng, schema: s}
	quote := func(text string) string { return strings.ReplaceAll(text, "'", "''") }
	var b strings.Builder
	fmt.Fprintf(&b, header, key)
	b.WriteString("derive:\n")
	for i, d := range [][2]string{{"a.class", "C"}, {"a.class", "S"}, {"a.yes", "true"}, {"a.class", "O"}, {"a.day", "2019-04-16"}, {"a.yes", "false"}} {
		fmt.Fprintf(&b, "  - {id: d%d, fact: %s, value: %q, when: '%s', article: 제1조, source: S, message: {ko: 가, en: a}}\n", i, d[0], d[1], quote(w.expr(2)))
	}
	b.WriteString("rules:\n")
	for i := range rules {
		rest := []string{}
		outcome := w.pick("allowed", "conditional", "conditional", "consult", "not_allowed", "required", "out_of_scope", "obligation")
		venues := w.pick("private", "private, government", "own, onsite, ppp", "government, private, ppp, own, onsite")
		switch outcome {
		case "conditional":
			rest = append(rest, fmt.Sprintf("conditions: [{ko: 가, en: a, met: '%s'}, {ko: 나, en: b%s}]", quote(w.expr(1)), w.pick("", ", met: a.yes", ", met: a.kind == \"k1\"")))
		case "consult":
			rest = append(rest, "decides: head")
		case "required":
			venues = w.pick("private", "government", "own")
		}
		rest = append(rest, "venues: ["+venues+"]")
		if rng.IntN(5) == 0 {
			rest = append(rest, "unverified: {ko: 가, en: a}")
		}
		if rng.IntN(5) == 0 {
			rest = append(rest, "upon: ["+w.pick("a.no", "a.no, a.class", "a.n")+"]")
		}
		b.WriteString(rule(fmt.Sprintf("r%d", i), quote(w.expr(3)), outcome, rest...))
	}
	return b.String()
}

// same compares a batch with the closures, row by row and rule by rule.
func same(t testing.TB, law *Law, b *Batch, rows []Facts) {
	t.Helper()
	counts := [numVenues]map[Outcome]int{}
	for row := range rows {
		want := law.Outcomes(&rows[row])
		if got := b.Outcome(row); got != want {
			t.Fatalf("row %d %s: the batch says %v, the closures %v", row, law.schema.Encode(&rows[row]), got, want)
		}
		for v, o := range want {
			if counts[v] == nil {
				counts[v] = map[Outcome]int{}
			}
			counts[v][o]++
		}
	}
	for v, venue := range Venues() {
		open := 0
		for i := range numOutcomes {
			o := outcomeAt(i)
			if got := b.Count(venue, o); got != counts[v][o] {
				t.Fatalf("%s %s: %d rows counted, want %d", venue, o, got, counts[v][o])
			}
			if (VenueVerdict{Outcome: o}).Permits() {
				open += counts[v][o]
			}
		}
		if got := CountRows(b.Open(venue)); got != open {
			t.Fatalf("%s: %d rows open, want %d", venue, got, open)
		}
	}
	for i := range law.rules {
		r := &law.rules[i]
		sure, maybes, ok := b.Fired(r.pack.Key, r.ID)
		if !ok {
			t.Fatalf("rule %s is not in the batch", r.ID)
		}
		for row := range rows {
			f := rows[row]
			law.derive(&f)
			got := no
			switch at := uint64(1) << uint(row&63); {
			case sure[row>>6]&at != 0:
				got = yes
			case maybes[row>>6]&at != 0:
				got = maybe
			}
			if want := r.test(&f); got != want {
				t.Fatalf("row %d %s: rule %s is %s in the batch, %s in the closures", row, law.schema.Encode(&f), r.ID, got.truth(), want.truth())
			}
		}
	}
}

// filled puts rows into a table of their own.
func filled(s *Schema, rows []Facts) *Table {
	table := s.NewTable(len(rows))
	for i := range rows {
		table.Put(i, &rows[i])
	}
	return table
}

func drawn(rng *rand.Rand, s *Schema, rows, odds int) []Facts {
	list := make([]Facts, rows)
	for i := range list {
		list[i] = someFacts(rng, s, odds)
	}
	return list
}

func TestBatchesSayWhatTheClosuresSay(t *testing.T) {
	t.Parallel()
	for seed, tt := range []struct{ rows, odds int }{
		{0, 4}, {1, 4}, {1, 0}, {63, 3}, {64, 3}, {65, 2}, {130, 4}, {blockRows, 3}, {blockRows + 1, 2}, {3*blockRows - 5, 3}, {700, 0},
	} {
		t.Run(fmt.Sprintf("%d rows, facts known %d times of 4", tt.rows, tt.odds), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(uint64(seed), 77))
			s := testSchema(t)
			rows := drawn(rng, s, tt.rows, tt.odds)
			table := filled(s, rows)
			for range 12 {
				set := load(t, map[string]string{"P": lawText(rng, s, "P", 9), "Q": undivided(lawText(rng, s, "Q", 9))})
				law := lawOn(t, set, "2020-06-01")
				same(t, law, law.Batch(table), rows)
			}
		})
	}
}

func TestTablesGiveBackWhatWasPut(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 8))
	s := testSchema(t)
	table := s.NewTable(200)
	rows := make([]Facts, 200)
	for range 1500 {
		i := rng.IntN(len(rows))
		rows[i] = someFacts(rng, s, rng.IntN(5))
		table.Put(i, &rows[i])
	}
	for i := range rows {
		if got := table.Facts(i); string(s.Encode(&got)) != string(s.Encode(&rows[i])) || got.Known != rows[i].Known {
			t.Fatalf("row %d is %s, want %s", i, s.Encode(&got), s.Encode(&rows[i]))
		}
	}
	if table.Len() != 200 || table.Schema() != s {
		t.Error("the table forgot its size or schema")
	}
}

func TestChangedRowsAreDecidedAsInATableBuiltAnew(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(13, 21))
	s := testSchema(t)
	rows := drawn(rng, s, 5000, 3)
	table := filled(s, rows)
	law := lawOn(t, load(t, map[string]string{"P": lawText(rng, s, "P", 12)}), "2020-06-01")
	first := law.Batch(table)
	before := slices.Clone(rows)
	for round := range 30 {
		for range 1 + rng.IntN(5) {
			i := rng.IntN(len(rows))
			rows[i] = someFacts(rng, s, rng.IntN(5))
			table.Put(i, &rows[i])
		}
		if round%5 == 4 { // another law asks in between
			law = lawOn(t, load(t, map[string]string{"P": lawText(rng, s, "P", 12)}), "2020-06-01")
		}
		same(t, law, law.Batch(table), rows)
	}
	same(t, first.law, first, before) // and it still says what it said
	same(t, law, law.Batch(filled(s, rows)), rows)
}

func TestFewChangesAreComputedAlone(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2, 3))
	s := testSchema(t)
	rows := drawn(rng, s, 9000, 3)
	table := filled(s, rows)
	law := lawOn(t, load(t, map[string]string{"P": lawText(rng, s, "P", 12)}), "2020-06-01")
	a := law.Batch(table)
	graph := table.planes.graph
	table.Put(70, &rows[70])
	rows[8999] = someFacts(rng, s, 4)
	table.Put(8999, &rows[8999])
	b := law.Batch(table)
	if table.planes.graph != graph {
		t.Error("two changed rows made the table forget everything")
	}
	same(t, law, b, rows)
	for _, v := range Venues() {
		for row := range Rows(Flips(a, b, v)) {
			if row != 8999 {
				t.Errorf("row %d flipped at %s and was not changed", row, v)
			}
		}
	}
	table.Forget()
	same(t, law, law.Batch(table), rows)
}

func TestTheNextVersionComputesOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(31, 5))
	s := testSchema(t)
	rows := drawn(rng, s, 3000, 3)
	table := filled(s, rows)
	text := lawText(rng, s, "P", 20)
	old := lawOn(t, load(t, map[string]string{"P": text}), "2020-06-01")
	a := old.Batch(table)
	kept := len(table.planes.kept)
	again := lawOn(t, load(t, map[string]string{"P": text}), "2021-06-01").Batch(table)
	if n := len(table.planes.kept); n != kept {
		t.Errorf("the same text on another date kept %d new planes", n-kept)
	}
	next := lawOn(t, load(t, map[string]string{"P": text + rule("new", `a.n >= 3 && a.kind == "k2"`, "not_allowed", "venues: [own]")}), "2020-06-01")
	b := next.Batch(table)
	if n := len(table.planes.kept) - kept; n == 0 || n > 2+numOutcomes+1 {
		t.Errorf("one new rule at one venue made %d new planes", n)
	}
	same(t, next, b, rows)
	for i, v := range Venues() {
		if CountRows(Flips(a, again, v)) != 0 {
			t.Errorf("the same law flips rows at %s", v)
		}
		flips := Flips(a, b, v)
		opened, closed := Turns(a, b, v)
		for row := range rows {
			x, y := old.Outcomes(&rows[row])[i], next.Outcomes(&rows[row])[i]
			at := func(mask []uint64) bool { return mask[row>>6]>>uint(row&63)&1 == 1 }
			was, is := VenueVerdict{Outcome: x}.Permits(), VenueVerdict{Outcome: y}.Permits()
			if at(flips) != (x != y) || at(opened) != (is && !was) || at(closed) != (was && !is) {
				t.Fatalf("%s row %d: %s before, %s after; flips %t opened %t closed %t", v, row, x, y, at(flips), at(opened), at(closed))
			}
		}
	}
}

func TestTablesForgetBeforeTheyGrowWithoutBound(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(17, 4))
	s := testSchema(t)
	rows := drawn(rng, s, 100, 3)
	table := filled(s, rows)
	most := 0
	for range 120 {
		law := lawOn(t, load(t, map[string]string{"P": lawText(rng, s, "P", 30)}), "2020-06-01")
		same(t, law, law.Batch(table), rows)
		most = max(most, len(table.planes.kept)+len(table.planes.compared))
	}
	if len(table.planes.kept) >= most || most > maxPlanes+2*30+numVenues*(numOutcomes+1)+30 {
		t.Errorf("%d planes at most, %d at last; bound %d", most, len(table.planes.kept), maxPlanes)
	}
}

func TestManyMayAskAndPutAtOnce(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(9, 9))
	s := testSchema(t)
	rows := drawn(rng, s, 600, 3)
	table := filled(s, rows)
	var laws []*Law
	for range 4 {
		laws = append(laws, lawOn(t, load(t, map[string]string{"P": lawText(rng, s, "P", 10)}), "2020-06-01"))
	}
	var wg sync.WaitGroup
	for n, law := range laws {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(n), 1))
			for range 20 {
				b := law.Batch(table)
				for row := range rows {
					if rng.IntN(50) == 0 {
						table.Put(row, &rows[row]) // as it was: batches agree whenever they ask
					}
				}
				same(t, law, b, rows)
			}
		})
	}
	wg.Wait()
}

func TestUnknownVenuesAndRulesHaveNoRows(t *testing.T) {
	t.Parallel()
	set := load(t, map[string]string{"P": pack("P", rule("1", "true", "allowed"))})
	law := lawOn(t, set, "2020-06-01")
	b := law.Batch(set.Schema().NewTable(70))
	if b.Count("moon", Allowed)+b.Count(Private, "nothing")+CountRows(b.Open("moon"))+CountRows(Flips(b, b, "moon")) != 0 {
		t.Error("rows are at a venue or an outcome that does not exist")
	}
	if _, _, ok := b.Fired("P", "2"); ok {
		t.Error("a rule that does not exist fired")
	}
	if b.Count(Private, Allowed) != 70 || b.Len() != 70 || b.Law() != law {
		t.Error("the law allows every row")
	}
}

// FuzzFourWaysAgree draws a condition and facts and asks four ways: columns, masks,
// closures, and cel.Program over the same text.
func FuzzFourWaysAgree(f *testing.F) {
	for seed := range uint64(16) {
		f.Add(seed, seed*37)
	}
	s := testSchema(f)
	c, err := newCompiler(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b uint64) {
		rng := rand.New(rand.NewPCG(a, b))
		text := writer{rng: rng, schema: s}.expr(4)
		set := load(t, map[string]string{"P": pack("P", rule("1", strings.ReplaceAll(text, "'", "''"), "allowed"))})
		law := lawOn(t, set, "2020-06-01")
		rows := drawn(rng, s, 70, int(a%5))
		batch := law.Batch(filled(s, rows))
		same(t, law, batch, rows)
		sure, maybes, _ := batch.Fired("P", "1")
		var x Finding
		for _, row := range []int{0, 1, 63, 64, 69} {
			agrees(t, law, &rows[row], &x)
			got, at := False, uint64(1)<<uint(row&63)
			if sure[row>>6]&at != 0 {
				got = True
			} else if maybes[row>>6]&at != 0 {
				got = Unknown
			}
			if want := oracle(t, c, text, &rows[row]); got != want {
				t.Fatalf("%s over %s is %s in the batch, CEL says %s", text, s.Encode(&rows[row]), got, want)
			}
		}
	})
}
