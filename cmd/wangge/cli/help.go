package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Help is written in English where a command is made. helpZh has each sentence in Chinese; see Untranslated.

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

// translate turns the help of a command and of all below it into Chinese.
func translate(root *cobra.Command) {
	cobra.AddTemplateFunc("flagsZh", func(f *pflag.FlagSet) string {
		return strings.TrimRight(strings.ReplaceAll(f.FlagUsages(), "(default ", "(默认 "), "\n")
	})
	root.SetUsageTemplate(usageZh)
	everyCommand(root, func(c *cobra.Command) {
		c.InitDefaultHelpFlag()
		c.Short, c.Long = chinese(c.Short), chinese(c.Long)
		say := func(f *pflag.Flag) {
			if f.Name == "help" {
				f.Usage = "显示帮助"
				return
			}
			f.Usage = chinese(f.Usage)
		}
		c.LocalFlags().VisitAll(say)
		c.PersistentFlags().VisitAll(say)
	})
}

// requiredFlags are the required flags of a command, with commas between.
func requiredFlags(c *cobra.Command) string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Annotations[cobra.BashCompOneRequiredFlag] != nil {
			names = append(names, "--"+f.Name)
		}
	})
	return strings.Join(names, ", ")
}

// everyCommand calls do with a command and all below it.
func everyCommand(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, below := range c.Commands() {
		everyCommand(below, do)
	}
}

// Untranslated returns the help texts of a tree of commands that lack Chinese, each with its command or flag, and the Chinese texts that
// no command uses.
func Untranslated(root *cobra.Command) (missing, unused []string) {
	used := map[string]bool{}
	need := func(where, s string) {
		used[s] = true
		if _, ok := helpZh[s]; s != "" && !ok {
			missing = append(missing, where+": "+s)
		}
	}
	everyCommand(root, func(c *cobra.Command) {
		need(c.CommandPath(), c.Short)
		need(c.CommandPath(), c.Long)
		say := func(f *pflag.Flag) { need(c.CommandPath()+" --"+f.Name, f.Usage) }
		c.LocalFlags().VisitAll(say)
		c.PersistentFlags().VisitAll(say)
	})
	for s := range helpZh {
		if !used[s] && !strings.HasPrefix(s, "Help about") && !strings.HasPrefix(s, "Generate") {
			unused = append(unused, s)
		}
	}
	return missing, unused
}

// chinese is a help text in Chinese; the text itself if there is none.
func chinese(s string) string {
	if zh, ok := helpZh[s]; ok {
		return zh
	}
	return s
}

const usageZh = `用法：{{if and .Runnable (not (index .Annotations "groups"))}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [命令]{{end}}{{if .HasExample}}

示例：
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

命令：{{range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

选项：
{{flagsZh .LocalFlags}}{{end}}{{with required .}}

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
