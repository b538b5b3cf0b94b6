package web

import (
	"bytes"
	"context"
	"net/http"
	"strconv"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/access"
	"naru/flow/ledger"
)

func (s *server) recordRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /record", s.signedIn(s.record))
	mux.HandleFunc("GET /record/{index}", s.signedIn(s.recordEntry))
	mux.HandleFunc("GET /record.jsonl", s.signedIn(s.exportRecord))
	mux.HandleFunc("GET /permissions", s.signedIn(s.permissions))
}

// recordView is a page of the record.
type recordView struct {
	ledger.EntriesOut
	Subject     string
	First, Next string
}

// record lists what was done and denied, newest first.
func (s *server) record(q *request) error {
	v := q.r.URL.Query()
	before, _ := strconv.ParseInt(v.Get("before"), 10, 64) // none: the newest
	in := ledger.EntriesIn{Before: before, Subject: v.Get("subject")}
	out, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Ledger.Entries, in)
	if err != nil {
		return err
	}
	view := recordView{EntriesOut: out, Subject: in.Subject}
	if before > 0 {
		view.First = "/record"
	}
	if out.Next > 0 {
		view.Next = "/record?before=" + strconv.FormatInt(out.Next, 10)
	}
	p := q.page(page{Title: q.t("web.record")})
	return q.show(http.StatusOK, p, recordPage(p, view))
}

// recordEntry shows one entry with its proof.
func (s *server) recordEntry(q *request) error {
	index, err := strconv.ParseInt(q.r.PathValue("index"), 10, 64)
	if err != nil {
		return naru.NewError(naru.NotFound, "not_found", "object", clipped(q.r.PathValue("index")))
	}
	out, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Ledger.Entry, ledger.EntryIn{Index: index})
	if err != nil {
		return err
	}
	p := q.page(page{Title: q.t("web.record.entry", "index", strconv.FormatInt(index, 10)), Crumbs: []link{{Text: q.t("web.record"), URL: "/record"}}})
	return q.show(http.StatusOK, p, entryPage(p, out))
}

// exportRecord gives the whole record as a file that anyone can verify without naru.
func (s *server) exportRecord(q *request) error {
	var buf bytes.Buffer
	call := q.call()
	_, err := ledger.WriteExport(q.r.Context(), &buf, func(ctx context.Context, in ledger.ExportIn) (ledger.ExportOut, error) {
		return op.Do(ctx, s.Runner, call, s.Ledger.Export, in)
	})
	if err != nil {
		return err
	}
	return q.send("naru-record-"+string(call.Today())+".jsonl", "application/jsonl; charset=utf-8", buf.Bytes())
}

// peopleView is who may act, and who may do what.
type peopleView struct {
	Users       []access.User
	First, Next string
	Grants      []identity.Grant
}

// permissions shows the accounts and the table of rights that the runner itself reads.
func (s *server) permissions(q *request) error {
	v := q.r.URL.Query()
	users, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Access.Users, naru.Page{After: v.Get("after")})
	if err != nil {
		return err
	}
	view := peopleView{Users: users.Rows, Grants: identity.Permissions()}
	view.First, view.Next = around("/permissions", v, users.Next)
	p := q.page(page{Title: q.t("web.permissions")})
	return q.show(http.StatusOK, p, permissionsPage(p, view))
}

// operation names an operation in the reader's language, or by its own name.
func (p page) operation(name string) string {
	if doc, ok := p.ops[name]; ok {
		return p.In(doc)
	}
	return name
}
