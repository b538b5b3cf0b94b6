package naru_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"naru"
)

func TestDatesAreSeoulDates(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 15, 0, 0, 0, time.UTC) // midnight in Seoul
	if d := naru.DateOf(at); d != "2026-02-01" || d.Month() != "2026-02" || !d.Start().Equal(at) {
		t.Errorf("%v is %s", at, d)
	}
	if d := naru.DateOf(at.Add(-time.Microsecond)); d != "2026-01-31" {
		t.Errorf("an instant before midnight is %s", d)
	}
	from, to := naru.Month("2025-12").Range()
	if naru.DateOf(from) != "2025-12-01" || naru.DateOf(to) != "2026-01-01" || naru.Month("2025-12").Next() != "2026-01" {
		t.Errorf("december is %v to %v", from, to)
	}
	if d := naru.Date("2024-02-28").AddDays(2); d != "2024-03-01" {
		t.Errorf("two days after 28 February 2024 is %s", d)
	}
	for _, bad := range []string{"2026-02-30", "2026-2-1", "26-02-01", "", "2026-02-01 "} {
		if d, err := naru.ParseDate(bad); err == nil {
			t.Errorf("%q was read as %s", bad, d)
		}
	}
	days, ok := naru.Date("1969-12-31").Days()
	if !ok || days != -1 || naru.DateFromDays(days) != "1969-12-31" {
		t.Errorf("the day before 1970 is day %d", days)
	}
}

func TestDateWithinIsClosedAndOpenEnded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		d, from, to naru.Date
		want        bool
	}{
		{"2020-06-16", "2020-06-16", "2020-06-16", true},
		{"2020-06-15", "2020-06-16", "", false},
		{"2030-01-01", "2020-06-16", "", true},
		{"2020-06-17", "", "2020-06-16", false},
	} {
		if got := tt.d.Within(tt.from, tt.to); got != tt.want {
			t.Errorf("%s in [%s, %s] is %t", tt.d, tt.from, tt.to, got)
		}
	}
}

func TestIDsSortByTimeAndDiffer(t *testing.T) {
	t.Parallel()
	ids, at := naru.NewIDs(rand.Reader), time.UnixMilli(1_700_000_000_000)
	var list []string
	for i := range 1000 {
		list = append(list, ids.New("sys", at.Add(time.Duration(i)*time.Millisecond)))
	}
	if !slices.IsSorted(list) {
		t.Error("ids do not sort by time")
	}
	if a, b := ids.New("sys", at), ids.New("sys", at); a == b || len(a) != 4+26 {
		t.Errorf("two ids of one instant: %s, %s", a, b)
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	t.Parallel()
	s := naru.NewSecret("hunter2")
	js, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s, s, struct{ S naru.Secret }{s}) + string(js)
	if strings.Contains(shown, "hunter2") || strings.Contains(shown, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("the secret shows: %s", shown)
	}
	if s.Open() != "hunter2" {
		t.Error("the secret is lost")
	}
}

func TestKindOfFindsTheRefusal(t *testing.T) {
	t.Parallel()
	refusal := naru.NewError(naru.Exhausted, "contract.budget", "left", "0")
	wrapped := fmt.Errorf("order ord_1: %w", refusal)
	if naru.KindOf(wrapped) != naru.Exhausted || naru.KindOf(fmt.Errorf("x")) != naru.Internal || naru.KindOf(nil) != "" {
		t.Error("kinds are not found")
	}
}

func TestPageSizeIsBounded(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]int{0: 50, -5: 50, 7: 7, 200: 200, 1 << 30: 200} {
		if got := (naru.Page{Limit: limit}).Size(); got != want {
			t.Errorf("limit %d reads %d rows, want %d", limit, got, want)
		}
	}
}
