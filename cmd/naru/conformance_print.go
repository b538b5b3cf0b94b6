package main

import (
	"fmt"
	"strings"
	"time"

	"naru/door/cli"
	"naru/wire/osb/conformance"
)

// conformanceMeter shows on a terminal how far a run is.
type conformanceMeter struct {
	app           *cli.App
	tries, failed int
}

func conformanceProgress(a *cli.App) *conformanceMeter { return &conformanceMeter{app: a} }

// tried counts a result and redraws the line.
func (m *conformanceMeter) tried(r conformance.Result) {
	if r.Outcome == conformance.Skipped {
		return
	}
	m.tries++
	if r.Outcome == conformance.Failed {
		m.failed++
	}
	if m.app.Terminal {
		fmt.Fprintf(m.app.Err, "\r\x1b[K%s", m.app.T("conformance_progress", "tried", fmt.Sprint(m.tries), "failed", fmt.Sprint(m.failed), "rule", r.ID))
	}
}

// done clears the line.
func (m *conformanceMeter) done() {
	if m.app.Terminal {
		fmt.Fprint(m.app.Err, "\r\x1b[K")
	}
}

// printConformance prints the summary first, then what failed with what to do, then what is left over.
func printConformance(a *cli.App, r *conformance.Report, all bool) {
	verdict := "conformance_yes"
	if !r.Conformant() {
		verdict = "conformance_no"
	}
	if !r.Tried() {
		verdict = "conformance_none"
	}
	if r.Interrupted {
		verdict = "conformance_cut"
	}
	fmt.Fprintln(a.Out, a.T(verdict, "url", r.URL))
	fmt.Fprintln(a.Out, a.T("conformance_score",
		"must", tally(r.Must), "should", tally(r.Should), "skipped", fmt.Sprint(countSkipped(r)), "requests", fmt.Sprint(r.Requests)))
	fmt.Fprintln(a.Out, a.T("conformance_run", "suite", r.Suite, "specification", r.Specification,
		"date", r.StartedAt.Local().Format(time.DateTime), "took", r.EndedAt.Sub(r.StartedAt).Round(10*time.Millisecond).String()))
	fmt.Fprintln(a.Out, a.T("conformance_plans", "service", dash(r.Service), "sync", dash(r.SyncPlan), "async", dash(r.AsyncPlan)))
	printFailures(a, "conformance_must", r.Failures(conformance.Must))
	printFailures(a, "conformance_should", r.Failures(conformance.Should))
	if all {
		printOthers(a, r)
	}
	if len(r.Leftovers) > 0 {
		fmt.Fprintln(a.Out, "\n"+a.T("conformance_left"))
	}
	for _, left := range r.Leftovers {
		fmt.Fprintln(a.Out, "  "+a.T("conformance_left_one", "instance", left.Instance, "binding", dash(left.Binding),
			"service", left.Service, "plan", left.Plan, "why", dash(left.Why)))
	}
	if !all {
		fmt.Fprintln(a.Out, "\n"+a.T("conformance_more"))
	}
}

func tally(t conformance.Tally) string { return fmt.Sprintf("%d/%d", t.Passed, t.Applicable) }

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func countSkipped(r *conformance.Report) (n int) {
	for _, x := range r.Results {
		if x.Outcome == conformance.Skipped {
			n++
		}
	}
	return n
}

func printFailures(a *cli.App, title string, list []conformance.Result) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(a.Out, "\n"+a.T(title, "count", fmt.Sprint(len(list))))
	for _, x := range list {
		fmt.Fprintln(a.Out, "  ✗ "+ruleText(a, x))
		fmt.Fprintln(a.Out, "      "+strings.TrimSpace(x.ID+"  "+x.Section+"  "+x.Plan))
		if x.Why != nil {
			fmt.Fprintln(a.Out, "      "+whyText(a, *x.Why))
		}
		for _, e := range x.Exchanges {
			fmt.Fprintln(a.Out, "      > "+strings.TrimSpace(e.Method+" "+e.Path+" "+e.Sent))
			fmt.Fprintln(a.Out, "      < "+strings.TrimSpace(fmt.Sprintf("%d %s%s", e.Status, e.Seen, e.Fault)))
		}
	}
}

// printOthers prints what held and what was not tried.
func printOthers(a *cli.App, r *conformance.Report) {
	fmt.Fprintln(a.Out, "\n"+a.T("conformance_rest"))
	for _, x := range r.Results {
		switch x.Outcome {
		case conformance.Passed:
			fmt.Fprintf(a.Out, "  ✓ %-6s %s  (%s)\n", x.Level, ruleText(a, x), strings.TrimSpace(x.ID+" "+x.Plan))
		case conformance.Skipped:
			fmt.Fprintf(a.Out, "  - %-6s %s  (%s)\n", x.Level, ruleText(a, x), strings.TrimSpace(x.ID+" "+x.Plan))
			if x.Why != nil {
				fmt.Fprintln(a.Out, "           "+whyText(a, *x.Why))
			}
		case conformance.Failed:
			if x.Level == conformance.May {
				fmt.Fprintf(a.Out, "  · %-6s %s  (%s)\n", x.Level, ruleText(a, x), x.ID)
			}
		}
	}
}

func ruleText(a *cli.App, x conformance.Result) string {
	return a.Words.Text(a.Lang, "conformance.rule."+x.ID, nil)
}

func whyText(a *cli.App, w conformance.Why) string {
	return a.Words.Text(a.Lang, "conformance.why."+w.Key, w.Args)
}
