// Command wangge runs the dispatch service and its tools. Each subcommand has its own file.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	_ "time/tzdata" // city time zones on machines without a zone database

	"github.com/spf13/cobra"

	"wangge/dispatch/i18n"
)

func main() {
	os.Exit(run(heedSignals(), os.Args[1:], os.Stdout, os.Stderr))
}

// Exit codes: 0 ok, 1 found something wrong, 2 usage. See interruptedError for those of signals.
const (
	exitOK = iota
	exitWrong
	exitUsage
)

// errFound ends a command that has already printed what is wrong.
var errFound = errors.New("found something wrong")

// wrongError is a failure of the work, not of the call.
type wrongError struct{ error }

func (e wrongError) Unwrap() error { return e.error }

// options are the flags that every command has.
type options struct {
	json  bool
	lang  string
	files writes
}

// command is the whole tree of commands; lang is the language of what is printed unless --lang says another.
func command(lang string) *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:           "wangge",
		Short:         "Grid-based dispatch of urban problems: who must act, by when, and what if they don't",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentFlags().BoolVar(&o.json, "json", false, "print one JSON object a line")
	root.PersistentFlags().StringVar(&o.lang, "lang", lang, "language of messages: zh or en")
	root.AddCommand(demoCommand(o), serveCommand(o), tokenCommand(o), importCommand(o), reportCommand(o), caseCommand(o), precedentCommand(o), overdueCommand(o), watchCommand(o), loadCommand(o),
		cityCommand(o), routeCommand(o), onDutyCommand(o), locateCommand(o), deadlineCommand(o), checkCommand(o), outboxCommand(o), simCommand(o), auditCommand(o))
	root.SetHelpCommand(helpCommand())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	cobra.AddTemplateFunc("required", requiredFlags)
	root.SetUsageTemplate(usageEn)
	completions(o, root)
	adopt(root)
	interruptible(o, root)
	return root
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out, errs := plain(stdout), plain(stderr)
	defer out.flush()
	defer errs.flush()
	stdout, stderr = out, errs
	lang := asked(args, language(os.Getenv))
	asJSON := wantsJSON(args)
	if lang != "zh" && lang != "en" {
		err := i18n.Errorf("--lang %q is no language here: zh or en", "--lang %q 不是可用的语言：zh 或 en", lang)
		printFailure(stderr, language(os.Getenv), asJSON, nil, err)
		return exitUsage
	}
	root := command(lang)
	if lang == "zh" {
		speakChinese(root)
	}
	root.SetArgs(shielded(root, args))
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFound):
		return exitWrong
	}
	if e, ok := interruption(ctx, err); ok {
		printFailure(stderr, lang, asJSON, cmd, wrongError{e})
		return e.code()
	}
	printFailure(stderr, lang, asJSON, cmd, err)
	if _, wrong := errors.AsType[wrongError](err); wrong {
		return exitWrong
	}
	return exitUsage
}

// language is the language of messages that the environment asks for, by the first of LC_ALL, LC_MESSAGES
// and LANG that is set, as POSIX orders them: Chinese for zh and its variants, else English.
func language(env func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return "zh"
			}
			break
		}
	}
	return "en"
}
