package main

import (
	"strings"

	"naru/base/policy"
	"naru/door/cli"
)

// clauseWords says a condition in the words of the facts it asks for.
func clauseWords(a *cli.App, c *policy.Clause) string {
	word := func(key string, args map[string]string) string {
		return a.Words.Text(a.Lang, "policy.clause."+key, args)
	}
	switch c.Test {
	case "and", "or":
		parts := make([]string, len(c.Parts))
		for i := range c.Parts {
			parts[i] = clauseWords(a, &c.Parts[i])
			if t := c.Parts[i].Test; t == "and" || t == "or" {
				parts[i] = "(" + parts[i] + ")"
			}
		}
		return strings.Join(parts, " "+word(c.Test, nil)+" ")
	case "not":
		return word("not", map[string]string{"clause": clauseWords(a, &c.Parts[0])})
	}
	values := make([]string, len(c.Values))
	for i, v := range c.Values {
		values[i] = factValue(a, c.Fact, v)
	}
	return word(c.Test, map[string]string{"fact": a.Words.Text(a.Lang, "fact."+c.Fact, nil), "value": strings.Join(values, ", ")})
}

// factValue words a code of a fact; numbers and dates stand as they are.
func factValue(a *cli.App, fact, value string) string {
	if key := "code." + fact + "." + value; a.Words.Has(key) {
		return a.Words.Text(a.Lang, key, nil)
	}
	return value
}
