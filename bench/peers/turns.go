package main

import (
	"context"
	"fmt"
	"io/fs"
	"testing/fstest"
	"time"

	"go.yaml.in/yaml/v3"

	"naru/base/policy"
	"naru/bench/peers/hand"
)

// handTurn is plain Go over structs.
func (b *bench) handTurn(want []answers) error {
	at, list := b.part(handRows)
	rows := make([]hand.Row, len(list))
	for i := range list {
		rows[i] = hand.From(list[i].Known, &list[i].Value)
	}
	type mask struct{ sure, may uint64 }
	out := make([]mask, len(rows)*len(b.packs))
	start := time.Now()
	for i := range rows {
		for p := range b.packs {
			if o := &out[i*len(b.packs)+p]; b.gaps == 0 {
				o.sure = b.hand[p](&rows[i])
			} else {
				o.sure, o.may = b.gapped[p](&rows[i])
			}
		}
	}
	b.note("hand-written", time.Since(start), len(out))
	for i := range out {
		o := out[i]
		if b.gaps == 0 {
			o.may = o.sure
		}
		if err := want[i%len(b.packs)].same("plain Go", at+i/len(b.packs), o.sure, o.may); err != nil {
			return err
		}
	}
	return nil
}

// celTurn is CEL, one program a rule and one program for all.
func (b *bench) celTurn(want []answers) error {
	at, list := b.part(celRowsN)
	rows := celRows(b.schema, list)
	var err error
	sure, may := make([]uint64, len(rows)*len(b.cel)), make([]uint64, len(rows)*len(b.cel))
	start := time.Now()
	for i := range rows {
		for p := range b.cel {
			n := i*len(b.cel) + p
			if sure[n], may[n], err = b.cel[p].fired(&rows[i]); err != nil {
				return err
			}
		}
	}
	b.note("cel-each", time.Since(start), len(sure))
	for n := range sure {
		if err := want[n%len(b.cel)].same("CEL", at+n/len(b.cel), sure[n], may[n]); err != nil {
			return err
		}
	}
	if b.gaps > 0 {
		return nil
	}
	start = time.Now()
	for i := range rows {
		for p := range b.cel {
			if sure[i*len(b.cel)+p], err = b.cel[p].together(&rows[i]); err != nil {
				return err
			}
		}
	}
	b.note("cel-all", time.Since(start), len(sure))
	for n := range sure {
		if err := want[n%len(b.cel)].same("CEL at once", at+n/len(b.cel), sure[n], sure[n]); err != nil {
			return err
		}
	}
	return nil
}

// opaTurn is OPA, all packs in one query.
func (b *bench) opaTurn(ctx context.Context, want []answers) error {
	if b.gaps > 0 {
		return nil
	}
	at, list := b.part(opaRowsN)
	rows := opaRows(b.schema, list)
	out := make([]uint64, len(rows)*len(b.packs))
	start := time.Now()
	for i := range rows {
		if err := b.opa.fired(ctx, rows[i], b.packs, out[i*len(b.packs):]); err != nil {
			return err
		}
	}
	b.note("opa", time.Since(start), len(out))
	for n := range out {
		if err := want[n%len(b.packs)].same("OPA", at+n/len(b.packs), out[n], out[n]); err != nil {
			return err
		}
	}
	return nil
}

// lawTurn is one component under all that is in force on a day: naru with everything the
// decision rests on (outcomes, what decided them, the truth of every rule and of every
// elementary condition, what was concluded), CEL with the truth of the rules alone. The
// same put into words, with its digest, is measured beside it and is no claim.
func (b *bench) lawTurn([]answers) error {
	_, list := b.part(celRowsN)
	rows := celRows(b.schema, list)
	start := time.Now()
	for i := range rows {
		sure, _, err := b.wholeCEL.fired(&rows[i])
		if err != nil {
			return err
		}
		b.sink += sure
	}
	b.note("law-cel-each", time.Since(start), len(rows))
	if b.gaps == 0 {
		start = time.Now()
		for i := range rows {
			sure, err := b.wholeCEL.together(&rows[i])
			if err != nil {
				return err
			}
			b.sink += sure
		}
		b.note("law-cel-all", time.Since(start), len(rows))
	}
	var x policy.Finding
	start = time.Now()
	for i := range list {
		b.whole.Find(&list[i], &x)
	}
	b.note("explain", time.Since(start), len(list))
	start = time.Now()
	for i := range list[:wordedRows] {
		v := b.whole.Decide(&list[i])
		b.sink += uint64(len(v.Venues))
	}
	b.note("explain-worded", time.Since(start), wordedRows)
	return nil
}

// nextTurn is the whole estate under the law with three changed rules: cold, and after
// the law before it was asked.
//
// Each change is a test that stood nowhere in the law: a number that has to be compared
// in every row, and two codes.
func (b *bench) nextTurn() {
	b.table.Forget()
	start := time.Now()
	b.next.Batch(b.table)
	b.note("cold", time.Since(start), b.rows)
	b.table.Forget()
	b.whole.Batch(b.table)
	start = time.Now()
	b.next.Batch(b.table)
	b.note("next", time.Since(start), b.rows)
}

// nextVersion gives the instruments with three rules of a pack changed, each by a test
// that no rule had before.
func nextVersion(files fs.FS, key string) (fs.FS, error) {
	m := fstest.MapFS{}
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, path)
		m[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		return nil, err
	}
	name := key + "/pack.yaml"
	var doc yaml.Node
	if err := yaml.Unmarshal(m[name].Data, &doc); err != nil {
		return nil, err
	}
	list := field(doc.Content[0], "rules").Content
	for i, test := range []string{"system.users >= 1000", `system.site != "own"`, `institution.kind != "constitutional"`} {
		when := field(list[len(list)-1-i], "when")
		when.SetString("(" + when.Value + ") && " + test)
	}
	data, err := yaml.Marshal(&doc)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m[name] = &fstest.MapFile{Data: data}
	return m, nil
}

func field(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return &yaml.Node{}
}
