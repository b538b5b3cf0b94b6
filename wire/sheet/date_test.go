package sheet

import (
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

func TestDatesAreTakenInTheFormsThatOfficesWrite(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2020-01-02": "2020-01-02", "2020-1-2": "2020-01-02", "2020/01/02": "2020-01-02", "2020.1.2": "2020-01-02",
		"2020.01.02.": "2020-01-02", "2020. 1. 2.": "2020-01-02", "2020. 1. 2": "2020-01-02", "20200102": "2020-01-02",
		"2020년 1월 2일": "2020-01-02", "2020년1월2일": "2020-01-02", "2020년 12월 31일": "2020-12-31",
		"2020-01-02T15:04:05Z": "2020-01-02", "2026-04-28T20:00:00.000Z": "2026-04-28", "2024-10-01 00:00:00": "2024-10-01",
		"2024-02-29": "2024-02-29", " 2020-01-02 ": "2020-01-02", "2020-01-02T23:00:00-05:00": "2020-01-02",
	} {
		if got, ok := ParseDate(in); !ok || got != want {
			t.Errorf("%q reads as %q, want %q", in, got, want)
		}
	}
}

func TestWhatIsNoDateIsNotGuessed(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", "2023-02-29", "2020-13-01", "2020-00-10", "20-01-02", "01/02/2020", "1988. 1.", "2020-01", "2020", "Jan-24",
		"2020-01/02", "2020.1-2", "2020년 1월 2", "2020-01-02일", "2020-1-2.", "202001023", "00000000", "2020102", "미정",
		"2020-01-02 오전", "0999-01-01", "11/13", "2020-01-02T", "２０２０-01-02",
	} {
		if got, ok := ParseDate(in); ok {
			t.Errorf("%q was read as %q", in, got)
		}
	}
}

func TestSerialNumbersAreDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    int
		want string
	}{{1, "1900-01-01"}, {59, "1900-02-28"}, {61, "1900-03-01"}, {43831, "2020-01-01"}, {2958465, "9999-12-31"}} {
		if got, ok := SerialDate(c.n, false); !ok || got != c.want {
			t.Errorf("serial %d is %q, want %q", c.n, got, c.want)
		}
	}
	for _, n := range []int{-1, 0, 60, 2958466} {
		if got, ok := SerialDate(n, false); ok {
			t.Errorf("serial %d was read as %q", n, got)
		}
	}
	if got, _ := SerialDate(0, true); got != "1904-01-01" {
		t.Errorf("day 0 of 1904 is %q", got)
	}
}

func TestSerialNumbersAgreeWithAnotherReader(t *testing.T) {
	t.Parallel()
	for n := 61; n < 80000; n += 13 {
		want, err := excelize.ExcelDateToTime(float64(n), false)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := SerialDate(n, false); got != want.Format(time.DateOnly) {
			t.Fatalf("serial %d is %s, want %s", n, got, want.Format(time.DateOnly))
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2020-01-02", "2020년 1월 2일", "2020. 1. 2.", "20200102", "1988. 1.", "2020-01-02T00:00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseDate(s)
		if !ok {
			if got != "" {
				t.Errorf("%q is no date but gives %q", s, got)
			}
			return
		}
		again, ok := ParseDate(got)
		if !ok || again != got {
			t.Errorf("%q reads as %q, which reads as %q", s, got, again)
		}
		if _, err := time.Parse(time.DateOnly, got); err != nil {
			t.Errorf("%q reads as %q: %v", s, got, err)
		}
	})
}
