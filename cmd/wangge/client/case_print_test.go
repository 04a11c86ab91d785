package client_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	wanggev1 "wangge/api/wangge/v1"
)

// printed is the one part of a paper that depends on when it was printed.
var printed = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d( ·)`)

// The papers about a case hold the case in words, in either language.
func TestCasePrint_Papers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	number := pipe(o)
	for _, form := range []string{"file", "rectification", "supervision"} {
		for _, lang := range []string{"zh", "en"} {
			out := o.says("duty", "case", "print", number, "--form", form, "--lang", lang)
			if len(printed.FindAllString(out, -1)) != 2 {
				t.Errorf("%s in %s does not say when it was printed", form, lang)
			}
			golden(t, form+"."+lang+".html", printed.ReplaceAllString(out, "2026-03-04 20:05$1"))
		}
	}
}

// A letter to the accountable unit does not say who reported the matter; the file of the case does.
func TestCasePrint_LettersKeepTheReporter(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	number := pipe(o)
	for form, names := range map[string]bool{"file": true, "rectification": false, "supervision": false} {
		if out := o.says("duty", "case", "print", number, "--form", form, "--lang", "zh"); strings.Contains(out, "李强") != names || strings.Contains(out, "上报人") != names {
			t.Errorf("%s names the reporter: %t, want %t", form, !names, names)
		}
	}
}

// A paper runs no script and asks no other machine for anything, whatever people wrote into the case.
func TestCasePrint_TextsOfPeopleAreText(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	number := o.file("eyes", "r-1", &wanggev1.Report{
		Category: "E01", Source: wanggev1.Source_SOURCE_INSPECTOR, Text: `<script>alert(1)</script><img src=x onerror="alert(2)">`,
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: 126.502, Datum: wanggev1.Datum_DATUM_WGS84},
	})
	o.says("oldo", "case", "act", number, "comment", "--note", `</td></table><style>*{display:none}</style>&amp;`)
	page := o.says("duty", "case", "print", number)
	for _, bad := range []string{"<script", "<img", "</td></table><style>", "onerror=\"", "http:", "https:", "src="} {
		if strings.Contains(strings.Replace(page, "img src=x", "", 1), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	for _, want := range []string{"&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;/td&gt;&lt;/table&gt;&lt;style&gt;", "&amp;amp;", "default-src 'none'"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(page, "<style>"); n != 1 {
		t.Errorf("%d styles", n)
	}
}

// A paper that would say nothing is refused with what to do first; a file is never replaced by chance.
func TestCasePrint_Refusals(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	waiting := o.file("desk", "r-1", &wanggev1.Report{
		Category: "E01", Source: wanggev1.Source_SOURCE_HOTLINE,
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: 126.502, Datum: wanggev1.Datum_DATUM_WGS84},
	})
	file := filepath.Join(t.TempDir(), "case.html")
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{waiting, "--form", "rectification", "-o", file}, 1, "尚无责任单位，不能开具整改通知书"},
		{[]string{waiting, "--form", "supervision", "-o", file}, 1, "未曾督办，请先督办"},
		{[]string{waiting, "--form", "letter"}, 2, "file"},
		{[]string{waiting, "--json"}, 2, "请去掉 --json"},
		{[]string{"20200101-000001", "-o", file}, 1, "案件不存在或无权查看"},
	} {
		if _, errs, code := o.run("duty", append([]string{"case", "print", "--lang", "zh"}, tc.args...)...); code != tc.code || !strings.Contains(errs, tc.want) {
			t.Errorf("%v: exit %d: %s, want %d and %q", tc.args, code, errs, tc.code, tc.want)
		}
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("a refused paper left a file: %v", err)
	}
	o.says("duty", "case", "print", waiting, "-o", file)
	if _, errs, code := o.run("duty", "case", "print", waiting, "-o", file); code != 2 || !strings.Contains(errs, "--force replaces it") {
		t.Errorf("a file that exists: exit %d: %s", code, errs)
	}
	o.says("duty", "case", "print", waiting, "-o", file, "--force")
}
