package dispatch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
)

// term is one row of GLOSSARY.md.
type term struct {
	section, english, chinese, meaning string
	goNames, wire                      []string
}

var backquoted = regexp.MustCompile("`([^`]+)`|\"([^\"]+)\"")

// glossary reads the rows of GLOSSARY.md.
func glossary(t *testing.T) []term {
	t.Helper()
	text, err := os.ReadFile("GLOSSARY.md")
	if err != nil {
		t.Fatal(err)
	}
	names := func(cell string) (out []string) {
		for _, m := range backquoted.FindAllStringSubmatch(cell, -1) {
			out = append(out, m[1]+m[2])
		}
		if (cell == "–") != (out == nil) {
			t.Errorf("cell %q: write names in quotes, or –", cell)
		}
		return out
	}
	var out []term
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = title
		}
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| English ") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 5 {
			t.Errorf("a row of %d cells, want 5: %s", len(cells), line)
			continue
		}
		for i := range cells {
			if cells[i] = strings.TrimSpace(cells[i]); cells[i] == "" {
				t.Errorf("an empty cell: %s", line)
			}
		}
		out = append(out, term{section, cells[0], cells[1], cells[4], names(cells[2]), names(cells[3])})
	}
	if len(out) == 0 {
		t.Fatal("GLOSSARY.md has no row")
	}
	return out
}

