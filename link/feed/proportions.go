package feed

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"

	"naru"
	packs "naru/packs/nation"
)

// Use says what a proportion is for.
type Use string

// The uses of a proportion.
const (
	Drawn      Use = "drawn"      // published, and drawn by exact quota
	Calibrated Use = "calibrated" // published, and what configured shares are tuned to
	Context    Use = "context"    // published, not comparable, only told
	Configured Use = "configured" // no source gives it
)

// Proportion is one line of what the example nation is made from: count of of.
type Proportion struct {
	Key       string    `json:"key"`
	Label     naru.Text `json:"label"`
	Count     int64     `json:"count"`
	Of        int64     `json:"of"`
	Use       Use       `json:"use"`
	Unsourced bool      `json:"unsourced"` // configuration, or derived from the lines around it
	Source    string    `json:"source,omitempty"`
	Title     string    `json:"source_title,omitempty"`
	URL       string    `json:"source_url,omitempty"`
	Date      naru.Date `json:"date,omitempty"` // of the law that a calibrated line is about
	Note      naru.Text `json:"note"`
}

// proportionsFile is the form of the table in packs/nation.
type proportionsFile struct {
	Sources map[string]struct{ Title, URL string }
	Rows    []struct {
		Key, Source, Date, Ko, En string
		Count, Of                 int64
		Use                       Use
		NoteKo                    string `yaml:"note_ko"`
		NoteEn                    string `yaml:"note_en"`
	}
}

// Proportions returns the table the example nation is drawn from, in its order.
func Proportions() []Proportion {
	list, err := parseProportions(packs.Proportions)
	if err != nil {
		panic(err) // a programmer's error in the table that is embedded
	}
	return list
}

func parseProportions(data []byte) ([]Proportion, error) {
	var file proportionsFile
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("proportions: %w", err)
	}
	list := make([]Proportion, 0, len(file.Rows))
	seen := map[string]bool{}
	for _, r := range file.Rows {
		source, known := file.Sources[r.Source]
		switch {
		case seen[r.Key] || r.Key == "" || r.Ko == "" || r.En == "":
			return nil, fmt.Errorf("proportion %q stands twice or lacks its words", r.Key)
		case r.Of <= 0 || r.Count < 0 || r.Count > r.Of:
			return nil, fmt.Errorf("proportion %s: %d of %d", r.Key, r.Count, r.Of)
		case r.Source != "" && !known:
			return nil, fmt.Errorf("proportion %s: source %s is not listed", r.Key, r.Source)
		case r.Source == "" && r.Use != Configured && r.NoteKo == "":
			return nil, fmt.Errorf("proportion %s is %s without source or note", r.Key, r.Use)
		case r.Source != "" && r.Use == Configured:
			return nil, fmt.Errorf("proportion %s has a source and is called configuration", r.Key)
		}
		seen[r.Key] = true
		list = append(list, Proportion{
			Key: r.Key, Label: naru.Text{Ko: r.Ko, En: r.En}, Count: r.Count, Of: r.Of, Use: r.Use, Unsourced: r.Source == "",
			Source: r.Source, Title: source.Title, URL: source.URL, Date: naru.Date(r.Date), Note: naru.Text{Ko: r.NoteKo, En: r.NoteEn},
		})
	}
	return list, nil
}

// table finds proportions by key.
type table map[string]Proportion

func proportionTable() table {
	t := table{}
	for _, p := range Proportions() {
		t[p.Key] = p
	}
	return t
}

func (t table) row(key string) Proportion {
	p, ok := t[key]
	if !ok {
		panic("proportion " + key + " is not in the table") // a programmer's error
	}
	return p
}

// count returns the published count of a line.
func (t table) count(key string) int { return int(t.row(key).Count) }

// perMille returns a share in thousandths.
func (t table) perMille(key string) int {
	p := t.row(key)
	return int(p.Count * 1000 / p.Of)
}

// weights returns the counts of several lines of one denominator and, last, what they
// leave over.
func (t table) weights(keys ...string) []int {
	rest := int(t.row(keys[0]).Of)
	list := make([]int, 0, len(keys)+1)
	for _, key := range keys {
		list = append(list, t.count(key))
		rest -= t.count(key)
	}
	return append(list, rest)
}
