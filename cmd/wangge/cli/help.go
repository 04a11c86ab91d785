package cli

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"wangge/cmd/wangge/cli/helptext"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Help is written in English where a command is made. Package helptext has the Chinese, by ids of commands and flags; see
// CheckTranslation.

// languageOf returns the language that the arguments ask for, or def. It runs before flags are parsed, because help is printed instead
// of running a command.
func languageOf(args []string, def string) string {
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		args = args[:len(args)-1] // the last word is being typed
	}
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--lang="); ok {
			return v
		}
		if a == "--lang" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return def
}

// defaultEn is the default value of a flag as pflag writes it at the end of a line.
var defaultEn = regexp.MustCompile(` \(default (.*)\)\n`)

// templateFuncs adds the functions of the templates of help to cobra, which keeps them in a global map: once.
var templateFuncs = sync.OnceFunc(func() {
	cobra.AddTemplateFunc("required", func(c *cobra.Command) string { return requiredFlags(c).En })
	cobra.AddTemplateFunc("requiredZh", func(c *cobra.Command) string { return requiredFlags(c).Zh })
	cobra.AddTemplateFunc("flagsZh", func(f *pflag.FlagSet) string {
		return strings.TrimRight(defaultEn.ReplaceAllString(f.FlagUsages(), "（默认 $1）\n"), "\n")
	})
})

// translate turns the help of a command and of all below it into Chinese.
func translate(root *cobra.Command) error {
	texts, err := helptext.Load()
	if err != nil {
		return err
	}
	root.SetUsageTemplate(usageZh)
	everyCommand(root, func(c *cobra.Command) { c.InitDefaultHelpFlag() })
	everyHelpText(root, func(text *string, ids ...string) { *text = texts.Text(*text, ids...) })
	everyCommand(root, func(c *cobra.Command) { c.LocalFlags().Lookup("help").Usage = "显示帮助" })
	return nil
}

// everyHelpText calls do once for each help text of a command and of all below it, except those of --help. ids are its ids in the
// catalog, the most specific first.
func everyHelpText(root *cobra.Command, do func(text *string, ids ...string)) {
	everyCommand(root, func(c *cobra.Command) {
		path := strings.TrimPrefix(c.CommandPath(), root.Name()+" ")
		do(&c.Short, path+"/short")
		do(&c.Long, path+"/long")
		seen := map[string]bool{"help": true}
		flag := func(f *pflag.Flag) {
			if !seen[f.Name] {
				seen[f.Name] = true
				do(&f.Usage, path+"/--"+f.Name, "--"+f.Name)
			}
		}
		c.LocalFlags().VisitAll(flag)
		c.PersistentFlags().VisitAll(flag)
	})
}

// requiredFlags are the required flags of a command, as a list.
func requiredFlags(c *cobra.Command) i18n.Text {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Annotations[cobra.BashCompOneRequiredFlag] != nil {
			names = append(names, "--"+f.Name)
		}
	})
	return i18n.List(names...)
}

// everyCommand calls do with a command and all below it.
func everyCommand(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, below := range c.Commands() {
		everyCommand(below, do)
	}
}

// CheckTranslation returns what is wrong with the Chinese help of a tree of commands in English: a text without a row in the
// catalog, a row whose English is another than that of the command, or a row that no command uses.
func CheckTranslation(root *cobra.Command) ([]string, error) {
	rows, err := helptext.Rows()
	if err != nil {
		return nil, err
	}
	byID, unused := map[string]helptext.Row{}, map[string]bool{}
	for _, r := range rows {
		byID[r.ID], unused[r.ID] = r, true
	}
	var wrong []string
	everyHelpText(root, func(text *string, ids ...string) {
		if *text == "" {
			return
		}
		for _, id := range ids {
			if r, ok := byID[id]; ok {
				delete(unused, id)
				if r.En != *text {
					wrong = append(wrong, fmt.Sprintf("%s: zh translates %q, but the command says %q", ids[0], r.En, *text))
				}
				return
			}
		}
		wrong = append(wrong, fmt.Sprintf("%s: no row for %q", ids[0], *text))
	})
	for _, id := range slices.Sorted(maps.Keys(unused)) {
		wrong = append(wrong, id+": no command uses this row")
	}
	return wrong, nil
}

const usageZh = `用法：{{if and .Runnable (not (index .Annotations "groups"))}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [命令]{{end}}{{if .HasExample}}

示例：
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

命令：{{range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

选项：
{{flagsZh .LocalFlags}}{{end}}{{with requiredZh .}}

必需的选项：{{.}}{{end}}{{if .HasAvailableInheritedFlags}}

通用选项：
{{flagsZh .InheritedFlags}}{{end}}{{if .HasAvailableSubCommands}}

用 "{{.CommandPath}} [命令] --help" 查看某个命令的说明。{{end}}
`

const usageEn = `Usage:{{if and .Runnable (not (index .Annotations "groups"))}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [command]{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{trimTrailingWhitespaces .LocalFlags.FlagUsages}}{{end}}{{with required .}}

Required flags: {{.}}{{end}}{{if .HasAvailableInheritedFlags}}

Global flags:
{{trimTrailingWhitespaces .InheritedFlags.FlagUsages}}{{end}}{{if .HasAvailableSubCommands}}

Use "{{.CommandPath}} [command] --help" for more of a command.{{end}}
`
