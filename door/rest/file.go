package rest

import (
	"io"
	"net/http"
	"os"

	"naru"
	"naru/wire/api"
)

// maxFile is the largest file taken, as wire/sheet limits it.
const maxFile = 200 << 20

// Upload is a file that was sent, kept on disk until its import ends.
type Upload struct {
	io.ReaderAt
	Size int64
}

func (s *server) mountFiles(mux *http.ServeMux) {
	mux.HandleFunc("POST "+api.ImportPath, s.importFile)
	mux.HandleFunc("GET "+api.ExportPath, s.exportFile)
}

// importFile takes the file as the body. An unknown caller is refused before a byte of
// it is kept.
func (s *server) importFile(w http.ResponseWriter, r *http.Request) {
	c, ok := s.call(w, r)
	if !ok {
		return
	}
	f, err := fileImport(r)
	if err != nil {
		s.refuse(w, r, c, err)
		return
	}
	file, err := spool(w, r)
	if err != nil {
		s.refuse(w, r, c, err)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		s.refuse(w, r, c, err)
		return
	}
	report, err := s.Files.Import(r.Context(), c, f, &Upload{file, info.Size()})
	if err != nil {
		s.refuse(w, r, c, err)
		return
	}
	s.answer(w, c, report)
}

// spool copies the body to an unnamed file, which is gone when the program is.
func spool(w http.ResponseWriter, r *http.Request) (*os.File, error) {
	file, err := os.CreateTemp("", "naru-upload-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	if _, err := io.Copy(file, http.MaxBytesReader(w, r.Body, maxFile)); err != nil {
		file.Close()
		return nil, tooLarge(err, maxFile)
	}
	return file, nil
}

func fileImport(r *http.Request) (api.FileImport, error) {
	q := r.URL.Query()
	f := api.FileImport{
		Name: q.Get("name"), Mapping: q.Get("mapping"),
		DryRun: q.Get("dry_run") == "true", SkipRefused: q.Get("skip_refused") == "true", Synthetic: q.Get("synthetic") == "true",
	}
	header := r.Header.Get(api.MappingHeader)
	if header == "" {
		return f, nil
	}
	own, err := api.DecodeMapping(header)
	if err != nil {
		return f, naru.NewError(naru.Invalid, "rest.bad_mapping").WithCause(err)
	}
	f.MappingFile = own
	return f, nil
}

// exportFile streams a spreadsheet. A fault after the first byte breaks the answer off
// so that it cannot pass for a whole file.
func (s *server) exportFile(w http.ResponseWriter, r *http.Request) {
	c, ok := s.call(w, r)
	if !ok {
		return
	}
	format, media := "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	if r.URL.Query().Get("format") == "csv" {
		format, media = "csv", "text/csv; charset=utf-8"
	}
	out := &counting{ResponseWriter: w}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", `attachment; filename="systems.`+format+`"`)
	err := s.Files.Export(r.Context(), c, format, out)
	switch {
	case err == nil:
	case out.n == 0:
		w.Header().Del("Content-Disposition")
		s.refuse(w, r, c, err)
	default:
		s.Report("rest", err)
		panic(http.ErrAbortHandler)
	}
}

// counting knows whether anything was sent.
type counting struct {
	http.ResponseWriter
	n int64
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.n += int64(n)
	return n, err
}
