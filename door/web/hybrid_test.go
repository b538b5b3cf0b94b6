package web

import (
	"slices"
	"strings"
	"testing"

	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/locale"
)

func TestLinksAreDrawnByHowTheyCross(t *testing.T) {
	t.Parallel()
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := page{prefs: prefs{Lang: "ko"}, words: words}
	part := func(name string, open ...policy.Venue) partView {
		return partView{ComponentOut: decide.ComponentOut{Name: name, Open: open}}
	}
	v := verdictView{Parts: []partView{
		part("웹", policy.Government, policy.Private), part("화면", policy.Government, policy.Private), part("자료", policy.Government), part("수집", policy.OnSite), part("미정"),
	}}
	v.Inventory.Components = []inventory.Component{
		{Name: "웹", Links: []string{"화면", "자료", "수집", "없는 것"}}, {Name: "화면"}, {Name: "자료", Links: []string{"웹"}}, {Name: "수집"}, {Name: "미정"},
	}
	v.Crossings = []decide.Crossing{{From: "웹", To: "자료"}, {From: "웹", To: "수집", Must: true}}
	s := p.sketchOf(v)
	if len(s.Zones) != 4 || len(s.Zones[0].Boxes) != 2 || len(s.Zones[3].Names) != 0 {
		t.Fatalf("zones %+v", s.Zones)
	}
	var drawn []string
	for _, l := range s.Lines {
		drawn = append(drawn, l.Tone)
	}
	if want := []string{"inner", "may", "must"}; !slices.Equal(drawn, want) {
		t.Errorf("lines %v, want %v", drawn, want)
	}
	if s.Lines[1].Number != 1 || s.Lines[2].Number != 2 {
		t.Error("the numbers of the picture are not those of the table")
	}
	if l := s.Lines[2]; l.Y < s.Zones[0].Boxes[1].Y+boxHeight || l.Y > s.Height {
		t.Errorf("a link past a zone runs through its boxes, at %d of %d", l.Y, s.Height)
	}
	var out strings.Builder
	if err := hybrid(p, v).Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<path class="link must"`, `<path class="link may"`, "반드시 넘음", "지금은 열린 곳이 없음"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the block lacks %s", want)
		}
	}
}
