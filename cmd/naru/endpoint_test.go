package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"naru"
	"naru/flow/access"
	"naru/flow/inventory"
)

// TestTheCommandLineTellsWhereAPlatformFindsNaru asks a data folder, which has no address,
// a server, whose address is the one asked, and a naru that was told its own.
func TestTheCommandLineTellsWhereAPlatformFindsNaru(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "n.xlsx")
	ask := func(args ...string) (string, string) {
		t.Helper()
		code, out, errs := typed(t, "", args...)
		if code != 0 {
			t.Fatalf("%v: exit %d\n%s", args, code, errs)
		}
		return out, errs
	}
	ask("nation", "--size", "12", "--out", file)
	ask("--data", data, "inventory", "import", file, "--mapping", "institutions")
	out, _ := ask("--data", data, "inventory", "institutions", "--limit", "1", "-o", "json")
	var list naru.List[inventory.Institution]
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Rows) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	out, errs := ask("--data", data, "access", "platform-create", "--name", "portal", "--user", "portal", "--institution", string(list.Rows[0].ID))
	if !strings.Contains(out, "/osb") || !strings.Contains(errs, "is not known") {
		t.Errorf("a data folder says %s\n%s", out, errs)
	}

	t.Setenv("NARU_PUBLIC_URL", "https://naru.example.go.kr/")
	out, errs = ask("--data", data, "access", "platform", "portal")
	if !strings.Contains(out, "https://naru.example.go.kr/osb") || errs != "" {
		t.Errorf("with a public address: %s\n%s", out, errs)
	}
	t.Setenv("NARU_PUBLIC_URL", "naru.example.go.kr")
	if code, _, errs := typed(t, "", "--data", data, "access", "platforms"); code == 0 || !strings.Contains(errs, "public_url must be") {
		t.Errorf("an address without a scheme: exit %d\n%s", code, errs)
	}

	s, err := open(t.Context(), config{Dir: data, Origin: "naru.test/record"}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	programs, err := s.programs()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(programs)
	defer server.Close()
	t.Setenv("NARU_TOKEN", s.keys.Token)
	for _, form := range []string{"table", "json", "csv"} {
		out, errs = ask("--url", server.URL, "access", "platforms", "-o", form)
		if !strings.Contains(out, server.URL+access.DefaultEndpoint) || errs != "" {
			t.Errorf("a server as %s: %s\n%s", form, out, errs)
		}
	}
}
