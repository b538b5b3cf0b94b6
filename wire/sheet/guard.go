package sheet

// formulaStarts begin a cell that spreadsheet programs would run as a formula when they open a CSV file.
func formulaStart(c byte) bool {
	switch c {
	case '=', '+', '-', '@', '\t', '\r':
		return true
	}
	return false
}

// guardFormula puts an apostrophe before a text that would run as a formula (CSV injection).
func guardFormula(s string) string {
	if s != "" && formulaStart(s[0]) {
		return "'" + s
	}
	return s
}

// unguard undoes guardFormula, so that what naru exported comes back as it was.
func unguard(s string) string {
	if len(s) > 1 && s[0] == '\'' && formulaStart(s[1]) {
		return s[1:]
	}
	return s
}
