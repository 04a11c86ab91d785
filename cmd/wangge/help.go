package main

import (
	"regexp"
	"strings"
	"wangge/dispatch/say"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Help is written in English where a command is made; helpZh has the same in Chinese, and a test
// fails for a sentence that it lacks.

// asked is the language that the arguments ask for; def when they do not say. It is needed before
// the flags are read, because help is printed instead of running a command.
func asked(args []string, def string) string {
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

// speakChinese turns the help of a command, and of all below it, into Chinese.
func speakChinese(root *cobra.Command) {
	cobra.AddTemplateFunc("flagsZh", func(f *pflag.FlagSet) string {
		return strings.TrimRight(strings.ReplaceAll(f.FlagUsages(), "(default ", "(默认 "), "\n")
	})
	root.SetUsageTemplate(usageZh)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	everyCommand(root, func(c *cobra.Command) {
		c.InitDefaultHelpFlag()
		c.Short, c.Long = inChinese(c.Short), inChinese(c.Long)
		say := func(f *pflag.Flag) {
			if f.Name == "help" {
				f.Usage = "显示帮助"
				return
			}
			f.Usage = inChinese(f.Usage)
		}
		c.LocalFlags().VisitAll(say)
		c.PersistentFlags().VisitAll(say)
	})
}

func everyCommand(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, below := range c.Commands() {
		everyCommand(below, do)
	}
}

func inChinese(s string) string {
	if zh, ok := helpZh[s]; ok {
		return zh
	}
	return s
}

// usageFaults are what the library of commands says of a wrong call.
var usageFaults = []struct {
	en *regexp.Regexp
	zh string
}{
	{regexp.MustCompile(`^unknown command ("[^"]*") for ("[^"]*")`), "$2 没有命令 $1"},
	{regexp.MustCompile(`^unknown flag: (\S+)`), "没有选项 $1"},
	{regexp.MustCompile(`^unknown shorthand flag: .* in (\S+)`), "没有选项 $1"},
	{regexp.MustCompile(`^flag needs an argument: (.*)`), "选项缺少值：$1"},
	{regexp.MustCompile(`^required flag\(s\) (.*) not set`), "缺少必需的选项：$1"},
	{regexp.MustCompile(`^invalid argument ("[^"]*") for ("[^"]*") flag.*`), "选项 $2 的值 $1 无效"},
	{regexp.MustCompile(`^accepts (\d+) arg\(s\), received (\d+)`), "需要 $1 个参数，收到 $2 个"},
	{regexp.MustCompile(`^accepts at most (\d+) arg\(s\), received (\d+)`), "最多 $1 个参数，收到 $2 个"},
	{regexp.MustCompile(`^requires at least (\d+) arg\(s\), only received (\d+)`), "至少需要 $1 个参数，收到 $2 个"},
}

// usageText is what is wrong with a call, in both languages.
func usageText(err error) say.Text {
	t := say.Of(err)
	for _, f := range usageFaults {
		if f.en.MatchString(t.En) {
			t.Zh = f.en.ReplaceAllString(t.En, f.zh)
			break
		}
	}
	return t
}

const usageZh = `用法：{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [命令]{{end}}{{if .HasExample}}

示例：
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

命令：{{range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

选项：
{{flagsZh .LocalFlags}}{{end}}{{if .HasAvailableInheritedFlags}}

通用选项：
{{flagsZh .InheritedFlags}}{{end}}{{if .HasAvailableSubCommands}}

用 "{{.CommandPath}} [命令] --help" 查看某个命令的说明。{{end}}
`
