package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"wangge/cmd/wangge/cli"
)

// TestDocs_Links fails for a link of a Markdown file to a file that is not there.
func TestDocs_Links(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	link := regexp.MustCompile(`\]\(([^)#\s]+)`)
	links := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".md") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s: link to %s: %v", path, m[1], err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if links < 10 {
		t.Errorf("%d links in all: too few to be the project's", links)
	}
}

// TestReadme_EveryCommand fails for a command that the README's table does not have, and for one of the table that there is not.
func TestReadme_EveryCommand(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	for _, m := range regexp.MustCompile("`wangge ([^`]+)`").FindAllStringSubmatch(string(text), -1) {
		paths := []string{"wangge"}
		for word := range strings.FieldsSeq(m[1]) {
			if !regexp.MustCompile(`^[a-z]`).MatchString(word) {
				break
			}
			var longer []string
			for _, path := range paths {
				for either := range strings.SplitSeq(word, `\|`) {
					longer = append(longer, path+" "+either)
				}
			}
			paths = longer
		}
		for _, path := range paths {
			written[path] = true
		}
	}
	there := map[string]bool{}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		there[c.CommandPath()] = true
		for _, below := range c.Commands() {
			if below.IsAvailableCommand() && below.Name() != "help" && below.Name() != "completion" {
				walk(below)
			}
		}
		if !c.HasAvailableSubCommands() && !written[c.CommandPath()] {
			t.Errorf("README.md: no row has %s", c.CommandPath())
		}
	}
	walk(cli.Tree("en", commands))
	for path := range written {
		if !there[path] {
			t.Errorf("README.md: there is no command %s", path)
		}
	}
}
