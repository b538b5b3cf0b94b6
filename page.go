package naru

// MaxPage is the largest number of rows a list returns at once.
const MaxPage = 200

// Page asks for the rows after a cursor, in the list's own order. The zero value
// asks for the first 50.
type Page struct {
	After string `json:"after,omitempty" doc:"cursor of the previous page"`
	Limit int    `json:"limit,omitempty" doc:"rows wanted, 1 to 200; 0 means 50"`
}

// Size returns the number of rows to read, within bounds.
func (p Page) Size() int {
	switch {
	case p.Limit <= 0:
		return 50
	case p.Limit > MaxPage:
		return MaxPage
	default:
		return p.Limit
	}
}

// List is one page of rows and the cursor of the next ("" at the end).
type List[T any] struct {
	Rows []T    `json:"rows"`
	Next string `json:"next,omitempty"`
}
