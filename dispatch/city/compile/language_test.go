package compile_test

import (
	"strings"
	"testing"

	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/compile"
)

// People without a language of their own read the first language of the city in which there are messages.
func TestCity_FirstLanguage(t *testing.T) {
	t.Parallel()
	for languages, want := range map[string]string{"[zh, en]": "zh", "[en, zh]": "en", "[ru, zh]": "zh", "[]": "en"} {
		dir := citytest.ToyDirectory()
		dir["city.yaml"] = []byte(replaceLine(t, string(dir["city.yaml"]), "languages:", "languages: "+languages))
		c, faults := compile.Directory(dir)
		if len(faults) > 0 {
			t.Fatalf("%s: %v", languages, faults)
		}
		if c.Language != want {
			t.Errorf("languages %s: people read %q, want %q", languages, c.Language, want)
		}
	}
}

// replaceLine replaces the line of a file that begins with a word, or adds the line.
func replaceLine(t *testing.T, text, begins, line string) string {
	t.Helper()
	lines := strings.Split(text, "\n")
	for i := range lines {
		if strings.HasPrefix(lines[i], begins) {
			lines[i] = line
			return strings.Join(lines, "\n")
		}
	}
	return line + "\n" + text
}
