package helptext

import (
	"strings"
	"testing"
)

// A text is found by the first id that has one; without any it stays English, whatever signs it holds.
func TestCatalog_Text(t *testing.T) {
	t.Parallel()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		en   string
		ids  []string
		want string
	}{
		{"", []string{"watch/short"}, "实时打印一个单位案件的每次变化；断开后自行恢复"},
		{"longest wait", []string{"watch/--timeout", "--timeout"}, "最长等待时间"},
		{"of the apply", []string{"city withdraw/--number", "--timeout"}, "该次生效的编号，由 city log 给出"},
		{"100 % new, %d of %[1]s", []string{"watch/--new", "--new"}, "100 % new, %d of %[1]s"},
		{"new", nil, "new"},
		{"", []string{"watch/long"}, ""},
	} {
		if got := c.Text(tt.en, tt.ids...); tt.want != "" && got != tt.want || tt.want == "" && !strings.HasPrefix(got, "实时打印") {
			t.Errorf("%q = %q, want %q", tt.ids, got, tt.want)
		}
	}
}

// A row that is not complete, or that is there twice, is refused.
func TestParse_Refusals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"- {id: a/short, en: x, zh: 甲}\n- {id: b/short, en: x, zh: ''}", `row 2, "b/short"`},
		{"- {id: a/short, zh: 甲}", `row 1, "a/short"`},
		{"- {id: a, en: x, zh: 甲}\n- {id: a, en: y, zh: 乙}", `"a" has two rows`},
		{"- [", "zh.yaml"},
	} {
		if _, err := parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q gives %v, want %q", tt.text, err, tt.want)
		}
	}
}
