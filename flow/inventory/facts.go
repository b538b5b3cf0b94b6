package inventory

import (
	"naru"
	"naru/base/policy"
)

// Facts returns the schema of every typed fact that a rule may ask about, with the
// Korean heading officers use. A field lives on the object its key names:
// institution, system or component. Adding a fact is adding a line here.
func Facts() *policy.Schema {
	s, err := policy.NewSchema(append(append(institutionFields(), systemFields()...), componentFields()...)...)
	if err != nil {
		panic(err) // a programmer's error in the tables below
	}
	return s
}

func institutionFields() []policy.Field {
	return []policy.Field{
		{
			Key: "institution.kind", Type: policy.Enum, Label: text("기관 유형", "Institution kind"), Codes: InstitutionKinds(),
			Note: "전자정부법 제2조",
		},
	}
}

// InstitutionKinds returns the kinds of institutions of the E-Government Act, art. 2
// (policy.md 4.4), public institutions split as their own act splits them.
func InstitutionKinds() []policy.Code {
	return []policy.Code{
		code("constitutional", "헌법기관", "Constitutional body"),
		code("central", "중앙행정기관", "Central administrative agency"),
		code("local", "지방자치단체", "Local government"),
		code("education_office", "시도교육청", "Office of education"),
		code("public_corp", "공기업", "Public corporation"),
		code("quasi_government", "준정부기관", "Quasi-governmental institution"),
		code("other_public", "기타공공기관", "Other public institution"),
		code("local_corp", "지방공사·공단", "Local public corporation"),
		code("special_corp", "특수법인", "Special corporation"),
		code("public_school", "국공립학교", "Public school"),
		code("private_school", "사립학교", "Private school"),
		code("other", "그 밖의 기관", "Other body"),
	}
}

func systemFields() []policy.Field {
	return []policy.Field{
		{Key: "system.stage", Type: policy.Enum, Label: text("추진 단계", "Stage"), Codes: []policy.Code{
			code("new", "신규 도입", "New"), code("operating", "운영 중", "Operating"),
			code("replacing", "교체", "Replacing"), code("rebuilding", "재구축", "Rebuilding"),
		}},
		{Key: "system.public_facing", Type: policy.Bool, Label: text("대국민 서비스", "Public-facing service")},
		{Key: "system.internal_business", Type: policy.Bool, Label: text("내부 업무처리", "Internal business processing")},
		{Key: "system.linked_internal", Type: policy.Bool, Label: text("내부 시스템 연계", "Linked to internal systems")},
		{Key: "system.grade", Type: policy.Int, Label: text("정보시스템 등급", "System grade"), Max: 4, Note: "1등급이 가장 중요"},
		{Key: "system.site", Type: policy.Enum, Label: text("현재 운영 위치", "Current site"), Codes: venueCodes()},
		{Key: "system.centre", Type: policy.Enum, Label: text("정부 센터 위치", "Government centre"), Codes: centreCodes(), Note: "현재 운영 위치가 정부 센터일 때"},
		{Key: "system.in_service_since", Type: policy.Date, Label: text("운영 개시일", "In service since")},
		{Key: "system.useful_life_end", Type: policy.Date, Label: text("내용연수 만료일", "End of useful life")},
		{Key: "system.users", Type: policy.Int, Label: text("이용자 수", "Users"), Unit: text("명", "persons")},
		{Key: "system.yearly_cost", Type: policy.Int, Label: text("연간 운영비", "Yearly cost"), Unit: text("원", "won")},
		{Key: "system.rto_minutes", Type: policy.Int, Label: text("목표 복구시간", "Recovery time objective"), Unit: text("분", "minutes")},
		{Key: "system.rpo_minutes", Type: policy.Int, Label: text("목표 복구시점", "Recovery point objective"), Unit: text("분", "minutes")},
		{Key: "system.data_centre_plan", Type: policy.Enum, Label: text("데이터센터 신규 구축", "New data centre"), Codes: dataCentreGrounds(), Note: "통합기준 제14조제1항"},
	}
}

