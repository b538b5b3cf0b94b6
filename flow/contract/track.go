package contract

import (
	"slices"

	"naru"
)

// Track is a lawful way of buying (계약 방식). Which tracks an installation offers is
// configuration; a limit of money is too, because no source states one.
type Track struct {
	Code    string     `json:"code"`
	Name    naru.Text  `json:"name"`
	Article string     `json:"article"`         // what allows it
	Source  string     `json:"source"`          // key in the list of sources
	Limit   naru.Money `json:"limit,omitempty"` // largest hold, 0 = none stated
	Note    naru.Text  `json:"note,omitzero"`   // what to know before choosing it
}

// Tracks returns the three tracks of the notice on using cloud services (행정안전부 고시
// 제2025-79호 제5조): tender by default, and for selected digital services a negotiated
// or a catalogue contract. No amount limits them in the texts that were read.
func Tracks() []Track {
	selected := naru.Text{
		Ko: "디지털서비스로 선정된 서비스에만 쓸 수 있다. 선정 여부는 이용지원시스템에서 확인한다.",
		En: "For selected digital services only. Check the selection in the usage support system.",
	}
	return []Track{
		{
			Code: "negotiated", Name: naru.Text{Ko: "수의계약", En: "Negotiated contract"}, Source: "L06b", Note: selected,
			Article: "고시 제2025-79호 제5조제2항, 국가계약법 시행령 제26조, 지방계약법 시행령 제25조",
		},
		{
			Code: "catalogue", Name: naru.Text{Ko: "카탈로그 계약", En: "Catalogue contract"}, Source: "L06b", Note: selected,
			Article: "고시 제2025-79호 제5조제2항, 조달사업법 시행령 제16조",
		},
		{Code: "tender", Name: naru.Text{Ko: "경쟁입찰", En: "Competitive tender"}, Source: "L06b", Article: "고시 제2025-79호 제5조제1항"},
	}
}

// trackOf finds a track by its code; an empty code is the first one.
func trackOf(tracks []Track, code string) (Track, error) {
	if code == "" && len(tracks) > 0 {
		return tracks[0], nil
	}
	i := slices.IndexFunc(tracks, func(t Track) bool { return t.Code == code })
	if i < 0 {
		return Track{}, naru.NewError(naru.Invalid, "contract.unknown_track", "track", code)
	}
	return tracks[i], nil
}
