package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"naru"
	"naru/base/policy"
	"naru/door/cli"
	"naru/flow/inventory"
	"naru/packs/law"
)

// shelf is the instruments a command of the terminal works on, and which of them it was
// asked about.
type shelf struct {
	set    *policy.Instruments
	packs  []*policy.Pack
	report func() policy.Report // runs the cases of packs
}

// shippedPacks are the instruments that naru carries.
func shippedPacks() (*policy.Instruments, error) { return policy.Load(inventory.Facts(), law.Files) }

// packsAt reads instruments: those that ship for "", a folder of packs, or the folder of
// one pack. What a folder does not say of sources and authorities is as shipped.
func packsAt(dir string) (shelf, error) {
	shipped, err := shippedPacks()
	if err != nil || dir == "" {
		return shelf{shipped, packsOf(shipped), testOf(shipped)}, err
	}
	if _, err := os.Stat(filepath.Join(dir, "pack.yaml")); err == nil {
		return nextVersion(shipped, dir)
	}
	if _, err := os.Stat(dir); err != nil {
		return shelf{}, cli.Usage(err.Error())
	}
	set, err := policy.Load(inventory.Facts(), completed{os.DirFS(dir)})
	if err == nil && len(set.Packs()) == 0 {
		err = naru.NewError(naru.Invalid, "policy.no_packs", "folder", dir)
	}
	return shelf{set, packsOf(set), testOf(set)}, err
}

func packsOf(set *policy.Instruments) []*policy.Pack {
	if set == nil {
		return nil
	}
	return set.Packs()
}

func testOf(set *policy.Instruments) func() policy.Report {
	return func() policy.Report { return set.Test() }
}

// nextVersion reads a pack as the next version of what ships.
func nextVersion(shipped *policy.Instruments, dir string) (shelf, error) {
	pack, err := os.ReadFile(filepath.Join(dir, "pack.yaml"))
	if err != nil {
		return shelf{}, cli.Usage(err.Error())
	}
	cases, err := os.ReadFile(filepath.Join(dir, "cases.yaml"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return shelf{}, cli.Usage(err.Error())
	}
	return drafted(shipped, pack, cases)
}

func drafted(shipped *policy.Instruments, pack, cases []byte) (shelf, error) {
	p, err := shipped.Draft(pack, cases)
	if err != nil {
		return shelf{}, err
	}
	set, err := shipped.With(p)
	if err != nil {
		return shelf{}, err
	}
	return shelf{set, []*policy.Pack{p}, func() policy.Report { return set.Try(p) }}, nil
}

// packAt reads one instrument: by the key of one that ships, or the path of its file or
// folder.
func packAt(name string) (*policy.Instruments, *policy.Pack, error) {
	shipped, err := shippedPacks()
	if err != nil {
		return nil, nil, err
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		p, err := shipped.Pack(name)
		return shipped, p, err
	case info.IsDir():
		s, err := nextVersion(shipped, name)
		return only(s, err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, cli.Usage(err.Error())
	}
	return only(drafted(shipped, text, nil))
}

func only(s shelf, err error) (*policy.Instruments, *policy.Pack, error) {
	if err != nil {
		return nil, nil, err
	}
	return s.set, s.packs[0], nil
}

// completed is a folder of packs with the shared files that ship where it has none.
type completed struct{ fs.FS }

// Open opens a file of the folder, or the shipped one of sources and authorities.
func (c completed) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	if errors.Is(err, fs.ErrNotExist) && (name == "sources.yaml" || name == "authorities.yaml") {
		return law.Files.Open(name)
	}
	return f, err
}
