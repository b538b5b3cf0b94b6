package web

import (
	"net/http"
	"strings"

	"naru"
	"naru/base/op"
	"naru/flow/inventory"
)

// bodyView is the choice of an institution by name (기관 고르기): what was typed, and what
// it may mean when it is not one institution's own name or code.
type bodyView struct {
	Text  string
	Found []inventory.Institution
	More  bool // there are others
	Fault string
}

// manyFound is how many institutions a choice shows; more want a longer name.
const manyFound = 20

// bodyChosen reads the choice of a form: an institution from the list shown for the text
// as it still stands, or the only one with exactly this name or code. Part of a name is
// never enough: its bearer would not have been seen. No id means that the form has to ask.
func (q *request) bodyChosen() (inventory.InstitutionID, bodyView, error) {
	form := q.r.PostFormValue
	v := bodyView{Text: strings.TrimSpace(form("institution"))}
	switch chosen := form("chosen"); {
	case v.Text == "":
		v.Fault = q.t("web.body.missing")
		return "", v, nil
	case chosen != "" && form("chosen_for") == v.Text:
		return inventory.InstitutionID(chosen), v, nil
	case strings.HasPrefix(v.Text, "inst_"):
		return inventory.InstitutionID(v.Text), v, nil
	}
	list, err := q.bodiesLike(v.Text, naru.MaxPage)
	if err != nil {
		return "", v, err
	}
	var exact []inventory.Institution
	for _, i := range list.Rows {
		if i.Name == v.Text || i.Code == v.Text {
			exact = append(exact, i)
		}
	}
	if len(exact) == 1 {
		return exact[0].ID, v, nil
	}
	if v.Found = list.Rows; len(v.Found) == 0 {
		v.Fault = q.t("web.body.none", "text", clipped(v.Text))
	}
	if len(v.Found) > manyFound {
		v.Found, v.More = v.Found[:manyFound], true
	}
	return "", v, nil
}

func (q *request) bodiesLike(text string, limit int) (naru.List[inventory.Institution], error) {
	in := inventory.ListInstitutionsIn{Query: text, Page: naru.Page{Limit: limit}}
	return op.Do(q.r.Context(), q.Runner, q.call(), inventory.ListInstitutions, in)
}

// bodies proposes institutions while somebody types, for a browser with scripts.
func (s *server) bodies(q *request) error {
	text := strings.TrimSpace(q.r.URL.Query().Get("institution"))
	if text == "" {
		return q.render(http.StatusOK, bodyOptions(nil))
	}
	list, err := q.bodiesLike(text, manyFound)
	if err != nil {
		return err
	}
	return q.render(http.StatusOK, bodyOptions(list.Rows))
}

// choices are the institutions found, to be told apart by their codes.
func (v bodyView) choices(p page) []option {
	out := []option{{"", p.T("web.body.choose")}}
	for _, i := range v.Found {
		out = append(out, option{string(i.ID), i.Name + " (" + i.Code + ")"})
	}
	return out
}
