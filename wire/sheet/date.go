package sheet

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// dateForm is a day as offices write it: 2020-01-02, 2020/1/2, 2020.1.2., 2020. 1. 2, 2020년 1월 2일, 20200102, each
// with an optional time of day, which is dropped. Two-digit years and day-first forms are not dates: they are guesses.
var dateForm = regexp.MustCompile(`^(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\. ?(\d{1,2})\. ?|년 ?(\d{1,2})월 ?|(\d{2}))(\d{1,2})(일|\.)?` +
	`(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$`)

// ParseDate reads a day written in ISO 8601 or in a common Korean form and gives it as "2006-01-02". The day is taken as
// written: a time zone after it does not move it.
func ParseDate(s string) (string, bool) {
	s = strings.TrimSpace(s)
	m := dateForm.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	if !endingFits(m) {
		return "", false
	}
	month := m[2] + m[3] + m[4] + m[5] + m[6]
	return calendarDay(m[1], month, m[7])
}

// endingFits refuses mixtures: 일 belongs to 년 월, a dot to dots, and the packed form has two digits for the day.
func endingFits(m []string) bool {
	switch m[8] {
	case "일":
		return m[5] != ""
	case ".":
		return m[4] != ""
	}
	return m[5] == "" && (m[6] == "" || len(m[7]) == 2)
}

// calendarDay checks that the day exists.
func calendarDay(year, month, day string) (string, bool) {
	y, _ := strconv.Atoi(year)
	mo, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	t := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
	if y < 1000 || t.Year() != y || int(t.Month()) != mo || t.Day() != d {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

// SerialDate gives the day with a spreadsheet's serial number. Number 60 of the 1900 system is the 29th of February 1900,
// which never was; numbers below it are one off for the same reason.
func SerialDate(n int, date1904 bool) (string, bool) {
	const last = 2_958_465 // 9999-12-31
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case date1904:
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
		if n < 0 || n > last-1462 {
			return "", false
		}
	case n < 1 || n == 60 || n > last:
		return "", false
	case n < 60:
		base = base.AddDate(0, 0, 1)
	}
	return base.AddDate(0, 0, n).Format(time.DateOnly), true
}
