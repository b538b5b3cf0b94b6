package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"naru/base/policy"
	"naru/door/cli"
	"naru/door/web"
	"naru/flow/inventory"
	"naru/link/feed"
	"naru/packs/law"
)

// nationCommand is `naru nation`: it writes the example nation to a file or shows what
// it is made from. It needs no database and no server.
func (p *program) nationCommand(a *cli.App) *cobra.Command {
	var n nationRun
	c := &cobra.Command{Use: "nation", GroupID: "start", Short: a.T("nation_short"), Long: a.T("nation_long"), Example: a.T("nation_example"), Args: cobra.NoArgs}
	c.Flags().IntVar(&n.size, "size", feed.NationSize(), a.T("flag_systems"))
	c.Flags().Uint64Var(&n.seed, "seed", exampleSeed, a.T("flag_seed"))
	c.Flags().StringVar(&n.out, "out", "", a.T("flag_nation_out"))
	c.Flags().BoolVar(&n.force, "force", false, a.T("flag_nation_force"))
	c.Flags().BoolVar(&n.proportions, "proportions", false, a.T("flag_proportions"))
	c.Flags().StringVar(&n.format, "format", "", a.T("flag_output"))
	c.RunE = func(*cobra.Command, []string) error {
		if n.size < 0 || n.size > maxNation {
			return cli.Usage(a.T("nation_size", "size", strconv.Itoa(n.size), "most", strconv.Itoa(maxNation)))
		}
		g := feed.NewGenerator(n.seed, n.size)
		if n.proportions {
			return n.show(a, g)
		}
		return n.write(a, g)
	}
	return c
}

// maxNation bounds a nation; systems are drawn one by one, so it only bounds the file.
const maxNation = 10_000_000

// maxSheetRows is how many rows a worksheet can hold.
const maxSheetRows = 1_048_576

// nationRun is what one call asks for.
type nationRun struct {
	size        int
	seed        uint64
	out, format string
	proportions bool
	force       bool // write over what is there
}

// write writes the nation in the format that the file's name says. Everything in it is
// marked as an example, and so is the name that is taken when none is given.
func (n *nationRun) write(a *cli.App, g *feed.Generator) error {
	path := cmp.Or(n.out, fmt.Sprintf("naru-synthetic-nation-%d.xlsx", n.size))
	ext := strings.ToLower(filepath.Ext(path))
	other := strings.TrimSuffix(path, filepath.Ext(path)) + "-institutions" + ext
	for _, file := range []string{path, other} {
		if _, err := os.Stat(file); err == nil && !n.force {
			return cli.Usage(a.T("nation_exists", "file", file))
		}
	}
	switch ext {
	case ".xlsx":
		if n.size*2 > maxSheetRows {
			return cli.Usage(a.T("nation_too_large", "size", strconv.Itoa(n.size)))
		}
		other = path
		if err := a.WriteFile(path, func(w io.Writer) error { return feed.WriteNation(w, g, n.note(a)) }); err != nil {
			return err
		}
	case ".csv", ".json":
		if err := a.WriteFile(path, func(w io.Writer) error { return g.WriteSystems(w, ext[1:]) }); err != nil {
			return err
		}
		if err := a.WriteFile(other, func(w io.Writer) error { return feed.WriteInstitutions(w, ext[1:], g.Institutions()) }); err != nil {
			return err
		}
	default:
		return cli.Usage(a.T("nation_format", "file", filepath.Base(path)))
	}
	fmt.Fprintln(a.Out, a.T("nation_written", "file", path, "institutions", strconv.Itoa(len(g.Institutions())), "systems", strconv.Itoa(n.size),
		"seed", strconv.FormatUint(n.seed, 10)))
	fmt.Fprintln(a.Out, a.T("nation_import", "institutions", other, "systems", path))
	return nil
}

// note is what the first worksheet says.
func (n *nationRun) note(a *cli.App) []string {
	size, seed := strconv.Itoa(n.size), strconv.FormatUint(n.seed, 10)
	return []string{
		a.Words.Text("ko", "cli.nation_note", nil), a.Words.Text("en", "cli.nation_note", nil),
		a.T("nation_note_made", "size", size, "seed", seed, "version", a.Version), a.T("nation_note_more"),
	}
}

// proportionRow is one line of the table as a terminal shows it.
type proportionRow struct {
	Proportion string `json:"proportion"`
	Published  string `json:"published"`
	CameOut    string `json:"came_out"`
	Use        string `json:"use"`
	Source     string `json:"source"`
	Note       string `json:"note"`
}

// show prints the table of proportions with what came out in the nation asked for.
func (n *nationRun) show(a *cli.App, g *feed.Generator) error {
	list, err := census(g)
	if err != nil {
		return err
	}
	if a.Format(n.format) != "table" {
		return a.Print(n.format, list)
	}
	rows, notes := make([]proportionRow, len(list)), []string(nil)
	for i := range list {
		c := &list[i]
		source := c.Source
		if c.Unsourced {
			source = a.T("nation_unsourced")
		}
		rows[i] = proportionRow{
			Proportion: c.Label.In(a.Lang), Published: share(c.Count, c.Of), CameOut: share(c.Got, c.GotOf),
			Use: a.T("nation_use_" + string(c.Use)), Source: source,
		}
		if note := c.Note.In(a.Lang); note != "" {
			notes = append(notes, fmt.Sprintf("%3d) %s: %s", len(notes)+1, rows[i].Proportion, note))
			rows[i].Note = strconv.Itoa(len(notes)) + ")"
		}
	}
	if err := a.Print(n.format, rows); err != nil {
		return err
	}
	fmt.Fprintln(a.Out, "\n"+strings.Join(notes, "\n")+"\n")
	legend(a, list)
	fmt.Fprintln(a.Err, a.T("nation_table", "size", strconv.Itoa(n.size), "seed", strconv.FormatUint(n.seed, 10)))
	return nil
}

// census counts a nation by the table and by the law that ships.
func census(g *feed.Generator) ([]feed.Count, error) {
	set, err := policy.Load(inventory.Facts(), law.Files)
	if err != nil {
		return nil, err
	}
	return feed.Census(g, set)
}

// proportions is the table for the page of the example nation.
func proportions(size int) ([]web.Proportion, error) {
	list, err := census(feed.NewGenerator(exampleSeed, size))
	if err != nil {
		return nil, err
	}
	rows := make([]web.Proportion, len(list))
	for i := range list {
		c := &list[i]
		rows[i] = web.Proportion{
			Label: c.Label, Published: share(c.Count, c.Of), CameOut: share(c.Got, c.GotOf), Use: string(c.Use),
			Source: c.Source, Title: c.Title, URL: c.URL, Note: c.Note,
		}
	}
	return rows, nil
}

// legend names the sources of the table, each once.
func legend(a *cli.App, list []feed.Count) {
	seen := map[string]bool{"": true}
	for i := range list {
		if c := &list[i]; !seen[c.Source] {
			seen[c.Source] = true
			fmt.Fprintf(a.Out, "%-5s %s %s\n", c.Source, c.Title, c.URL)
		}
	}
}

// share words a count of a whole with its percentage, rounded to a tenth.
func share(count, of int64) string {
	if of == 0 {
		return ""
	}
	tenths := (count*2000 + of) / (2 * of)
	return fmt.Sprintf("%d / %d (%d.%d %%)", count, of, tenths/10, tenths%10)
}
