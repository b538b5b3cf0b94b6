package feed

import (
	"fmt"
	"slices"
	"sort"

	"naru/flow/inventory"
)

// place is an institution of the example nation with the range of its systems within
// the block of its kind.
type place struct {
	row        inventory.InstitutionRow
	kind       string
	start, end int
}

// newPlaces makes the institutions: as many of each kind as published, fewer in a
// smaller nation, and lets the first have the most systems.
func newPlaces(l *layout, t table, size int) []place {
	var places []place
	base := t.count("estate.systems")
	for i := range l.blocks {
		b := &l.blocks[i]
		if b.size == 0 {
			continue
		}
		published := t.count("institutions." + b.kind)
		n := (published*size + base - 1) / base
		n = max(1, min(n, published, b.size))
		at := 0
		b.first = len(places)
		for k, systems := range spread(b.size, n, l.ready) {
			places = append(places, place{kind: b.kind, start: at, end: at + systems, row: inventory.InstitutionRow{
				Row: len(places) + 2, Code: fmt.Sprintf("EX%05d", len(places)+1),
				Value: inventory.Institution{Name: placeName(b.kind, k), Kind: b.kind, Synthetic: true},
			}})
			at += systems
		}
		b.last = len(places)
	}
	parents(places)
	return places
}

// spread gives each of n institutions one system and the rest by rank, the first the
// most: the first of the nation has at least as many as are ready.
func spread(systems, n, least int) []int {
	weights := make([]int, n)
	for k := range weights {
		weights[k] = 1_000_000 / (k + 4)
	}
	counts := apportion(systems-n, weights)
	for k := range counts {
		counts[k]++
	}
	for k := n - 1; k > 0 && counts[0] < least; {
		if counts[k] == 1 {
			k--
			continue
		}
		counts[k]--
		counts[0]++
	}
	return counts
}

// parents puts the institutions under others as the kinds stand to each other: public
// bodies under a ministry, corporations of local governments under theirs.
func parents(places []place) {
	of := func(kind string) []int {
		var list []int
		for i := range places {
			if places[i].kind == kind {
				list = append(list, i)
			}
		}
		return list
	}
	central, local, office := of("central"), of("local"), of("education_office")
	turn := 0
	for i := range places {
		p := &places[i]
		over := central
		switch p.kind {
		case "central", "constitutional", "local", "education_office":
			continue
		case "local_corp":
			over = local
		case "public_school":
			over = office
		}
		if len(over) == 0 {
			over = central
		}
		up := &places[over[turn%len(over)]].row
		turn++
		p.row.ParentCode = up.Code
		if slices.Contains([]string{"public_corp", "quasi_government", "other_public", "special_corp", "other", "private_school"}, p.kind) {
			p.row.Value.Ministry = up.Value.Name
		}
	}
}

// placeOf returns the institution of the system at a place of a block.
func (g *Generator) placeOf(b *block, at int) *place {
	list := g.places[b.first:b.last]
	return &list[sort.Search(len(list), func(i int) bool { return list[i].end > at })]
}

// placeName names the k-th institution of a kind. All of them are invented: central ones
// say so by 가상 (virtual), the others bear names of no real place.
func placeName(kind string, k int) string {
	switch kind {
	case "central":
		return "가상" + cycled(fields(), k, centralEnding(k))
	case "constitutional":
		return []string{"가상의회사무처", "가상법원행정처", "가상헌법심판소사무처", "가상선거관리위원회"}[k%4]
	case "local":
		return localName(k)
	case "education_office":
		return localName(k) + "교육청"
	case "local_corp":
		return localName(k) + []string{"도시공사", "시설관리공단", "교통공사"}[k%3]
	case "public_school":
		return localName(k+metros) + []string{" 중앙고등학교", " 초등학교", " 중학교"}[k%3]
	}
	endings := map[string][]string{
		"public_corp": {"공사"}, "quasi_government": {"공단", "진흥원", "관리원"}, "other_public": {"연구원", "재단", "평가원", "병원"},
		"special_corp": {"중앙회", "공제회"}, "private_school": {"사립대학교"}, "other": {"정보센터", "지원단"},
	}[kind]
	return "가상" + cycled(fields(), k/len(endings), endings[k%len(endings)])
}

// centralEnding is the rank of a central agency: ministries first.
func centralEnding(k int) string {
	if k < 19 {
		return "부"
	}
	return []string{"처", "청", "위원회"}[k%3]
}

// cycled takes the k-th word with an ending; past the last word it begins to number.
func cycled(words []string, k int, ending string) string {
	if n := k / len(words); n > 0 {
		return fmt.Sprintf("%s%s %d", words[k%len(words)], ending, n+1)
	}
	return words[k] + ending
}

func fields() []string {
	return []string{
		"행정", "국토", "복지", "교육", "환경", "통상", "해양", "국방", "문화", "과학", "농림", "산업", "고용", "여성", "외교", "법무", "재정", "보훈", "정보",
		"관세", "국세", "통계", "기상", "산림", "특허", "소방", "치안", "방위", "병무", "조달", "식품", "방역", "원자력", "인사", "법제", "재난", "우주", "수자원", "철도",
		"전력", "연금", "건강", "주택", "도로", "항만", "항공", "관광", "체육", "문화재", "농업", "수산", "에너지", "가스", "광물", "무역", "금융", "예금", "신용", "자산",
		"청소년", "장애인", "노인", "안전", "교통",
	}
}

// metros is how many of the local governments are metropolitan cities and provinces.
const metros = 17

// stems are the names of invented places.
func stems() []string {
	return []string{
		"가람", "나루", "다솔", "라온", "마루", "바다", "새벽", "아름", "자작", "하늘", "가온", "나래", "다온", "마실", "새솔", "온새", "누리", "도담", "미르", "소담",
		"예솔", "지음", "초롱", "한결", "단비", "여울", "솔빛", "푸름", "해밀", "라미", "별하", "찬솔",
	}
}

func localName(k int) string {
	list := stems()
	if k < metros {
		ending := "도"
		switch {
		case k == 0:
			ending = "특별시"
		case k < 7:
			ending = "광역시"
		}
		return list[k] + ending
	}
	k -= metros
	over := k % metros
	endings := []string{"시", "군"}
	if over < 7 {
		endings = []string{"구", "군"}
	}
	round := k / metros
	name := list[(over+1+round)%len(list)] + endings[round%5/4]
	if again := round / (len(list) - 1); again > 0 {
		name = fmt.Sprintf("%s %d", name, again+1)
	}
	return localName(over) + " " + name
}
