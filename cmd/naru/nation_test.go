package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"naru"
	"naru/base/op"
	"naru/door/cli"
	"naru/door/rest"
	"naru/door/web"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/link/feed"
	"naru/locale"
	"naru/wire/api"
)

// nationApp is a command line that prints into a buffer.
func nationApp(t *testing.T, lang string) (*cli.App, *bytes.Buffer) {
	t.Helper()
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	return &cli.App{Deps: cli.Deps{Words: words, Out: &out, Err: io.Discard, Version: "test"}, Lang: lang}, &out
}

// bring imports a file of the command and demands that nothing is refused.
func bring(t *testing.T, s *system, path, mapping string) any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.importFile(t.Context(), s.asOperator(), api.FileImport{Name: filepath.Base(path), Mapping: mapping},
		&rest.Upload{ReaderAt: bytes.NewReader(data), Size: int64(len(data))})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAWrittenNationImportsAgainAndStaysMarked(t *testing.T) {
	t.Parallel()
	const size = 150
	for _, ext := range []string{".xlsx", ".csv", ".json"} {
		t.Run(ext, func(t *testing.T) {
			t.Parallel()
			a, out := nationApp(t, "ko")
			n := nationRun{size: size, seed: 7, out: filepath.Join(t.TempDir(), "나라"+ext)}
			if err := n.write(a, feed.NewGenerator(n.seed, n.size)); err != nil {
				t.Fatal(err)
			}
			if err := n.write(a, feed.NewGenerator(n.seed, n.size)); err == nil {
				t.Error("a file that is there is written over")
			}
			if !strings.Contains(out.String(), "지어낸 자료") {
				t.Errorf("the command says %q", out)
			}
			s, err := open(t.Context(), config{Dir: t.TempDir(), Origin: "naru.test/record"}, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.close() })
			institutions := n.out
			if ext != ".xlsx" {
				institutions = strings.TrimSuffix(n.out, ext) + "-institutions" + ext
			}
			bring(t, s, institutions, "institutions")
			if r, ok := bring(t, s, n.out, "").(inventory.Report); !ok || r.Added != size || r.Problem != 0 {
				t.Fatalf("import: %+v", r)
			}
			if err := s.runner.Drain(t.Context(), s.work(), 1000); err != nil {
				t.Fatal(err)
			}
			decided, err := op.Do(t.Context(), s.runner, s.asOperator(), s.steps.Decide.Summary, decide.SummaryIn{})
			if want := int64(len(feed.MakeNation(n.seed, size).Lines)); err != nil || decided.Components != want {
				t.Errorf("%d of %d components are decided after the import, %v", decided.Components, want, err)
			}
			again := filepath.Join(t.TempDir(), "again"+ext)
			var export bytes.Buffer
			if err := s.exportFile(t.Context(), s.asOperator(), ext[1:], &export); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(again, export.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			if r, ok := bring(t, s, again, "").(inventory.Report); !ok || r.Unchanged != size {
				t.Errorf("import of the export: %+v", r)
			}
			checkMarks(t, s)
		})
	}
}

// checkMarks finds institutions and systems that are not marked as examples.
func checkMarks(t *testing.T, s *system) {
	t.Helper()
	systems, err := op.Do(t.Context(), s.runner, s.asOperator(), inventory.ListSystems, inventory.ListSystemsIn{Page: naru.Page{Limit: naru.MaxPage}})
	if err != nil {
		t.Fatal(err)
	}
	institutions, err := op.Do(t.Context(), s.runner, s.asOperator(), inventory.ListInstitutions, inventory.ListInstitutionsIn{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range systems.Rows {
		if !r.Synthetic {
			t.Errorf("system %s is not marked as an example", r.Code)
		}
	}
	for _, i := range institutions.Rows {
		if !i.Synthetic {
			t.Errorf("institution %s is not marked as an example", i.Name)
		}
	}
}

func TestProportionsAreShownWithSourcesAndWhatCameOut(t *testing.T) {
	t.Parallel()
	a, out := nationApp(t, "en")
	n := nationRun{size: 2000, seed: 7, proportions: true, format: "json"}
	if err := n.show(a, feed.NewGenerator(n.seed, n.size)); err != nil {
		t.Fatal(err)
	}
	var list []feed.Count
	if err := json.Unmarshal(out.Bytes(), &list); err != nil || len(list) != len(feed.Proportions()) {
		t.Fatalf("%d lines of %d, %v", len(list), len(feed.Proportions()), err)
	}
	out.Reset()
	n.format = "table"
	if err := n.show(a, feed.NewGenerator(n.seed, n.size)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"177 / 2000 (8.9 %)", "N72", "no source", "biz.chosun.com", "Private cloud open, guideline of 2016: An industry estimate"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out)
		}
	}
}

func TestThePageOfTheExampleWordsEveryProportion(t *testing.T) {
	t.Parallel()
	a, _ := nationApp(t, "ko")
	list, err := proportions(400)
	if err != nil || len(list) != len(feed.Proportions()) {
		t.Fatalf("%d lines, %v", len(list), err)
	}
	s, err := open(t.Context(), config{Dir: t.TempDir(), Origin: "naru.test/record"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	for _, made := range []func() ([]web.Proportion, error){nil, func() ([]web.Proportion, error) { return list, nil }} {
		s.made = made
		pages, err := s.pages()
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/example", nil))
		pages.Close()
		body := w.Body.String()
		if made == nil {
			if w.Code != http.StatusNotFound {
				t.Errorf("without an example nation its page answers %d", w.Code)
			}
			continue
		}
		for _, want := range []string{"1526 / 17243 (8.8 %)", "biz.chosun.com", a.Words.Text("ko", "web.example.unsourced", nil), a.Words.Text("ko", "web.example.use.calibrated", nil)} {
			if !strings.Contains(body, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
	}
}

func TestANationThatCannotBeWrittenIsRefused(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]nationRun{
		"a format that is none":          {size: 3, out: "nation.pdf"},
		"more than a worksheet can hold": {size: 600_000, out: "nation.xlsx"},
		"a folder that is not there":     {size: 3, out: filepath.Join(t.TempDir(), "no", "nation.csv")},
	} {
		a, _ := nationApp(t, "ko")
		if err := n.write(a, feed.NewGenerator(1, n.size)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
