package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// arrows is the part of .golangci.yml that says which packages a package may import.
type arrows struct {
	Linters struct {
		Settings struct {
			Depguard struct {
				Rules map[string]struct {
					ListMode string `yaml:"list-mode"`
					Files    []string
					Allow    []string
				}
			}
		}
	}
}

// TestArrows_EveryPackageIsListed fails for a package that is in no allow list of .golangci.yml, for a list of a package
// that is gone, and for an import that its package's list does not allow.
func TestArrows_EveryPackageIsListed(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, ".golangci.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a arrows
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	rules := a.Linters.Settings.Depguard.Rules
	list := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "wangge/")
		seen[name] = true
		rule, ok := rules[name]
		if !ok {
			t.Errorf("%s: no row under depguard in .golangci.yml: add one that allows what the package may import", name)
			continue
		}
		if want := []string{"**/" + name + "/*.go", "!$test"}; rule.ListMode != "strict" || !slices.Equal(rule.Files, want) {
			t.Errorf("%s: list-mode %q, files %q; want strict, %q", name, rule.ListMode, rule.Files, want)
		}
		for _, i := range p.Imports {
			if !strings.HasPrefix(i, "wangge/") && !strings.Contains(strings.Split(i, "/")[0], ".") {
				continue // of the standard library
			}
			if !slices.ContainsFunc(rule.Allow, func(allowed string) bool { return allows(allowed, i) }) {
				t.Errorf("%s imports %s, which its row under depguard in .golangci.yml does not allow", name, i)
			}
		}
		for _, allowed := range rule.Allow {
			if allowed != "$gostd" && !slices.ContainsFunc(p.Imports, func(i string) bool { return allows(allowed, i) }) {
				t.Errorf("%s: its row allows %s, which it does not import: take it out", name, allowed)
			}
		}
	}
	for name := range rules {
		if !seen[name] {
			t.Errorf("%s: a row under depguard in .golangci.yml, but no package", name)
		}
	}
	if len(seen) < 30 {
		t.Errorf("go list found %d packages: too few to be the project's", len(seen))
	}
}

// The size of a room that a newcomer can still take in.
const (
	mostFiles = 20
	mostLines = 2500
)

// TestArrows_PackagesStaySmall counts the files and lines of each package, on every platform, without its tests and generated code.
func TestArrows_PackagesStaySmall(t *testing.T) {
	t.Parallel()
	list := exec.Command("go", "list", "-f", "{{.ImportPath}} {{.Dir}}", "./...")
	list.Dir = filepath.Join("..", "..")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(out)) {
		name, dir, _ := strings.Cut(strings.TrimSpace(l), " ")
		files, lines := 0, 0
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files, %v", name, len(names), err)
		}
		for _, file := range names {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.HasPrefix(text, []byte("// Code generated ")) {
				continue
			}
			files++
			lines += bytes.Count(text, []byte("\n"))
		}
		if files > mostFiles || lines > mostLines {
			t.Errorf("%s: %d files and %d lines of production code; at most %d and %d: split it by what it does", name, files, lines, mostFiles, mostLines)
		}
	}
}

// allows reads a pattern of an allow list: a package with $ behind it, else a module whose packages are all allowed.
func allows(pattern, path string) bool {
	if exact, ok := strings.CutSuffix(pattern, "$"); ok {
		return path == exact
	}
	return path == pattern || strings.HasPrefix(path, pattern+"/")
}
