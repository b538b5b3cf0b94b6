package main

import (
	"context"
	"fmt"
	"strings"

	"naru/base/op"
	"naru/flow/report"
)

// adoption prints the table of adoption by kind of institution, as the ministry sees it.
func (d *demo) adoption(ctx context.Context) (string, error) {
	out, err := op.Do(ctx, d.runner, d.as("ministry"), report.ByDate, report.In{})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(d.app.T("demo_report_out", "date", string(out.AsOf), "digest", out.Digest))
	for _, r := range out.Rows {
		name := d.words.Text(d.app.Lang, "code.institution.kind."+r.Kind, nil)
		if !d.words.Has("code.institution.kind." + r.Kind) {
			name = r.Kind
		}
		fmt.Fprintf(&b, "\n           %5d %5d %5d %5d %5d %5d  %s", r.Systems, r.Government, r.Private, r.PPP, r.Own, r.OnSite, name)
	}
	if n := len(out.Rows); n == 0 || out.Rows[n-1].Systems != int64(d.size) {
		return b.String(), errNotHeld("the adoption table does not count %d systems", d.size)
	}
	return b.String(), nil
}
