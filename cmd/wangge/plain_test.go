package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/i18n"
	"wangge/grid"
	"wangge/storage/bolt"
)

// hostile words clear the screen, set the title, forge a line and turn the direction of writing.
const hostile = "ok \x1b]0;title\x07\x1b[2J\x1b[1;1H\r\u009b2J\u202egnp.exe\u2066\x00 end"

// Nothing that people wrote reaches a terminal or a file as a control character, whichever command
// prints it. The store holds what no service of today would take.
func TestControlCharacters_NoCommandPrintsThem(t *testing.T) {
	t.Parallel()
	at, data := twoDistricts(t, nil), t.TempDir()
	dir, faults := city.Collect(os.DirFS(at))
	if faults != nil {
		t.Fatal(faults)
	}
	c, faults := compile.Directory(dir)
	if faults != nil {
		t.Fatal(faults)
	}
	store, err := bolt.Open(filepath.Join(data, storeFile))
	if err != nil {
		t.Fatal(err)
	}
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Directory: dir})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	there := grid.Position{Lat: 30.02, Lng: 120.02, Datum: grid.WGS84}
	cs, _, err := d.File(t.Context(), "lead", dispatch.Report{ClientID: "r-1", Source: dispatch.SourceHotline, Category: "E1", Text: hostile, Position: there, CapturedAt: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Act(t.Context(), "lead", cs.ID, 0, "a-1", dispatch.Command{Act: dispatch.ActComment, Note: hostile + "\nforged line"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Rule(t.Context(), "lead", city.Precedent{Kind: catalog.OwnerBlock, Unit: roster.Unit{Kind: roster.UnitArea, ID: "A"}, Categories: []string{"E1"}, Area: "A", To: now.AddDate(1, 0, 0), Text: hostile + "\nforged line"}); err != nil {
		t.Fatal(err)
	}
	is := city.Directory{}
	for name, text := range dir {
		is[name] = bytes.ReplaceAll(text, []byte("李二"), []byte("李三"))
	}
	if _, err := d.Apply(t.Context(), "lead", rollout.Proposal{Directory: is, Against: c.Revision, Policy: revision.Keep, Waive: hostile, Note: hostile + "\nforged line"}); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	addr, _ := served(t, "--city", at, "--data", data)
	secret, _ := wangge(t, exitOK, "token", "--city", at, "--data", data, "--person", "lead")
	as := []string{"--server", addr, "--token", strings.TrimSpace(secret)}
	number := "cases/" + cs.ID.String()
	rulings := filepath.Join(t.TempDir(), "rulings.csv")
	shown := 0
	for _, args := range [][]string{
		{"case", "list", "--scope", "area:T"},
		{"case", "show", number},
		{"precedent", "list"},
		{"precedent", "export", "-"},
		{"precedent", "export", rulings},
		{"city", "log", "--rows"},
		{"overdue", "--scope", "area:T"},
		{"outbox", "list"},
	} {
		for _, more := range [][]string{nil, {"--json"}, {"--lang", "zh"}} {
			var out, errs bytes.Buffer
			run(t.Context(), append(append(append([]string(nil), args...), as...), more...), &out, &errs)
			all := out.String() + errs.String()
			if data, err := os.ReadFile(rulings); err == nil {
				all += string(data)
			}
			if r, n := i18n.Stray(all); n > 0 {
				t.Errorf("wangge %v printed %U as its character %d:\n%q", append(args, more...), r, n, all)
			}
			if strings.Contains(out.String()+errs.String(), "\nforged line") && args[1] != "export" { // a cell of a CSV has lines
				t.Errorf("wangge %v printed a forged line:\n%s", append(args, more...), all)
			}
			if strings.Contains(all, `\u202egnp.exe`) {
				shown++
			}
		}
	}
	if shown < 9 {
		t.Errorf("only %d of the calls showed the words at all", shown)
	}
}

// A city's own names come from files: they are refused where the city is loaded, with their line, and
// what is quoted of them is harmless.
func TestControlCharacters_CityFiles(t *testing.T) {
	t.Parallel()
	people := "id,name,phone,language,active_from,active_to\nlead,王\u202e一,0571-10,zh,,\nacc,李二,0571-11,zh,,\nda,\"张\x1b[2J三\",0571-12,zh,,\n"
	at := twoDistricts(t, city.Directory{
		"people.csv":     []byte(people),
		"points.geojson": []byte("{\"type\":\"FeatureCollection\",\"features\":[\n{\"type\":\"Feature\",\"properties\":{\"id\":\"p\",\"kind\":\"shop\",\"name\":\"a\\u0007b\"},\"geometry\":{\"type\":\"Point\",\"coordinates\":[120.02,30.02]}}]}"),
		"imports.yaml":   []byte("formats:\n  - name: f\n    columns: {id: \"a\\x1b[2J\", opened: b, category: c, lat: d, lng: e}\n    datum: wgs84\n    time_layout: \"2006\"\n"),
	})
	for _, lang := range []string{"en", "zh"} {
		out, errs := wangge(t, exitWrong, "city", "check", at, "--lang", lang)
		for _, want := range []string{"people.csv:2:", "people.csv:4:", "points.geojson:2:", "imports.yaml:3:", "U+202E", "U+001B", "U+0007"} {
			if !strings.Contains(out, want) {
				t.Errorf("city check --lang %s printed %q, want %q in it", lang, out, want)
			}
		}
		if r, n := i18n.Stray(out + errs); n > 0 {
			t.Errorf("city check --lang %s printed %U", lang, r)
		}
	}
}

// A table that is exported for a spreadsheet calculates nothing when it is opened, and says the same
// when it is imported again.
func TestExport_NoFormulas(t *testing.T) {
	t.Parallel()
	names := map[string]string{"=HYPERLINK(\"\"http://x\"\")": "'=HYPERLINK(", "@SUM(A1)": "'@SUM(A1)", "+cmd|' /C calc'!A0": "'+cmd", "-2+3+cmd": "'-2+3+cmd"}
	for name, want := range names {
		people := "id,name,phone,language,active_from,active_to\nlead,\"" + name + "\",+86 571-10,zh,,\nacc,李二,0571-11,zh,,\nda,张三,0571-12,zh,,\n"
		at, out := twoDistricts(t, city.Directory{"people.csv": []byte(people)}), t.TempDir()
		wangge(t, exitOK, "city", "export", at, "--csv", out)
		got, err := os.ReadFile(filepath.Join(out, "people.csv"))
		if err != nil || !strings.Contains(string(got), want) || !strings.Contains(string(got), ",+86 571-10,") {
			t.Errorf("people.csv = %q, %v; want %q in it", got, err, want)
		}
		wangge(t, exitOK, "city", "import", filepath.Join(out, "people.csv"), at)
		if again, err := os.ReadFile(filepath.Join(at, "people.csv")); err != nil || strings.ReplaceAll(string(again), `"`, "") != strings.ReplaceAll(people, `"`, "") {
			t.Errorf("people.csv is %q after a round trip, want %q: %v", again, people, err)
		}
	}
}

// The service's log quotes what people wrote.
func TestControlCharacters_Log(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("notice", "subject", hostile)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("notice", "subject", i18n.OneLine(hostile))
	if r, n := i18n.Stray(out.String()); n > 0 {
		t.Errorf("the log holds %U: %q", r, out.String())
	}
}
