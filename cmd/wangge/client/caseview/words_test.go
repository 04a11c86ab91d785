package caseview_test

import (
	"strings"
	"testing"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/client/caseview"
)

// Every answer of a reporter and every source has words of its own in Chinese, not those of the wire.
func TestWords_EveryValueHasWords(t *testing.T) {
	t.Parallel()
	account := func(c *wanggev1.Case) (all string) {
		for _, s := range (caseview.Words{Lang: "zh", Zone: time.UTC}).Account(caseview.Record{Case: c}).Sections {
			for _, r := range s.Rows {
				all += strings.Join(r.Values, " ")
			}
		}
		return all
	}
	latin := func(text string) bool { return strings.ContainsAny(text, "abcdefghijklmnopqrstuvwxyz_") }
	for n, name := range wanggev1.Satisfaction_name {
		if said := account(&wanggev1.Case{Satisfaction: wanggev1.Satisfaction(n)}); latin(said) || n != 0 && said == "" {
			t.Errorf("%s is told as %q", name, said)
		}
	}
	for n, name := range wanggev1.Source_name {
		if said := account(&wanggev1.Case{Report: &wanggev1.Report{Source: wanggev1.Source(n)}}); latin(said) || n != 0 && said == "" {
			t.Errorf("%s is told as %q", name, said)
		}
	}
}
