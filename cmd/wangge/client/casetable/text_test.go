package casetable

import (
	"bytes"
	"strings"
	"testing"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/caseview"
)

// What people named can neither move the cursor nor begin a line of its own.
func TestText_NamesAreEscaped(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	table := Text(&out, caseview.Words{Lang: "zh", Zone: time.UTC})
	for _, c := range []*wanggev1.Case{
		{Name: "cases/1", CategoryDisplayName: "a\x1b[2Jb\nforged"},
		{Name: "cases/2", CategoryDisplayName: "表e\u0301情🚧"},
	} {
		if err := table.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Count(got, "\n") != 3 || strings.Contains(got, "\x1b") {
		t.Errorf("printed %q", got)
	}
}

// A page is as wide as the pages before, so that the columns of a long list stay where they are.
func TestText_PagesKeepTheirColumns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	table := Text(&out, caseview.Words{Lang: "en", Zone: time.UTC})
	for _, name := range []string{"cases/20260304-000001", "cases/1"} {
		if err := table.Add(&wanggev1.Case{Name: name, CategoryDisplayName: "Litter"}); err != nil {
			t.Fatal(err)
		}
		if err := table.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 4 || strings.Index(lines[1], "Litter") != strings.Index(lines[2], "Litter") {
		t.Errorf("printed\n%s", out.String())
	}
}

func TestWidth_OfEastAsia(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, "abc": 3, "案件": 4, "（a）": 5, "e\u0301": 1, "🚧": 2, "–": 1, "ｱ": 1} {
		if got := cli.Width(text); got != want {
			t.Errorf("the width of %q is %d, want %d", text, got, want)
		}
	}
}