func venueCodes() []policy.Code {
	return []policy.Code{
		code("government", "정부 센터", "Government centre"), code("private", "민간 클라우드", "Private cloud"),
		code("ppp", "민관협력형", "PPP zone"), code("own", "자체 클라우드", "Own cloud"),
		code("onsite", "자체 전산실", "Own server room"),
	}
}

// centreCodes names the centres of the National Information Resources Service: Daejeon
// and Daegu (policy.md 1.8), Gwangju as its second (국가정보자원관리원, 2018-09-11).
func centreCodes() []policy.Code {
	return []policy.Code{
		code("daejeon", "국가정보자원관리원 대전센터", "NIRS Daejeon centre"), code("gwangju", "국가정보자원관리원 광주센터", "NIRS Gwangju centre"),
		code("daegu", "국가정보자원관리원 대구센터", "NIRS Daegu centre"), code("other", "그 밖의 정부 센터", "Another government centre"),
	}
}

func componentFields() []policy.Field {
	return append(dataFields(), reviewFields()...)
}

func dataFields() []policy.Field {
	return []policy.Field{
		{Key: "component.info_kinds", Type: policy.Set, Label: text("정보의 종류", "Kinds of information"), Codes: InfoKinds()},
		{Key: "component.personal_data", Type: policy.Bool, Label: text("개인정보 처리", "Holds personal data")},
		{Key: "component.subjects", Type: policy.Int, Label: text("정보주체 수", "Data subjects"), Unit: text("명", "persons")},
		{Key: "component.sensitive_subjects", Type: policy.Int, Label: text("민감·고유식별정보 정보주체 수", "Subjects with sensitive or unique identifiers"), Unit: text("명", "persons")},
		{Key: "component.linked_subjects", Type: policy.Int, Label: text("연계 후 정보주체 수", "Subjects after linking"), Unit: text("명", "persons")},
		{Key: "component.foi_items", Type: policy.Set, Label: text("비공개 대상 정보", "FOI Act art. 9 items"), Codes: foiItems(), Note: "정보공개법 제9조제1항"},
		{Key: "component.nonpublic_business", Type: policy.Bool, Label: text("비공개 업무자료", "Non-public business data")},
		{Key: "component.open_only", Type: policy.Bool, Label: text("공개 자료만", "Open data only")},
		{Key: "component.resource_grade", Type: policy.Enum, Label: text("정보자원 등급", "Resource grade (2016)"), Codes: []policy.Code{
			code("1", "I등급", "Grade I"), code("2", "II등급", "Grade II"), code("3", "III등급", "Grade III"),
		}},
		{Key: "component.csap_tier", Type: policy.Enum, Label: text("시스템 보안등급", "CSAP system tier"), Codes: []policy.Code{
			code("low", "하", "Low"), code("middle", "중", "Middle"), code("high", "상", "High"),
		}},
		{Key: "component.n2sf_class", Type: policy.Enum, Label: text("N2SF 등급", "N2SF class"), Codes: []policy.Code{
			code("C", "기밀(C)", "Classified"), code("S", "민감(S)", "Sensitive"), code("O", "공개(O)", "Open"),
		}},
	}
}

