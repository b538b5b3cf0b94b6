package plan

import (
	"strings"

	"naru"
)

// Event is a loss that happened, with what was published about it.
type Event struct {
	Loss
	Date    naru.Date   `json:"date"`
	Systems int         `json:"systems"`
	Grades  []int       `json:"grades"` // systems down, by grade 1 to 4
	Facts   []Published `json:"facts"`
}

// Published is one published fact with its source.
type Published struct {
	When   string       `json:"when"` // a date or months
	Fact   naru.Message `json:"fact"`
	Source string       `json:"source"`
}

// URLs lists the sources one by one.
func (p Published) URLs() []string { return strings.Split(p.Source, " · ") }

// The sources of the facts of the fire (policy.md section 9).
const (
	sourceN38 = "https://www.news1.kr/amp/local/moi/5943873"
	sourceN39 = "https://www.donga.com/news/It/article/all/20251018/132587989/1"
	sourceN40 = "https://zdnet.co.kr/view/?no=20250929172308"
	sourceN41 = "http://livein.co.kr/bbs/board.php?bo_table=n08&wr_id=50478"
	sourceN42 = "https://zdnet.co.kr/view/?no=20251111141201"
)

// DaejeonFire is the fire at the government centre in Daejeon on 2025-09-26, the
// rehearsal (예행연습) of this step; every figure is from policy.md 1.8.
func DaejeonFire() Event {
	return Event{
		Loss: Loss{Kind: LostCentre, Of: "daejeon"}, Date: "2025-09-26", Systems: 709, Grades: []int{40, 68, 261, 340},
		Facts: []Published{
			{When: "2025-09-26", Fact: naru.Msg("plan.fire.down", "first", "647", "later", "709"), Source: sourceN38 + " · " + sourceN39},
			{When: "2025-09-26", Fact: naru.Msg("plan.fire.grades", "g1", "40", "g2", "68", "g3", "261", "g4", "340"), Source: sourceN38 + " · " + sourceN39},
			{When: "2025-09-29", Fact: naru.Msg("plan.fire.destroyed", "systems", "96"), Source: sourceN40 + " · " + sourceN41},
			{When: "2025-11", Fact: naru.Msg("plan.fire.moved", "first", "20", "finally", "16"), Source: sourceN42},
			{When: "2025-10 – 2025-11", Fact: naru.Msg("plan.fire.fund", "first", "1,521", "second", "261", "ppp", "196", "others", "65"), Source: sourceN42},
		},
	}
}
