package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/inventory"
	"naru/wire/sheet"
)

// maxUpload is the largest file taken; wire/sheet has the same limit and says so by
// name, this one ends the transfer.
const maxUpload = 200<<20 + 1<<20

// moment is how long a browser waits for a small file before a page shows progress.
const moment = 1200 * time.Millisecond

func (s *server) importPage(q *request) error { return q.showImport(http.StatusOK, nil) }

func (q *request) showImport(code int, f *flash) error {
	p := q.page(page{Title: q.t("web.import"), Crumbs: []link{{Text: q.t("web.systems"), URL: "/systems"}}, Flash: f})
	return q.show(code, p, importForm(p))
}

// upload takes the file and begins to read it.
func (s *server) upload(q *request) error {
	file, name, size, err := q.uploaded("file")
	if err != nil {
		if f, ok := formFault(err); ok {
			return q.showImport(http.StatusUnprocessableEntity, f)
		}
		return err
	}
	call := q.call()
	j := &job{ID: call.NewID("imp"), User: q.actor.User, File: name, Size: size, Begun: call.Now, stage: reading, done: make(chan struct{})}
	if err := s.jobs.add(j); err != nil {
		_ = os.Remove(file.Name())
		return errors.Join(err, file.Close())
	}
	s.jobs.run(func(ctx context.Context) { s.read(ctx, j, call, file) })
	j.wait(q.r.Context(), moment)
	return q.redirect("/import/" + j.ID)
}

// uploaded copies a file of a form to disk, so that its size costs no memory. The file
// is the caller's to close and remove.
func (q *request) uploaded(field string) (f *os.File, name string, size int64, err error) {
	q.r.Body = http.MaxBytesReader(q.w, q.r.Body, maxUpload)
	parts, err := q.r.MultipartReader()
	if err != nil {
		return nil, "", 0, naru.NewError(naru.Invalid, "web.import.no_file").WithCause(err)
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, "", 0, uploadFault(err)
		}
		if part.FormName() == field && part.FileName() != "" {
			return spool(part)
		}
	}
}

func spool(part *multipart.Part) (f *os.File, name string, size int64, err error) {
	f, err = os.CreateTemp("", "naru-import-*")
	if err != nil {
		return nil, "", 0, err
	}
	size, err = io.Copy(f, part)
	if err != nil {
		_ = f.Close()
		_ = os.Remove(f.Name())
		return nil, "", 0, uploadFault(err)
	}
	return f, filepath.Base(part.FileName()), size, nil
}

func uploadFault(err error) error {
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return naru.NewError(naru.Invalid, "web.import.too_large", "limit", "200")
	case errors.Is(err, io.EOF):
		return naru.NewError(naru.Invalid, "web.import.no_file")
	}
	return naru.NewError(naru.Invalid, "web.import.broken_off").WithCause(err)
}

// read turns the file into rows and previews the import.
func (s *server) read(ctx context.Context, j *job, call naru.Call, file *os.File) {
	defer func() {
		_ = file.Close()
		_ = os.Remove(file.Name())
	}()
	rows, err := s.Sheets.Read(ctx, file, j.Size, j.File, j.progress)
	if err != nil {
		j.previewed(nil, inventory.Report{}, s.logged(call, err))
		return
	}
	j.enter(comparing)
	report, err := op.Do(ctx, s.Runner, call, inventory.Preview, inventory.ImportIn{Rows: rows, Source: j.File})
	j.previewed(rows, report, s.logged(call, err))
}

// logged keeps a fault of naru in the log before its words are shown without cause.
func (s *server) logged(call naru.Call, err error) error {
	if naru.KindOf(err) == naru.Internal {
		s.Log.Error("import", "id", call.ID, "err", err)
	}
	return err
}

// importJob shows how far an import is: progress, preview, or what was done.
func (s *server) importJob(q *request) error {
	j, err := s.jobs.find(q.r.PathValue("job"), q.actor.User)
	if err != nil {
		return err
	}
	st := j.state()
	p := q.page(page{Title: q.t("web.import"), Crumbs: []link{{Text: q.t("web.systems"), URL: "/systems"}}})
	if st.Err != nil {
		p.Flash = q.jobFault(st.Err)
	}
	if q.partial() {
		return q.render(http.StatusOK, importState(p, st))
	}
	return q.show(http.StatusOK, p, importPage(p, st))
}

// jobFault words why a file was refused.
func (q *request) jobFault(err error) *flash {
	if e, ok := refusal(err); ok && e.Kind != naru.Internal {
		return &flash{Tone: "danger", Message: e.Message, Problems: e.Problems}
	}
	return &flash{Tone: "danger", Message: naru.Msg("web.error.internal.title")}
}

// confirmImport writes what the preview showed, in one transaction.
func (s *server) confirmImport(q *request) error {
	j, err := s.jobs.find(q.r.PathValue("job"), q.actor.User)
	if err != nil {
		return err
	}
	if in, ok := j.begin(q.r.PostFormValue("skip") == "yes"); ok {
		call := q.call()
		s.jobs.run(func(ctx context.Context) {
			report, err := op.Do(ctx, s.Runner, call, inventory.Import, in)
			j.finish(report, s.logged(call, err))
		})
		j.wait(q.r.Context(), moment)
	}
	return q.redirect("/import/" + j.ID)
}

// dropImport forgets a preview that nobody wants.
func (s *server) dropImport(q *request) error {
	j, err := s.jobs.find(q.r.PathValue("job"), q.actor.User)
	if err != nil {
		return err
	}
	s.jobs.drop(j.ID)
	return q.redirect("/import")
}

// importFaults gives the faults as a file to work through beside the sheet.
func (s *server) importFaults(q *request) error {
	j, err := s.jobs.find(q.r.PathValue("job"), q.actor.User)
	if err != nil {
		return err
	}
	p := q.page(page{})
	var buf bytes.Buffer
	w, err := sheet.WriteCSV(&buf, []sheet.Head{{Name: p.T("web.row")}, {Name: p.T("web.column")}, {Name: p.T("web.field")}, {Name: p.T("web.fault")}})
	if err != nil {
		return err
	}
	for _, f := range j.faults() {
		row := sheet.Cell{}
		if f.Row > 0 {
			row = sheet.Cell{Kind: sheet.Number, Text: strconv.Itoa(f.Row)}
		}
		err := w.Row([]sheet.Cell{row, textCell(f.Column), textCell(p.Field(f.Field)), textCell(p.M(f.Message))})
		if err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	base := strings.TrimSuffix(j.File, filepath.Ext(j.File))
	return q.send(fmt.Sprintf("%s-%s.csv", base, p.T("web.problems")), "text/csv; charset=utf-8", buf.Bytes())
}

func textCell(s string) sheet.Cell {
	if s == "" {
		return sheet.Cell{}
	}
	return sheet.Cell{Kind: sheet.Text, Text: s}
}

// template gives the empty form that officers fill in.
func (s *server) template(q *request) error {
	var buf bytes.Buffer
	if err := s.Sheets.Template(&buf); err != nil {
		return err
	}
	return q.send(q.t("web.systems")+".xlsx", xlsxType, buf.Bytes())
}

// send answers with a whole file.
func (q *request) send(name, contentType string, data []byte) error {
	q.download(name, contentType)
	q.w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = q.w.Write(data) // the browser went away: nothing left to tell it
	return nil
}