// declared lists the exported names of the module as the glossary writes them: package.Name, package.Type.Member.
// A string constant has its value.
func declared(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	add := func(value string, parts ...string) { out[strings.Join(parts, ".")] = value }
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		pkg := f.Name.Name
		for _, decl := range f.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv == nil {
					add("", pkg, decl.Name.Name)
					continue
				}
				recv := decl.Recv.List[0].Type
				if star, ok := recv.(*ast.StarExpr); ok {
					recv = star.X
				}
				if name, ok := recv.(*ast.Ident); ok {
					add("", pkg, name.Name, decl.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.ValueSpec:
						for i, name := range spec.Names {
							value := ""
							if i < len(spec.Values) {
								if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
									value, _ = strconv.Unquote(lit.Value)
								}
							}
							add(value, pkg, name.Name)
						}
					case *ast.TypeSpec:
						add("", pkg, spec.Name.Name)
						if s, ok := spec.Type.(*ast.StructType); ok {
							for _, field := range s.Fields.List {
								for _, name := range field.Names {
									add("", pkg, spec.Name.Name, name.Name)
								}
							}
						}
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Every name of the glossary exists, in Go and on the wire.
func TestGlossary_NamesExist(t *testing.T) {
	t.Parallel()
	names := declared(t)
	for _, row := range glossary(t) {
		for _, name := range row.goNames {
			if _, ok := names[name]; !ok {
				t.Errorf("%s: there is no %s in Go: write the name that it has now", row.english, name)
			}
		}
		for _, name := range row.wire {
			if values := stableWords[row.section]; values != nil && !wireEnums.MatchString(name) {
				if name != row.english {
					t.Errorf("%s: the wire says %q, want the English word", row.english, name)
				}
				continue
			}
			if _, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName("wangge.v1." + name)); err != nil {
				t.Errorf("%s: there is no %s in wangge.v1: write the name that it has now", row.english, name)
			}
		}
	}
}

// Each word stands for one thing: no section lists an English term or a Go name twice.
func TestGlossary_Unique(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, row := range glossary(t) {
		for _, key := range append([]string{row.section + ": " + row.english}, row.goNames...) {
			if other, twice := seen[key]; twice {
				t.Errorf("%s stands in the rows %q and %q", key, other, row.english)
			}
			seen[key] = row.english
		}
	}
}

// word is a value of a closed set: its stable word, and its name in Chinese.
type word struct{ english, chinese string }

// stableWords are the sections that list closed sets, with the values of each in the code.
var stableWords = map[string]func(names map[string]string) []word{
	"Stages": func(map[string]string) (out []word) {
		for s := dispatch.Reported; s.Text().En != "unknown"; s++ {
			out = append(out, word{s.String(), s.Text().Zh})
		}
		return out
	},
	"Acts": func(names map[string]string) (out []word) {
		for name, value := range names {
			if strings.HasPrefix(name, "dispatch.Act") && value != "" {
				out = append(out, word{value, dispatch.Act(value).Text().Zh})
			}
		}
		return out
	},
	"Kinds of events": func(map[string]string) (out []word) {
		for k := range dispatch.EventKind(256) {
			if k.Known() {
				out = append(out, word{k.String(), k.Text().Zh})
			}
		}
		return out
	},
	"Roles": func(map[string]string) (out []word) {
		for _, r := range roster.Roles {
			out = append(out, word{string(r), r.Text().Zh})
		}
		return out
	},
}

// wireEnums are the values of enums of the wire; the other closed sets are words.
var wireEnums = regexp.MustCompile(`^(STAGE|ACT|EVENT_KIND)_`)

// olderWords are words that keep their first spelling, because people and stored files know them, and what Go and the
// wire call the same.
var olderWords = map[string]string{
	"asked":   "requested",
	"reached": "milestone_completed",
	"raised":  "escalated_by_hand",
	"nudged":  "reminded",
}

// Every stage, act, kind of event and role of the code has its row, and each row has the Go name, the word and the
// Chinese of the code.
func TestGlossary_ClosedSets(t *testing.T) {
	t.Parallel()
	names := declared(t)
	rows := map[string]map[string]term{}
	for _, row := range glossary(t) {
		if rows[row.section] == nil {
			rows[row.section] = map[string]term{}
		}
		rows[row.section][row.english] = row
	}
	onTheWire := map[string]bool{}
	for section, values := range stableWords {
		list := values(names)
		if len(list) < 10 || len(list) != len(rows[section]) {
			t.Errorf("%s: %d values in the code, %d rows", section, len(list), len(rows[section]))
		}
		for _, w := range list {
			row, ok := rows[section][w.english]
			if !ok {
				t.Errorf("%s: %s has no row", section, w.english)
				continue
			}
			if row.chinese != w.chinese {
				t.Errorf("%s: %s is %q in the glossary and %q in the code", section, w.english, row.chinese, w.chinese)
			}
			if len(row.goNames) != 1 || len(row.wire) != 1 {
				t.Errorf("%s: %s needs one Go name and one wire name", section, w.english)
				continue
			}
			_, name, _ := strings.Cut(row.goNames[0], ".")
			if value := names[row.goNames[0]]; value != "" && value != w.english {
				t.Errorf("%s: %s is %q in the code", section, row.goNames[0], value)
			} else if spelt := snake(strings.TrimPrefix(name, "Event")); value == "" && spelt != w.english && spelt != olderWords[w.english] {
				t.Errorf("%s: %s does not spell %s", section, row.goNames[0], w.english)
			}
			if act := actValue(name); section == "Acts" && act != "" {
				onTheWire[act] = true
				if row.wire[0] != act {
					t.Errorf("Acts: %s is %s on the wire", w.english, act)
				}
			}
			if section == "Stages" && row.wire[0] != "STAGE_"+strings.ToUpper(w.english) {
				t.Errorf("%s: %s is %s on the wire", section, w.english, row.wire[0])
			}
			if section == "Kinds of events" && row.wire[0] != "EVENT_KIND_"+strings.ToUpper(snake(strings.TrimPrefix(name, "Event"))) {
				t.Errorf("%s: %s is %s on the wire, want the name in Go", section, w.english, row.wire[0])
			}
		}
	}
	if n := wanggev1.Act(0).Descriptor().Values().Len() - 1; len(onTheWire) != n {
		t.Errorf("Acts: %d values of Act on the wire, %d rows with one", n, len(onTheWire))
	}
}

// actValue is the value of Act on the wire that has the name of a Go constant; "" for an act that has none.
func actValue(goName string) string {
	value := "ACT_" + strings.ToUpper(snake(strings.TrimPrefix(goName, "Act")))
	if wanggev1.Act(0).Descriptor().Values().ByName(protoreflect.Name(value)) == nil {
		return ""
	}
	return value
}

// snake writes a Go name as a word: SelfResolved is self_resolved.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}
