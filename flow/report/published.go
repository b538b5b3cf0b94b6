package report

import "naru"

// Published is a figure or a goal that government published, with what it counted.
type Published struct {
	Goal   bool         `json:"goal"` // a target; otherwise what was counted then
	When   string       `json:"when"` // the date or year it is for
	Value  string       `json:"value"`
	Unit   string       `json:"unit"` // percent, institutions, systems or won
	Scope  naru.Message `json:"scope"`
	Source string       `json:"source"`
}

// publishedFor returns what was published near a measure. The series are not comparable
// with each other or with the measure, which is why each says what it counted.
func publishedFor(measure string) []Published {
	switch measure {
	case "institutions_private":
		return institutionsPublished()
	case "systems_cloud":
		return systemsPublished()
	case "systems_private":
		return []Published{
			{When: "2021", Value: "345", Unit: "systems", Scope: naru.Msg("report.scope.survey_2021"), Source: survey2021},
			{When: "2022", Value: "449", Unit: "systems", Scope: naru.Msg("report.scope.survey_2022"), Source: survey2022},
		}
	case "budget_private":
		return []Published{
			{When: "2018-11", Value: "0.7", Unit: "percent", Scope: naru.Msg("report.scope.budget_2018"), Source: plan2},
			{Goal: true, When: "2021", Value: "10", Unit: "percent", Scope: naru.Msg("report.scope.budget_goal"), Source: plan2},
		}
	}
	return nil
}

// The sources of the figures (the second master plan for cloud computing, and surveys as
// the press reported them).
const (
	plan2      = "제2차 클라우드컴퓨팅 발전 기본계획 (2018-12)"
	survey2017 = "http://itdaily.kr/news/articleView.html?idxno=86995"
	survey2021 = "https://etnews.com/20220204000149"
	survey2022 = "https://biz.chosun.com/it-science/ict/2023/03/07/CTRRFVFKCNBXLNTSRV5AXL5ILQ/"
	said2026   = "https://zdnet.co.kr/view/?no=20260311174059"
)

func institutionsPublished() []Published {
	return []Published{
		{Goal: true, When: "2018", Value: "40", Unit: "percent", Scope: naru.Msg("report.scope.survey_2017"), Source: survey2017},
		{When: "2018-11", Value: "32.8", Unit: "percent", Scope: naru.Msg("report.scope.public_2018"), Source: plan2},
	}
}

func systemsPublished() []Published {
	return []Published{
		{When: "2021", Value: "13.3", Unit: "percent", Scope: naru.Msg("report.scope.survey_2021"), Source: survey2021},
		{When: "2022", Value: "18.0", Unit: "percent", Scope: naru.Msg("report.scope.survey_2022"), Source: survey2022},
		{When: "2026-03", Value: "42.4", Unit: "percent", Scope: naru.Msg("report.scope.said_2026"), Source: said2026},
	}
}
