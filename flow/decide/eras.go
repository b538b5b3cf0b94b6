package decide

import (
	"cmp"
	"context"
	"strconv"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
)

// ErasIn asks how the same estate would have stood under the law of several dates.
type ErasIn struct {
	Dates       []naru.Date             `json:"dates,omitempty" doc:"dates YYYY-MM-DD; empty for the turns of the law and today"`
	Venue       policy.Venue            `json:"venue,omitempty" doc:"government, private, ppp, own or onsite; empty for private"`
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"one institution; empty for all the caller sees"`
}

// ErasOut is the estate of now under the law of each date: the dispute over the 8 %
// (MISSION row 2) as a table that anyone recomputes.
type ErasOut struct {
	Venue     policy.Venue `json:"venue"`
	Systems   int          `json:"systems"`
	Synthetic bool         `json:"synthetic"` // example data is among the systems
	Eras      []Era        `json:"eras"`
}

// Era is how the estate stands under the law of one date.
type Era struct {
	Side
	Said []Said `json:"said"` // what was published of the time; not comparable without its scope
}

// Said is a figure that was published of an era, with its source.
type Said struct {
	Text   naru.Text `json:"text"`
	Source string    `json:"source"`
}

// turn is a date on which other rules held, and what was said of the share then.
type turn struct {
	date naru.Date
	said []Said
}

// turns lists the eras that the dispute is about. The figures are those of the sources
// and count what the sources counted; none is naru's.
func turns() []turn {
	return []turn{
		{"2017-03-02", []Said{{
			Text:   naru.Text{Ko: "업계: 이 지침으로 민간 클라우드를 쓸 수 있는 공공 시스템은 약 8 %", En: "Industry: about 8 % of public systems fit under this guideline"},
			Source: "2019년 기사 (SEED2)",
		}}},
		{"2019-03-01", []Said{{
			Text:   naru.Text{Ko: "등급 폐지, 네거티브 방식과 중앙·지방 확대를 발표 (시행은 확인되지 않음)", En: "Grades abolished, negative list and extension to ministries announced (not shown to be in force)"},
			Source: "https://ddaily.co.kr/page/view/2018090414195374917",
		}}},
		{"2019-12-02", []Said{{
			Text:   naru.Text{Ko: "정부 설명: 절반이 넘는 시스템이 이용 대상", En: "Government: more than half of systems become eligible"},
			Source: "http://www.hkbs.co.kr/news/articleView.html?idxno=544146",
		}}},
		{"2020-07-01", nil},
		{"2021-08-01", []Said{{
			Text:   naru.Text{Ko: "전환 대상 10,009개 가운데 민간 4,552개 (약 46 %)", En: "4,552 of the 10,009 systems to be converted go to private cloud (about 46 %)"},
			Source: "https://www.fnnews.com/news/202107261200373673",
		}}},
	}
}

// maxEras bounds the dates of one question.
const maxEras = 12

func (t think) eras(ctx context.Context, c *op.Call, s Store, in ErasIn) (ErasOut, error) {
	scope, err := inventory.Within(c.Actor, in.Institution)
	if err != nil {
		return ErasOut{}, err
	}
	in.Venue = cmp.Or(in.Venue, policy.Private)
	if PlacesOf(in.Venue) == 0 {
		return ErasOut{}, naru.NewError(naru.Invalid, "decide.unknown_venue", "venue", string(in.Venue))
	}
	asked := turnsOf(in.Dates, c.Today())
	if len(asked) > maxEras {
		return ErasOut{}, naru.NewError(naru.Invalid, "decide.too_many_dates", "max", strconv.Itoa(maxEras))
	}
	now, err := t.estate.at(ctx, s)
	if err != nil {
		return ErasOut{}, err
	}
	out := ErasOut{Venue: in.Venue, Eras: []Era{}}
	for _, turn := range asked {
		l, err := t.book.InForce(ctx, s, turn.date)
		if err != nil {
			return ErasOut{}, err
		}
		e := Era{Side: sideOf(l), Said: turn.said}
		m := masksOf(now.batch(l), in.Venue)
		out.Systems = 0
		for i := range now.systems {
			p := &now.systems[i]
			if scope != "" && now.institutions[p.institution].ID != scope {
				continue
			}
			out.Systems++
			out.Synthetic = out.Synthetic || p.synthetic
			e.Shares[m.share(p)]++
		}
		out.Eras = append(out.Eras, e)
	}
	return out, nil
}

// turnsOf returns the dates asked for, or the turns of the law and today.
func turnsOf(dates []naru.Date, today naru.Date) []turn {
	if len(dates) == 0 {
		return append(turns(), turn{date: today})
	}
	list := make([]turn, len(dates))
	for i, d := range dates {
		list[i].date = d
	}
	return list
}
