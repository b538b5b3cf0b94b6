package locale

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"naru"
)

// files holds one JSON file per step and language: key to text.
//
//go:embed ko/*.json en/*.json
var files embed.FS

// Languages returns the languages of the interface, the first one being the default.
func Languages() []string { return []string{"ko", "en"} }

// Catalog holds the texts of every language by key. It does not change once loaded.
type Catalog struct {
	texts map[string]map[string]template // by language, by key
}

// Load reads the texts that ship with naru.
func Load() (*Catalog, error) { return load(files) }

func load(fsys fs.FS) (*Catalog, error) {
	l := &Catalog{texts: map[string]map[string]template{}}
	for _, lang := range Languages() {
		l.texts[lang] = map[string]template{}
		names, err := fs.Glob(fsys, lang+"/*.json")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if err := l.read(fsys, lang, name); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

func (l *Catalog) read(fsys fs.FS, lang, name string) error {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	texts := map[string]string{}
	if err := json.Unmarshal(data, &texts); err != nil {
		return fmt.Errorf("texts of %s/%s: %w", lang, path.Base(name), err)
	}
	for key, text := range texts {
		if _, twice := l.texts[lang][key]; twice {
			return fmt.Errorf("texts of %s: %s stands in two files, one of them %s", lang, key, path.Base(name))
		}
		t, err := parse(text)
		if err != nil {
			return fmt.Errorf("texts of %s: %s: %w", lang, key, err)
		}
		l.texts[lang][key] = t
	}
	return nil
}

// Text returns the sentence of a key in a language with its arguments in place. A
// language that is not kept falls back to Korean, an unknown key to itself.
func (l *Catalog) Text(lang, key string, args map[string]string) string {
	t, ok := l.find(lang, key)
	if !ok {
		return fallback(key, args)
	}
	return l.render(lang, t, args)
}

// Message words a message of a step.
func (l *Catalog) Message(lang string, m naru.Message) string { return l.Text(lang, m.Key, m.Args) }

// Has reports whether a key is worded.
func (l *Catalog) Has(key string) bool {
	_, ok := l.find("ko", key)
	return ok
}

// Keys returns every key of a language in order.
func (l *Catalog) Keys(lang string) []string { return slices.Sorted(maps.Keys(l.texts[lang])) }

// Args returns the names of the arguments that a text uses, in order, each once.
func (l *Catalog) Args(lang, key string) []string {
	var names []string
	for _, p := range l.texts[lang][key] {
		if p.arg != "" {
			names = append(names, p.arg)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (l *Catalog) find(lang, key string) (template, bool) {
	if t, ok := l.texts[lang][key]; ok {
		return t, true
	}
	t, ok := l.texts["ko"][key]
	return t, ok
}

func (l *Catalog) render(lang string, t template, args map[string]string) string {
	var b strings.Builder
	for _, p := range t {
		b.WriteString(p.text)
		if p.arg == "" {
			continue
		}
		value := args[p.arg]
		if name := args[p.arg+"."+lang]; name != "" { // a name that has one in this language
			value = name
		}
		if p.look != "" {
			if word, ok := l.find(lang, p.look+"."+value); ok {
				value = l.render(lang, word, nil)
			}
		}
		b.WriteString(value)
		if value != "" {
			b.WriteString(particle(value, p.particle))
		}
	}
	if len(t) > 0 && t[0].text == "" {
		return strings.TrimSpace(b.String()) // an absent argument leaves no gap
	}
	return strings.TrimRight(b.String(), " \n")
}

// fallback shows a key that is not worded, with its arguments, so that nothing said
// is lost.
func fallback(key string, args map[string]string) string {
	var b strings.Builder
	b.WriteString(cmp.Or(key, "?"))
	for _, name := range slices.Sorted(maps.Keys(args)) {
		b.WriteString(" " + name + "=" + args[name])
	}
	return b.String()
}
