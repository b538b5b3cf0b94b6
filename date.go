package naru

import (
	"fmt"
	"time"
)

// Seoul is the legal time zone of Korea (UTC+9, no summer time since 1988). A fixed
// zone keeps the program independent of the machine's zone files.
var Seoul = time.FixedZone("Asia/Seoul", 9*60*60)

// Date is a legal date in Korea, written 2006-01-02; "" means none. Text order is
// date order, so dates compare with < in Go and in SQL.
type Date string

// DateOf returns the date in Korea at an instant.
func DateOf(t time.Time) Date { return Date(t.In(Seoul).Format(time.DateOnly)) }

// ParseDate reads 2006-01-02 and refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, Seoul)
	if err != nil {
		return "", fmt.Errorf("date %q is not YYYY-MM-DD", s)
	}
	return Date(t.Format(time.DateOnly)), nil
}

// DateFromDays returns the date that lies days after 1970-01-01.
func DateFromDays(days int64) Date {
	return Date(time.Unix(days*86400, 0).UTC().Format(time.DateOnly))
}

// Days returns the days since 1970-01-01; ok is false for "" or a malformed date.
func (d Date) Days() (days int64, ok bool) {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return 0, false
	}
	return t.Unix() / 86400, true
}

// Start returns the first instant of the date in Korea, in UTC.
func (d Date) Start() time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), Seoul)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// AddDays returns the date n days later; a malformed date stays as it is.
func (d Date) AddDays(n int) Date {
	days, ok := d.Days()
	if !ok {
		return d
	}
	return DateFromDays(days + int64(n))
}

// Month returns the accounting month the date lies in.
func (d Date) Month() Month {
	if len(d) < 7 {
		return ""
	}
	return Month(d[:7])
}

// Within reports whether d lies in [from, to]; an empty bound is open.
func (d Date) Within(from, to Date) bool {
	return (from == "" || from <= d) && (to == "" || d <= to)
}

// Month is an accounting month in Korea, written 2006-01.
type Month string

// MonthOf returns the month in Korea at an instant.
func MonthOf(t time.Time) Month { return Month(t.In(Seoul).Format("2006-01")) }

// ParseMonth reads 2006-01.
func ParseMonth(s string) (Month, error) {
	t, err := time.ParseInLocation("2006-01", s, Seoul)
	if err != nil {
		return "", fmt.Errorf("month %q is not YYYY-MM", s)
	}
	return Month(t.Format("2006-01")), nil
}

// Range returns the half-open range of instants [from, to) of the month, in UTC.
func (m Month) Range() (from, to time.Time) {
	t, err := time.ParseInLocation("2006-01", string(m), Seoul)
	if err != nil {
		return time.Time{}, time.Time{}
	}
	return t.UTC(), t.AddDate(0, 1, 0).UTC()
}

// Next returns the following month.
func (m Month) Next() Month {
	_, to := m.Range()
	return MonthOf(to)
}

// Year returns the budget year of the month, which is the calendar year in Korea
// (국가재정법 제2조).
func (m Month) Year() string {
	if len(m) < 4 {
		return ""
	}
	return string(m[:4])
}
