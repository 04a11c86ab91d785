package cli

import "testing"

// The language of messages is that of the first of LC_ALL, LC_MESSAGES and LANG that is set.
func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ all, messages, lang, want string }{
		{"", "", "", "en"},
		{"", "", "zh_CN.UTF-8", "zh"},
		{"", "zh_CN.UTF-8", "en_GB.UTF-8", "zh"},
		{"", "en_GB.UTF-8", "zh_CN.UTF-8", "en"},
		{"zh_TW", "en_GB.UTF-8", "en_GB.UTF-8", "zh"},
		{"C", "zh_CN", "zh_CN", "en"},
		{"POSIX", "", "zh_CN", "en"},
		{"", "C.UTF-8", "zh_CN", "en"},
	} {
		env := map[string]string{"LC_ALL": tc.all, "LC_MESSAGES": tc.messages, "LANG": tc.lang}
		if got := language(func(name string) string { return env[name] }); got != tc.want {
			t.Errorf("%v = %s, want %s", env, got, tc.want)
		}
	}
}
