package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// Pattern says which categories a rule is about: any of its terms, and none of those that begin
// with "!". The zero Pattern covers nothing.
//
//	E0401                 one category
//	E04*                  all whose code begins so
//	E0101..E0109          all codes from one to the other
//	class:街面秩序         a class, in either language
//	kind:event            component or event
//	severity:A            the severity of the category's own row
//	kind:event&severity:A both
//	class:街面秩序,!E0403  a class but for one category
//	*                     everything
type Pattern struct {
	text  string
	terms []term
}

// term covers a category if all its tests pass.
type term struct {
	text  string
	not   bool
	tests []test
}

type test struct {
	key      string // "", "class", "kind", "severity", "prefix", "range"
	from, to string
}

// ParsePattern reads a pattern. The error names the invalid term and the valid forms.
func ParsePattern(s string) (Pattern, error) {
	p := Pattern{text: s}
	for text := range strings.SplitSeq(strings.ReplaceAll(s, "，", ","), ",") {
		t := term{text: strings.TrimSpace(text)}
		rest, not := strings.CutPrefix(t.text, "!")
		t.not = not
		for part := range strings.SplitSeq(rest, "&") {
			one, err := parseTest(strings.TrimSpace(part))
			if err != nil {
				return Pattern{}, err
			}
			t.tests = append(t.tests, one)
		}
		p.terms = append(p.terms, t)
	}
	if p.terms[0].not {
		return Pattern{}, fmt.Errorf("pattern %q begins with an exception; write what it covers first: *,%s", s, s)
	}
	return p, nil
}

// Text forms of kinds and severities.
var (
	kinds      = []string{"", "component", "event"}
	severities = []string{"", "A", "B", "C"}
)

func parseTest(s string) (test, error) {
	key, value, keyed := strings.Cut(s, ":")
	from, to, ranged := strings.Cut(s, "..")
	switch {
	case s == "":
		return test{}, fmt.Errorf("a term is empty; write codes divided by commas")
	case keyed && key == "class" && value != "":
		return test{key: key, from: value}, nil
	case keyed && key == "kind" && slices.Index(kinds, value) > 0, keyed && key == "severity" && slices.Index(severities, value) > 0:
		return test{key: key, from: value}, nil
	case keyed && slices.Contains([]string{"class", "kind", "severity"}, key):
		return test{}, fmt.Errorf("%q can't be used; write class:NAME, kind:component, kind:event, severity:A, severity:B or severity:C", s)
	case ranged && from != "" && to != "":
		if from > to {
			return test{}, fmt.Errorf("%q runs backwards; write %s..%s", s, to, from)
		}
		return test{key: "range", from: from, to: to}, nil
	case strings.HasSuffix(s, "*"):
		return test{key: "prefix", from: s[:len(s)-1]}, nil
	default:
		return test{from: s}, nil
	}
}

// String returns the pattern as written.
func (p Pattern) String() string { return p.text }

// All reports whether the pattern is "*": everything without exception.
func (p Pattern) All() bool {
	return len(p.terms) == 1 && len(p.terms[0].tests) == 1 && p.terms[0].tests[0] == test{key: "prefix"}
}

// Covers reports whether the pattern covers a category.
func (p Pattern) Covers(c *Category) bool {
	covered := false
	for i := range p.terms {
		if t := &p.terms[i]; t.covers(c) {
			if t.not {
				return false
			}
			covered = true
		}
	}
	return covered
}

// Among reports whether every category that some patterns cover is covered by one of others, too. Patterns that cover no
// category are among none.
func Among(categories map[Code]*Category, some, others []Pattern) bool {
	any := func(patterns []Pattern, c *Category) bool {
		return slices.ContainsFunc(patterns, func(p Pattern) bool { return p.Covers(c) })
	}
	found := false
	for _, c := range categories {
		if !any(some, c) {
			continue
		}
		if found = true; !any(others, c) {
			return false
		}
	}
	return found
}

// Idle lists the terms that cover none of the categories. Most are typing errors.
func (p Pattern) Idle(categories map[Code]*Category) []string {
	var out []string
	for i := range p.terms {
		used := false
		for _, c := range categories {
			if used = p.terms[i].covers(c); used {
				break
			}
		}
		if !used {
			out = append(out, p.terms[i].text)
		}
	}
	return out
}

func (t *term) covers(c *Category) bool {
	for i := range t.tests {
		if !t.tests[i].passes(c) {
			return false
		}
	}
	return true
}

func (t *test) passes(c *Category) bool {
	switch t.key {
	case "class":
		return t.from == c.Class || t.from == c.ClassEn
	case "kind":
		return t.from == kinds[c.Kind]
	case "severity":
		return t.from == severities[c.Severity]
	case "prefix":
		return strings.HasPrefix(string(c.Code), t.from)
	case "range":
		return string(c.Code) >= t.from && string(c.Code) <= t.to
	default:
		return t.from == string(c.Code)
	}
}
