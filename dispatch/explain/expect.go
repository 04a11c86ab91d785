package explain

import (
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
)

// ExpectationResult is the result of one expectation: what the city does, and every cell in which that differs.
type ExpectationResult struct {
	Expected   city.Expectation
	Got        city.Expectation // the same report with what the city decides
	Fallback   bool             // only the last rule matched
	Unroutable bool             // there is no result: Differs says why
	Differs    []i18n.Text      // empty: as expected
}

// ExpectationResults sums up the results of a list of expectations.
type ExpectationResults struct {
	Results  []ExpectationResult // in the order of the rows
	Failed   int
	Fallback int // rows that only the last rule matched: a high share means that the rules are out of date
}

// RunExpectations routes each row as if it were reported and dispatched at its time, and compares the row with the
// result. A row that can't be routed differs.
func RunExpectations(c *city.City, list []city.Expectation) ExpectationResults {
	out := ExpectationResults{Results: make([]ExpectationResult, 0, len(list))}
	for _, want := range list {
		k := check(c, want)
		if len(k.Differs) > 0 {
			out.Failed++
		}
		if k.Fallback {
			out.Fallback++
		}
		out.Results = append(out.Results, k)
	}
	return out
}

func check(c *city.City, want city.Expectation) ExpectationResult {
	k := ExpectationResult{Expected: want, Got: want}
	p, err := routing.PlaceOf(c, want.Position)
	if err != nil {
		k.Unroutable = true
		k.Differs = []i18n.Text{i18n.F("can't be routed: %v", "无法派遣：%v", err)}
		return k
	}
	e, err := explain(c, dispatch.SourceInspector, p, want.Category, "", want.At, nil)
	if err != nil {
		k.Unroutable = true
		k.Differs = []i18n.Text{i18n.F("can't be routed: %v", "无法派遣：%v", err)}
		return k
	}
	k.Fallback = e.Fallback
	k.Got.Owner, k.Got.Person = e.Owner.Unit.String(), string(e.OnCall.Person)
	k.Got.Rule, k.Got.Due, k.Got.Recipients = e.Rule, e.Due.At, recipientsText(e.Steps)
	differs := func(column, expected, got string) {
		if expected != "" && expected != got {
			k.Differs = append(k.Differs, i18n.F("%[1]s is %[3]s, expected %[2]s", "%[1]s 为 %[3]s，预期 %[2]s", column, expected, got))
		}
	}
	differs("owner", want.Owner, k.Got.Owner)
	differs("person", want.Person, k.Got.Person)
	differs("rule", want.Rule, k.Got.Rule)
	differs("ladder", want.Recipients, k.Got.Recipients)
	if !want.Due.IsZero() && !want.Due.Equal(k.Got.Due) {
		differs("due", want.Due.Format(time.RFC3339), k.Got.Due.In(c.Location).Format(time.RFC3339))
	}
	return k
}

// recipientsText names the recipients of each step, in order. Example: "p-1; p-1; p-2 p-3; -".
func recipientsText(steps []StepPreview) string {
	text := make([]string, len(steps))
	for i, s := range steps {
		names := make([]string, len(s.People))
		for j, a := range s.People {
			names[j] = string(a.Person)
		}
		text[i] = strings.Join(names, " ")
		if len(names) == 0 {
			text[i] = "-"
		}
	}
	return strings.Join(text, "; ")
}
