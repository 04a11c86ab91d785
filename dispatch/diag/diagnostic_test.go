package diag_test

import (
	"strings"
	"testing"

	"wangge/dispatch/diag"
)

// A suggestion is near what was written: an empty word is near nothing, and a short one only one edit away.
func TestNear_OnlyNearWords(t *testing.T) {
	t.Parallel()
	known := []string{"d1", "dispatcher", "leader", "zhang-san"}
	for word, want := range map[string]string{
		"": "", "nn": "", "n": "", "x": "", "d": "d1", "d2": "d1", "D1": "d1", "dd11": "", "leadr": "leader", "laeder": "leader", "loader": "leader", "ledxxx": "",
		"dispatchr": "dispatcher", "zhangsan": "zhang-san", "li-si": "", strings.Repeat("x", 500): "", "王": "",
	} {
		if got := diag.Near(word, known); got != want {
			t.Errorf("Near(%q) = %q, want %q", word, got, want)
		}
		text := diag.Suggest(word, known)
		if suggested := strings.HasPrefix(text.En, "did you mean"); suggested != (want != "") {
			t.Errorf("Meant(%q) says %q", word, text.En)
		}
	}
	if got := diag.Near("x", nil); got != "" {
		t.Errorf("near nothing: %q", got)
	}
}
