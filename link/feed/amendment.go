package feed

import (
	"regexp"
	"strings"

	"naru"
)

// AmendedKey is the instrument of which the example has a next version.
const AmendedKey = "USE2025"

// Amend makes the example's next version of AmendedKey out of the text and the cases in
// force (예시 개정안): invented and marked so, in force from a day to come, with one more
// rule that closes private cloud to components with many data subjects. It serves to try
// a what-if on; no such amendment was ever proposed.
func Amend(text, cases string, from naru.Date) (amended, amendedCases string) {
	text = strings.Replace(text, "\n  ko: ", "\n  ko: 예시 개정안 — ", 1)
	text = strings.Replace(text, "\n  en: ", "\n  en: Example amendment — ", 1)
	text = regexp.MustCompile(`(?m)^in_force: .*$`).ReplaceAllString(text, "in_force: {from: "+string(from)+"}")
	return strings.TrimRight(text, "\n") + exampleRule, exampleDates(cases, from) + strings.ReplaceAll(exampleCases, "FROM", string(from))
}

// exampleDates moves the cases to the days on which the next version binds; those before
// the first day stay before it.
func exampleDates(cases string, from naru.Date) string {
	line := regexp.MustCompile(`(?m)^(  date: )(\d{4}-\d\d-\d\d)$`)
	return line.ReplaceAllStringFunc(cases, func(s string) string {
		if naru.Date(s[len(s)-10:]) < exampleSince {
			return "  date: " + string(from.AddDays(-1))
		}
		return "  date: " + string(max(from, naru.Date(s[len(s)-10:])))
	})
}

// exampleSince is the first day of the version that the example amends.
const exampleSince = naru.Date("2025-12-29")

const exampleRule = `
  - id: example-subjects
    when: component.subjects >= 100000
    upon: [component.subjects]
    venues: [private]
    outcome: not_allowed
    article: 예시 조문 (실제 고시에 없음)
    source: L06b
    message:
      ko: "예시: 정보주체가 10만 명 이상인 구성요소는 민간 클라우드를 이용할 수 없다."
      en: "Example: a component with 100,000 data subjects or more may not use private cloud."
`

const exampleCases = `- name: Example, many data subjects close private cloud
  date: FROM
  facts: {institution.kind: local, component.subjects: 150000}
  expect: {private: not_allowed}
  fires: [example-subjects]
- name: Example, few data subjects leave it open
  date: FROM
  facts: {institution.kind: local, component.subjects: 900}
  expect: {private: conditional}
  silent: [example-subjects]
`
