package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
)

// Tree returns the root of the given commands with everything that is common to them: global flags, help, completion, checks of
// arguments, and interruption. lang is the default of --lang.
func Tree(lang string, commands func(*Options) []*cobra.Command) *cobra.Command {
	o := &Options{}
	root := &cobra.Command{
		Use:           "wangge",
		Short:         "Grid-based dispatch of urban problems: who must act, by when, and what if they don't",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentFlags().BoolVar(&o.JSON, "json", false, "print one JSON object a line")
	root.PersistentFlags().StringVar(&o.Lang, "lang", lang, "language of messages: zh or en")
	root.AddCommand(commands(o)...)
	root.SetHelpCommand(helpCommand())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	templateFuncs()
	root.SetUsageTemplate(usageEn)
	completions(o, root)
	common(root)
	interruptible(o, root)
	return root
}

// Run runs the command that args name and returns the exit code of the process. It stops when ctx ends; for a context of Signals the exit
// code is that of the signal. Output and errors are escaped; see plainWriter.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer, commands func(*Options) []*cobra.Command) int {
	out, errs := newPlainWriter(stdout), newPlainWriter(stderr)
	defer out.flush()
	defer errs.flush()
	stdout, stderr = out, errs
	lang := languageOf(args, language(os.Getenv))
	asJSON := wantsJSON(args)
	if lang != "zh" && lang != "en" {
		err := i18n.Errorf("--lang %q is no language here: zh or en", "--lang %q 不是可用的语言：zh 或 en", lang)
		printFailure(stderr, language(os.Getenv), asJSON, nil, err)
		return codeUsage
	}
	root := Tree(lang, commands) //nolint:contextcheck // ExecuteContextC hands ctx to every command
	if lang == "zh" {
		if err := translate(root); err != nil {
			printFailure(stderr, lang, asJSON, nil, Failure(err))
			return codeWrong
		}
	}
	root.SetArgs(markNegatives(root, args))
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return codeOK
	case errors.Is(err, ErrFound):
		return codeWrong
	}
	if e, ok := interruption(ctx, err); ok {
		printFailure(stderr, lang, asJSON, cmd, Failure(e))
		return e.code()
	}
	printFailure(stderr, lang, asJSON, cmd, err)
	if _, wrong := errors.AsType[workError](err); wrong {
		return codeWrong
	}
	return codeUsage
}

// language is the language of messages by the environment: that of the first of LC_ALL, LC_MESSAGES and LANG that is set, as POSIX
// orders them. It is Chinese for zh and its variants, else English.
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
