package feed

import "fmt"

// subjects are what systems are about.
func subjects() []string {
	return []string{
		"민원", "예산", "인사", "급여", "문서", "통계", "도서관", "상수도", "도로", "교통", "환경", "보건", "복지", "연금", "지방세", "주민", "재난", "기상", "산림", "농업", "수산",
		"관광", "체육", "문화재", "교육", "입찰", "자산", "법령", "감사", "홍보", "채용", "연구과제", "에너지", "폐기물", "하천", "공원", "주차", "건축", "토지", "공간정보", "청년",
		"여성", "어르신", "보육", "장학", "자격", "시험", "특허", "통관", "검역", "식품", "의약품", "혈액", "응급", "소방", "치안", "선박", "항만", "철도", "항공", "측량", "기록물", "회의",
	}
}

// functions are what systems do, by what they are for.
func functions(w work) []string {
	switch w {
	case workInternal:
		return []string{"업무지원시스템", "관리시스템", "결재시스템", "회계시스템", "정산시스템", "자료관리시스템", "지식관리시스템"}
	case workBoth:
		return []string{"통합시스템", "신청·처리시스템", "종합정보시스템", "통합플랫폼", "접수처리시스템"}
	case workPublic:
		return []string{"포털", "누리집", "예약서비스", "신고센터", "정보공개시스템", "모바일서비스", "안내서비스", "상담서비스"}
	}
	return []string{"분석시스템", "시험시스템", "연구데이터시스템"}
}

// name names a system: no two of an institution alike until the words are used up.
func (g *Generator) name(s *sketch, p *place) string {
	for _, h := range g.hubs {
		if h.number == s.number {
			return h.name
		}
	}
	about, does := g.subjects, g.functions[s.work]
	combinations := len(about) * len(does)
	at := s.number - g.layout.startOf(p.kind) - p.start
	const step = 7919 // a prime: it visits every combination before it comes back
	k := (at*step + int(keyed(g.seed, p.row.Code)%uint64(combinations))) % combinations
	name := about[k%len(about)] + " " + does[k/len(about)]
	if again := at / combinations; again > 0 {
		name = fmt.Sprintf("%s %d", name, again+1)
	}
	return name
}
