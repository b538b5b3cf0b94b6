package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"naru"
)

// Need is a system that another one cannot work without (의존 시스템), with what names it.
type Need struct {
	ID              SystemID      `json:"id"`
	Institution     InstitutionID `json:"institution"`
	InstitutionCode string        `json:"institution_code"`
	InstitutionName string        `json:"institution_name"`
	Code            string        `json:"code"`
	Name            string        `json:"name"`
	Synthetic       bool          `json:"synthetic"`
}

// mention is the cell of a row that names others: components of its system or systems.
type mention struct {
	row   int
	name  string // of the row's component
	texts []string
}

// gather finds what a list of texts names. A name may hold a comma itself, which the
// list was split at, so the longest run of texts that is a name is taken.
func gather(texts []string, has func(string) bool) (found, unknown []string) {
	const most = 4
	for len(texts) > 0 {
		n := min(len(texts), most)
		for ; n > 1 && !has(strings.Join(texts[:n], ", ")) && !has(strings.Join(texts[:n], ",")); n-- {
		}
		name := strings.Join(texts[:n], ", ")
		if !has(name) {
			name = strings.Join(texts[:n], ",")
		}
		if has(name) {
			found = append(found, name)
		} else {
			unknown = append(unknown, name)
		}
		texts = texts[n:]
	}
	return found, unknown
}

// link gives every component the others it exchanges data with.
func (d *draft) link() (faults []naru.Problem) {
	index := make(map[string]int, len(d.system.Components))
	for i := range d.system.Components {
		index[d.system.Components[i].Name] = i
	}
	for _, m := range d.links {
		found, unknown := gather(m.texts, func(name string) bool { _, ok := index[name]; return ok })
		for _, name := range unknown {
			faults = append(faults, linkFault(m, "inventory.unknown_link", name))
		}
		slices.Sort(found)
		found = slices.Compact(found)
		if slices.Contains(found, m.name) {
			faults = append(faults, linkFault(m, "inventory.own_link", m.name))
		}
		d.system.Components[index[m.name]].Links = found
	}
	return faults
}

func linkFault(m mention, key, name string) naru.Problem {
	return naru.Problem{Row: m.row, Field: "links", Message: naru.Msg(key, "component", clip(name))}
}

// dependent is a system whose row named one that the inventory does not know yet.
type dependent struct {
	key  Key
	row  int
	text string
}

// needing resolves what the systems of a file say they need.
type needing struct {
	drafts map[Key]*draft
	known  map[Key]Known
	places directory
	// waiting holds who needs a system that only this file brings.
	waiting map[Key][]dependent
}

// resolve gives every good system the ids of those it needs and refuses it when one is
// known neither to the file nor to the inventory, or is refused itself.
func (n *needing) resolve(order []Key) (faults []naru.Problem) {
	n.waiting = map[Key][]dependent{}
	var refused []Key
	for _, key := range order {
		d := n.drafts[key]
		if bad := n.one(key, d); len(bad) > 0 {
			d.bad = true
			faults = append(faults, bad...)
		}
		if d.bad {
			refused = append(refused, key)
		}
	}
	for len(refused) > 0 {
		key := refused[0]
		refused = refused[1:]
		for _, w := range n.waiting[key] {
			if d := n.drafts[w.key]; !d.bad {
				d.bad = true
				faults = append(faults, needFault(w.row, "inventory.refused_need", w.text))
				refused = append(refused, w.key)
			}
		}
	}
	return faults
}

// one resolves the needs of one system.
func (n *needing) one(key Key, d *draft) (faults []naru.Problem) {
	for _, m := range d.needs {
		found, unknown := gather(m.texts, func(text string) bool { _, _, ok := n.find(key.Institution, text); return ok })
		for _, text := range unknown {
			faults = append(faults, needFault(m.row, "inventory.unknown_need", text))
		}
		for _, text := range found {
			other, id, _ := n.find(key.Institution, text)
			if other == key {
				faults = append(faults, needFault(m.row, "inventory.own_need", text))
				continue
			}
			d.system.Needs = append(d.system.Needs, id)
			if _, stored := n.known[other]; !stored {
				n.waiting[other] = append(n.waiting[other], dependent{key, m.row, text})
			}
		}
	}
	slices.Sort(d.system.Needs)
	d.system.Needs = slices.Compact(d.system.Needs)
	return faults
}

// find looks a system up by its code within the institution, or by the institution's
// code or name and its own, with a stroke between.
func (n *needing) find(from InstitutionID, text string) (Key, SystemID, bool) {
	if key := (Key{from, text}); n.has(key) {
		return key, n.id(key), true
	}
	place, code, ok := strings.Cut(text, "/")
	if !ok {
		return Key{}, "", false
	}
	inst, ok := n.places.all[strings.TrimSpace(place)]
	key := Key{inst, strings.TrimSpace(code)}
	if !ok || !n.has(key) {
		return Key{}, "", false
	}
	return key, n.id(key), true
}

func (n *needing) has(key Key) bool {
	_, stored := n.known[key]
	return stored || n.drafts[key] != nil
}

func (n *needing) id(key Key) SystemID {
	if k, stored := n.known[key]; stored {
		return k.ID
	}
	return n.drafts[key].system.ID
}

func needFault(row int, key, text string) naru.Problem {
	return naru.Problem{Row: row, Field: "needs", Message: naru.Msg(key, "system", clip(text))}
}

// neededPlaces lists the institutions whose systems the drafts name as needed.
func neededPlaces(drafts map[Key]*draft, places directory) map[InstitutionID]bool {
	found := map[InstitutionID]bool{}
	for _, d := range drafts {
		for _, m := range d.needs {
			for _, text := range m.texts {
				if place, _, ok := strings.Cut(text, "/"); ok {
					if id, ok := places.all[strings.TrimSpace(place)]; ok {
						found[id] = true
					}
				}
			}
		}
	}
	return found
}

// byRow sorts problems by the row they stand in.
func byRow(problems []naru.Problem) {
	slices.SortStableFunc(problems, func(a, b naru.Problem) int { return cmp.Compare(a.Row, b.Row) })
}

// Reference is how a sheet of the institution from names a needed system.
func (n *Need) Reference(from InstitutionID) string {
	if n.Institution == from {
		return n.Code
	}
	return fmt.Sprintf("%s/%s", n.InstitutionCode, n.Code)
}
