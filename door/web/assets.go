package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
)

// static holds what `make web` built from npm: styles, fonts, icons and the script,
// under names that carry their digest. Without it pages work, unstyled.
//
//go:embed all:static
var static embed.FS

// assets serves the built files and knows their names.
type assets struct {
	files  fs.FS
	names  map[string]string // source name to built name
	server http.Handler
}

func loadAssets() (*assets, error) {
	files, err := fs.Sub(static, "static")
	if err != nil {
		return nil, fmt.Errorf("embedded assets: %w", err)
	}
	a := &assets{files: files, names: map[string]string{}, server: http.StripPrefix("/static/", http.FileServerFS(files))}
	data, err := fs.ReadFile(files, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list of assets: %w", err)
	}
	if err := json.Unmarshal(data, &a.names); err != nil {
		return nil, fmt.Errorf("list of assets: %w", err)
	}
	return a, nil
}

func (a *assets) built() bool { return len(a.names) > 0 }

// url returns where a source file is served, or "" when it was not built.
func (a *assets) url(source string) string {
	if name, ok := a.names[source]; ok {
		return "/static/" + name
	}
	return ""
}

// ServeHTTP serves a file for a year, since a changed file has another name.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/static/")
	info, err := fs.Stat(a.files, name)
	if err != nil || info.IsDir() || strings.HasPrefix(name, ".") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	a.server.ServeHTTP(w, r)
}
