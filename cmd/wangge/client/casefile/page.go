package casefile

import (
	_ "embed" // the page and its style
	"html"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/caseview"
	"wangge/dispatch/i18n"
)

// Form is a kind of paper. Its value is its stable word.
type Form string

// The kinds of paper.
const (
	File          Form = "file"          // the whole case, for the archive
	Rectification Form = "rectification" // tells the accountable unit what to put right until when
	Supervision   Form = "supervision"   // hands the accountable unit the instruction of a leader
)

// Forms are the words of the kinds of paper.
func Forms() []string { return []string{string(File), string(Rectification), string(Supervision)} }

// Document is the content of a printed case.
type Document struct {
	Words   caseview.Words
	City    string // its name; "" if the reader may not read the city
	Printed string // when, by the clock of the city
	Account caseview.Account
}

//go:embed page.html
var page string

//go:embed page.css
var style string

// Write writes a paper. Texts of people are escaped for HTML. A rectification notice is refused for a case without an accountable unit, a
// supervision slip for a case that nobody has supervised.
func Write(w io.Writer, form Form, d Document) error {
	switch a := d.Account; {
	case form == Rectification && a.Unit == "":
		return i18n.Errorf("case %[1]s has no accountable unit yet, so nobody can be told to rectify", "案件 %[1]s 尚无责任单位，不能开具整改通知书", a.Number)
	case form == Supervision && len(a.Instructions) == 0:
		return i18n.Errorf("case %[1]s has not been supervised; supervise the case first", "案件 %[1]s 未曾督办，请先督办", a.Number)
	}
	lang := d.Words.Lang
	t, err := template.New("page").Funcs(template.FuncMap{
		"in":     func(en, zh string) string { return i18n.Text{En: en, Zh: zh}.In(lang) },
		"pairs":  pairs,
		"inc":    func(i int) int { return i + 1 },
		"halves": halves,
		"join":   func(parts []string) template.HTML { return whole(strings.Join(parts, "\n")) },
		"whole":  whole,
	}).Parse(page)
	if err != nil {
		return err
	}
	title := map[Form]i18n.Text{
		File: i18n.F("Case file", "案件案卷"), Rectification: i18n.F("Rectification notice", "整改通知书"), Supervision: i18n.F("Supervision slip", "督办单"),
	}[form]
	printed := d.Words.In(`"Printed %s · Holds personal data"`, `"打印时间 %s · 含个人信息，请妥善保管"`, d.Printed)
	pages := d.Words.In(`"page " counter(page) " of " counter(pages)`, `"第 " counter(page) " 页，共 " counter(pages) " 页"`)
	css := template.CSS(strings.NewReplacer("PAGES", pages, "PRINTED", printed).Replace(style)) //nolint:gosec // the style is ours
	return t.Execute(w, struct {
		Document
		Form  Form
		Lang  string
		Title string
		Style template.CSS
	}{d, form, map[string]string{"zh": "zh-CN", "en": "en"}[lang], title.In(lang), css})
}

// instant is a day, or a day with a time.
var instant = regexp.MustCompile(`\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?`)

// whole is a text, escaped for HTML, no day or time of which is broken between two lines.
func whole(text string) template.HTML {
	return template.HTML(instant.ReplaceAllString(html.EscapeString(text), `<span class="at">$0</span>`)) //nolint:gosec // escaped
}

// halves are the halves of a text, between which a line may end.
func halves(text string) []string { return []string{text[:len(text)/2], text[len(text)/2:]} }

// told are the facts of a case that a letter to the accountable unit holds. Who reported the case is none of them.
var told = map[string][]string{
	"Matter": {"reported", "category", "condition", "severity", "seen", "photos"},
	"Place":  nil, // all
}

// Letter are the sections of a letter to the accountable unit.
func (d Document) Letter() (out []caseview.Section) {
	for _, s := range d.Account.Sections {
		facts, ok := told[s.Key]
		if !ok {
			continue
		}
		if facts != nil {
			s.Rows = slices.DeleteFunc(slices.Clone(s.Rows), func(r caseview.Row) bool { return !slices.Contains(facts, r.Key) })
		}
		out = append(out, s)
	}
	return out
}

// shortest is how wide a value may be, in columns of a terminal, to share its line with another.
const shortest = 26

// pairs lays out rows: two short ones side by side, a long one alone.
func pairs(rows []caseview.Row) (out [][]caseview.Row) {
	open := false // the last line has room
	for _, r := range rows {
		short := len(r.Values) == 1 && cli.Width(r.Values[0]) <= shortest && !strings.Contains(r.Values[0], "\n")
		if short && open {
			out[len(out)-1] = append(out[len(out)-1], r)
			open = false
			continue
		}
		out, open = append(out, []caseview.Row{r}), short
	}
	return out
}
