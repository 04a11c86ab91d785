package compile

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile/ladders"
)

// An id or a code with a character that can't be seen is refused in every table, with its row, its column and the
// character. Words for people may hold one.
func TestHiddenCharacters_InIDs(t *testing.T) {
	t.Parallel()
	for _, r := range []rune{0x200b, 0xfeff, 0xad, 0x200f, 0x200e, 0x61c, 0x2060, 0x200d, 0x200c, 0x180e, 0x34f, 0x115f, 0x3164, 0xfe0f, 0xe0041, 0xe0100, 0x2800} {
		m := testdir.Plain(t)
		text := strings.TrimRight(string(m["people.csv"].Data), "\n")
		line := strings.Count(text, "\n") + 2
		m["people.csv"] = &fstest.MapFile{Data: []byte(text + "\nb-" + string(r) + "new,New,+1 617 555 0101" + strings.Repeat(",", strings.Count(strings.SplitN(text, "\n", 2)[0], ",")-2) + "\n")}
		_, faults := FS(m)
		words := fmt.Sprintf("people.csv:%d: id holds %U", line, r)
		if len(faults) != 1 || !strings.HasPrefix(faults[0].String(), words) || !strings.Contains(faults[0].Message.Zh, fmt.Sprintf("第 3 个字符 %U", r)) {
			t.Errorf("%U: %v, want %q", r, faults, words)
		}
	}
	for _, file := range []string{"departments.csv", "categories.csv", "rules.csv", "posts.csv", "areas.geojson"} {
		m := testdir.Plain(t)
		text := string(m[file].Data)
		switch head, rest, _ := strings.Cut(text, "\n"); file {
		case "areas.geojson":
			text = strings.Replace(text, `"id":"`, `"id":"\u200b`, 1)
		case "posts.csv": // its first column is empty
			text = head + "\n" + strings.Replace(rest, ":", ":\u200b", 1)
		default:
			text = head + "\n" + rest[:1] + "\u200b" + rest[1:]
		}
		m[file] = &fstest.MapFile{Data: []byte(text)}
		_, faults := FS(m)
		found := 0
		for _, f := range faults {
			if f.File == file && f.Line > 0 && strings.Contains(f.Message.En, "holds U+200B") {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s: %d faults name U+200B: %.3v", file, found, faults)
		}
	}
	m := testdir.Plain(t)
	head, rest, _ := strings.Cut(string(m["people.csv"].Data), "\n")
	first, more, _ := strings.Cut(rest, ",")
	m["people.csv"] = &fstest.MapFile{Data: []byte(head + "\n" + first + ",\u200b" + more)}
	if _, faults := FS(m); len(faults) > 0 {
		t.Errorf("a name: %v", faults)
	}
}

// Keys and values of YAML files are looked at too, at their line. Words for people, and imports.yaml, which repeats
// another system's words, may hold such a character.
func TestHiddenCharacters_InYAML(t *testing.T) {
	t.Parallel()
	const ladder = "ladders:\n  - name: default\n    note: of all\n    steps: [{at_percent: 100, light: red, whom: superior}]\n"
	for _, tt := range []struct{ file, old, new, want string }{
		{"city.yaml", "code: ", "code: \u200b", "city.yaml:%d: code holds U+200B"},
		{"city.yaml", "levels: [", "levels: [\u00ad", "city.yaml:%d: levels holds U+00AD"},
		{"city.yaml", "levels:", "levels\u200b:", "city.yaml:%d: a key holds U+200B"},
		{"ladders.yaml", "name: ", "name: \u200b", "ladders.yaml:%d: name holds U+200B"},
		{"ladders.yaml", "whom: ", "whom: \u2060", "ladders.yaml:%d: whom holds U+2060"},
		{"calendar.yaml", "from: \"", "from: \"\u200b", "calendar.yaml:%d: from holds U+200B"},
		{"city.yaml", "name: ", "name: \u200b", ""},
		{"ladders.yaml", "note: ", "note: \u200d", ""},
		{"imports.yaml", "id: case", "id: \u200bcase", ""},
	} {
		m := testdir.Plain(t)
		if tt.file == ladders.File {
			m[tt.file] = &fstest.MapFile{Data: []byte(ladder)}
		}
		text := ""
		if m[tt.file] != nil {
			text = string(m[tt.file].Data)
		}
		at := strings.Index(text, tt.old)
		if at < 0 {
			t.Fatalf("%s holds no %q", tt.file, tt.old)
		}
		m[tt.file] = &fstest.MapFile{Data: []byte(text[:at] + tt.new + text[at+len(tt.old):])}
		want := tt.want
		if want != "" {
			want = fmt.Sprintf(want, strings.Count(text[:at], "\n")+1)
		}
		_, faults := FS(m)
		found := ""
		for _, f := range faults {
			if strings.Contains(f.String(), " holds U+") {
				found += f.String()
			}
		}
		if !strings.HasPrefix(found, want) || want == "" && len(faults) > 0 || strings.Count(found, "holds") > 1 {
			t.Errorf("%s with %q: %v, want %q", tt.file, tt.new, faults, want)
		}
	}
}
