package catalog

import "naru"

// maxProblems is how many single faults a refusal names.
const maxProblems = 100

// problems collects the faults of one input. Row counts from 1; 0 means no row.
type problems struct {
	list []naru.Problem
	row  int
}

// want adds a fault of a field unless ok.
func (ps *problems) want(ok bool, field, key string, pairs ...string) {
	if !ok && len(ps.list) < maxProblems {
		ps.list = append(ps.list, naru.Problem{Row: ps.row, Field: field, Message: naru.Msg(key, pairs...)})
	}
}

// date adds a fault unless d is a day that exists.
func (ps *problems) date(field string, d naru.Date) {
	_, err := naru.ParseDate(string(d))
	ps.want(err == nil, field, "catalog.bad_date", "value", string(d))
}

// refusal returns the faults as one error, or nil when there are none.
func (ps *problems) refusal(key string, pairs ...string) error {
	if len(ps.list) == 0 {
		return nil
	}
	return naru.NewError(naru.Invalid, key, pairs...).WithProblems(ps.list)
}