func reviewFields() []policy.Field {
	passed := []policy.Code{code("none", "미실시", "None"), code("under_way", "진행 중", "Under way"), code("passed", "완료", "Passed")}
	return []policy.Field{
		{Key: "component.pia", Type: policy.Enum, Label: text("개인정보 영향평가", "Privacy impact assessment"), Codes: passed},
		{Key: "component.safety_review", Type: policy.Enum, Label: text("안전성 검토", "Safety review"), Codes: passed},
		{Key: "component.nis_review", Type: policy.Enum, Label: text("보안성 검토", "NIS security review"), Codes: passed},
		{Key: "component.precedent", Type: policy.Bool, Label: text("이용 선례", "Accepted precedent")},
		{Key: "component.onsite_reasons", Type: policy.Set, Label: text("현장 운영 사유", "Reasons to stay on site"), Codes: onsiteReasons(), Note: "통합기준 제8조제2항, 제7조제2항"},
		{Key: "component.teaching", Type: policy.Bool, Label: text("교육 현장 사용", "Used at the place of education")},
		{Key: "component.teaching_purpose", Type: policy.Bool, Label: text("교육 목적 이용", "Used for teaching")},
		{Key: "component.use_model", Type: policy.Bool, Label: text("활용모델 이용", "Follows a model of use"), Note: "이용 기준 고시 제16조 (2022년 제11조)"},
		{Key: "component.security_service", Type: policy.Bool, Label: text("침해사고 대응 보안 서비스", "Security service for incidents")},
		{Key: "component.service_certified", Type: policy.Bool, Label: text("인증 서비스 이용", "Uses a certified service")},
		{Key: "component.service_kind", Type: policy.Enum, Label: text("이용 서비스 유형", "Service kind"), Codes: []policy.Code{
			code("iaas", "IaaS", "IaaS"), code("paas", "PaaS", "PaaS"), code("saas", "SaaS", "SaaS"), code("daas", "DaaS", "DaaS"),
		}},
	}
}

// InfoKinds returns the kinds of information that instruments name.
func InfoKinds() []policy.Code {
	return []policy.Code{
		code("state_secret", "국가 기밀", "State secret"),
		code("national_security", "국가안보", "National security"), code("defence", "국방", "Defence"),
		code("unification", "통일", "Unification"), code("diplomacy", "외교", "Diplomacy"), code("trade", "통상", "Trade"),
		code("investigation", "수사", "Criminal investigation"), code("trial", "재판", "Trial"),
		code("sentence", "형의 집행", "Execution of sentence"), code("security_measure", "보안처분", "Security measure"),
		code("criminal_record", "범죄이력", "Criminal record"), code("life_safety", "생명·안전", "Life and safety"),
		code("system_log", "시스템 로그·임시백업", "System logs, temporary backup"),
	}
}

func foiItems() []policy.Code {
	labels := []naru.Text{
		text("1호 법령상 비밀", "1 secret by law"), text("2호 안보·국방·통일·외교", "2 security, defence, diplomacy"),
		text("3호 생명·신체·재산", "3 life, body, property"), text("4호 재판·수사", "4 trial, investigation"),
		text("5호 감사·의사결정", "5 audit, decision making"), text("6호 개인정보", "6 personal data"),
		text("7호 영업비밀", "7 trade secrets"), text("8호 부동산 투기", "8 real-estate speculation"),
	}
	codes := make([]policy.Code, len(labels))
	for i, l := range labels {
		codes[i] = policy.Code{Key: "foi" + string(rune('1'+i)), Label: l}
	}
	return codes
}

func onsiteReasons() []policy.Code {
	return []policy.Code{
		code("law_fixes_place", "법령상 장소 지정", "Law fixes the place"),
		code("plant_control", "원자력·수도·가스 제어", "Plant control"),
		code("sensor_cctv", "센서·CCTV 수집", "Sensors and CCTV"),
		code("onsite_security", "현장 보안·통신·관제", "On-site security and control"),
		code("communication", "통신 성능·안정성", "Communication performance and stability"),
		code("supercomputer", "슈퍼컴퓨터", "Supercomputer"),
		code("committee", "심의위원회 인정", "Accepted by the committee"),
	}
}

// dataCentreGrounds are the grounds on which a new data centre may be built (통합기준
// 제14조제1항), beside "none is built" and "none of them applies".
func dataCentreGrounds() []policy.Code {
	return []policy.Code{
		code("none", "구축하지 않음", "None is built"),
		code("law", "다른 법령", "Another law"),
		code("agency", "통합관리기관", "Integrated management agency"),
		code("excluded", "통합 제외 정보시스템", "Systems excluded from integration"),
		code("regional", "지역정보통합센터", "Regional integration centre"),
		code("own_integration", "자체 통합", "Own integration"),
		code("other", "그 밖의 사유", "Another ground"),
	}
}

func code(key, ko, en string) policy.Code {
	return policy.Code{Key: key, Label: text(ko, en)}
}

func text(ko, en string) naru.Text { return naru.Text{Ko: ko, En: en} }
