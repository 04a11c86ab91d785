// Command wangge runs the dispatch service and its tools. Each subcommand has its own file.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // city time zones on machines without a zone database
	"wangge/dispatch/say"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes: 0 ok, 1 found something wrong, 2 usage.
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
	json bool
	lang string
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
	return root
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	lang := asked(args, language(os.Getenv("LANG")))
	if lang != "zh" && lang != "en" {
		fmt.Fprintf(stderr, "wangge: --lang %q is no language here: zh or en\n", lang)
		return exitUsage
	}
	root := command(lang)
	if lang == "zh" {
		speakChinese(root)
	}
	root.SetArgs(negative(args))
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var wrong wrongError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFound):
		return exitWrong
	case errors.As(err, &wrong):
		fmt.Fprintln(stderr, "wangge:", say.Of(err).In(lang))
		return exitWrong
	default:
		fmt.Fprintln(stderr, say.F("wangge: %[1]s\nSee wangge help.", "wangge：%[2]s\n用法见 wangge help --lang zh。", say.Of(err).En, usageText(err).Zh).In(lang))
		return exitUsage
	}
}

// minus stands for the sign of an argument that is a negative number: a western longitude is no
// flag.
const minus = "\u2212"

func negative(args []string) []string {
	out := slices.Clone(args)
	for i, a := range out {
		if rest, ok := strings.CutPrefix(a, "-"); ok && rest != "" && strings.Trim(rest, "0123456789.") == "" {
			out[i] = minus + rest
		}
	}
	return out
}

func language(env string) string {
	if strings.HasPrefix(env, "zh") {
		return "zh"
	}
	return "en"
}
