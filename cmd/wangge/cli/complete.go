package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wangge/dispatch/city/cities"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"

	"github.com/spf13/cobra"
)

// completions adds what a shell completes: cities, categories and units of the city in question, and acts. Flags with a closed list of
// words are completed by ChoiceFlag.
func completions(o *Options, root *cobra.Command) {
	everyCommand(root, func(c *cobra.Command) {
		if f := c.LocalFlags().Lookup("city"); f != nil {
			_ = c.RegisterFlagCompletionFunc("city", completeCity) // the flag is there
		}
		for _, flag := range []string{"scope", "unit", "owner"} {
			if f := c.LocalFlags().Lookup(flag); f != nil && !isChoice(f.Value) {
				_ = c.RegisterFlagCompletionFunc(flag, o.completeUnit) // the flag is there
			}
		}
		if c.ValidArgsFunction == nil {
			c.ValidArgsFunction = o.completeArgument
		}
	})
	if scripts, _, err := root.Find([]string{"completion"}); err == nil {
		scripts.Long = "Prints a script that teaches a shell what may follow: commands, flags, cities, categories, units."
		for _, shell := range scripts.Commands() {
			shell.Long = loading[shell.Name()]
		}
	}
	languages := cobra.FixedCompletions([]string{"zh", "en"}, cobra.ShellCompDirectiveNoFileComp)
	_ = root.RegisterFlagCompletionFunc("lang", languages) // every command has it
}

// loading says how each shell loads its completion script.
var loading = map[string]string{
	"bash":       "Load the script with: source <(wangge completion bash)",
	"zsh":        "Load the script with: source <(wangge completion zsh)",
	"fish":       "Load the script with: wangge completion fish | source",
	"powershell": "Load the script with: wangge completion powershell | Out-String | Invoke-Expression",
}

// isChoice reports whether a flag takes one of a closed list of words.
func isChoice(v any) bool { _, ok := v.(*choiceValue); return ok }

// completeCity offers the built-in cities and the directories of the path that is being typed.
func completeCity(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	out := slices.Clone(cities.Names())
	at, _ := filepath.Split(typed)
	entries, _ := os.ReadDir(filepath.Join(".", at)) // no entries, nothing to offer
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, at+e.Name())
		}
	}
	return withPrefix(out, typed), cobra.ShellCompDirectiveNoFileComp
}

// completeArgument offers values for the next argument of a command, by its name in the usage line.
func (o *Options) completeArgument(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	names := strings.Fields(strings.TrimPrefix(c.Use, c.Name()))
	at := len(args)
	if at >= len(names) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	switch strings.Trim(names[at], "[]") {
	case "DIR", "WAS", "IS":
		return completeCity(c, args, typed)
	case "CATEGORY":
		return o.completeCategory(c, typed)
	case "NUMBER...", "ACT":
		acts := make([]string, 0, len(lifecycle.PersonsActs()))
		for _, a := range lifecycle.PersonsActs() {
			acts = append(acts, string(a)+"\t"+ActText(string(a)).In(o.Lang))
		}
		return withPrefix(acts, typed), cobra.ShellCompDirectiveNoFileComp
	case "FILE":
		return nil, cobra.ShellCompDirectiveDefault
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// cityOf is the city directory of a command: that of --city, or the first built-in one; nil if there is none.
func cityOf(c *cobra.Command) fs.FS {
	name := "harbin"
	if f := c.Flag("city"); f != nil && f.Value.String() != "" {
		name = f.Value.String()
	}
	fsys, err := CityDirectory(name)
	if err != nil {
		return nil
	}
	return fsys
}

// completeCategory offers category codes with their names. For a command that calls a server they come from the city on this
// machine, which may differ from the city of the server.
func (o *Options) completeCategory(c *cobra.Command, typed string) ([]string, cobra.ShellCompDirective) {
	fsys := cityOf(c)
	if fsys == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return withPrefix(columnOf(fsys, "categories.csv", "code", o.nameColumn()), typed), cobra.ShellCompDirectiveNoFileComp
}

// nameColumn is the column of names in the language of --lang.
func (o *Options) nameColumn() string { return i18n.Text{En: "name_en", Zh: "name"}.In(o.Lang) }

// unitFiles are the files of a city directory that list the units of each kind.
var unitFiles = map[string]string{
	"area": "areas.geojson", "department": "departments.csv", "section": "sections.geojson", "point": "points.geojson",
	"person": "people.csv",
}

// completeUnit offers units such as area:230102, from the city on this machine.
func (o *Options) completeUnit(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	kind, _, named := strings.Cut(typed, ":")
	if !named {
		var kinds []string
		for _, k := range slices.Sorted(maps.Keys(unitFiles)) {
			kinds = append(kinds, k+":")
		}
		return withPrefix(kinds, typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	fsys, file := cityOf(c), unitFiles[kind]
	if fsys == nil || file == "" {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var rows []string
	switch {
	case kind == "person":
		rows = columnOf(fsys, file, "id", "name")
	case strings.HasSuffix(file, ".csv"):
		rows = columnOf(fsys, file, "id", o.nameColumn())
	default:
		rows = featureNames(fsys, file, o.nameColumn())
	}
	for i, row := range rows {
		rows[i] = kind + ":" + row
	}
	return withPrefix(rows, typed), cobra.ShellCompDirectiveNoFileComp
}

// columnOf returns the values of a column of a table, each with a label of another column after a tab, which shells show beside the value.
// It returns nothing for a table that can't be read.
func columnOf(fsys fs.FS, file, of, label string) []string {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil
	}
	key, name := slices.Index(rows[0], of), slices.Index(rows[0], label)
	if key < 0 {
		return nil
	}
	var out []string
	for _, row := range rows[1:] {
		word := row[key]
		if name >= 0 {
			word += "\t" + row[name]
		}
		out = append(out, word)
	}
	return out
}

// featureNames returns the ids of the features of a GeoJSON file, each with its name after a tab. It returns nothing for a file that
// can't be read.
func featureNames(fsys fs.FS, file, label string) []string {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil
	}
	var all struct {
		Features []struct {
			Properties map[string]any `json:"properties"`
		} `json:"features"`
	}
	if json.Unmarshal(data, &all) != nil {
		return nil
	}
	var out []string
	for _, f := range all.Features {
		if id, ok := f.Properties["id"].(string); ok {
			name, _ := f.Properties[label].(string)
			out = append(out, id+"\t"+name)
		}
	}
	return out
}

// withPrefix returns the words that begin with the typed prefix. It reuses words.
func withPrefix(words []string, typed string) []string {
	return slices.DeleteFunc(words, func(w string) bool { return !strings.HasPrefix(w, typed) })
}
