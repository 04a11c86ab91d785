package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// negativeMark marks an argument that is a negative number: without the mark the flag parser takes -71.08 for flags.
// No argument of a process can hold a NUL byte, so a marked argument is never one that a person typed.
const negativeMark = "\x00"

// markNegatives returns args with a mark before each negative number among the positional arguments. The values of flags and
// everything after "--" stay as they are.
func markNegatives(root *cobra.Command, args []string) []string {
	cmd, _, err := root.Find(args)
	if err != nil {
		cmd = root
	}
	out := slices.Clone(args)
	for i := 0; i < len(out); i++ {
		switch a := out[i]; {
		case a == "--":
			return out
		case len(a) > 1 && a[0] == '-' && strings.ContainsRune(".0123456789", rune(a[1])):
			out[i] = negativeMark + a
		case takesValue(cmd, a):
			i++
		}
	}
	return out
}

// takesValue reports whether the flag a takes the next argument as its value.
func takesValue(cmd *cobra.Command, a string) bool {
	name, long := strings.CutPrefix(a, "--")
	if !long || strings.Contains(name, "=") {
		return false
	}
	f := cmd.Flag(name)
	return f != nil && f.NoOptDefVal == ""
}

// common gives every command of a tree its common checks: marks are taken off positional arguments, required flags must not be
// empty, and a command that only groups others refuses the name of a command that it lacks.
func common(root *cobra.Command) {
	everyCommand(root, func(c *cobra.Command) {
		if c.HasSubCommands() && !c.Runnable() {
			c.Annotations = map[string]string{groups: "yes"}
			c.Args, c.RunE = knownCommand, func(c *cobra.Command, _ []string) error { return c.Help() }
		}
		if takes := c.Args; takes != nil {
			c.Args = func(c *cobra.Command, args []string) error { return takes(c, unmarked(args)) }
		}
		if do := c.RunE; do != nil {
			c.RunE = func(c *cobra.Command, args []string) error {
				if err := emptyFlags(c); err != nil {
					return err
				}
				return do(c, unmarked(args))
			}
		}
	})
}

// emptyFlags refuses required flags with an empty value, which a script passes when its variable is unset.
func emptyFlags(c *cobra.Command) error {
	var empty []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed && f.Value.String() == "" && f.Annotations[cobra.BashCompOneRequiredFlag] != nil {
			empty = append(empty, "--"+f.Name)
		}
	})
	if len(empty) == 0 {
		return nil
	}
	return i18n.Errorf("%s must not be empty", "%s 的值不能为空", i18n.List(empty...))
}

// groups is the annotation of a command that only groups others.
const groups = "groups"

// unmarked returns args without the marks of markNegatives.
func unmarked(args []string) []string {
	out := slices.Clone(args)
	for i, a := range out {
		out[i] = strings.TrimPrefix(a, negativeMark)
	}
	return out
}

// knownCommand refuses the name of a subcommand that c does not have.
func knownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			names = append(names, below.Name())
		}
	}
	near := diag.Suggest(args[0], names)
	return i18n.Errorf("unknown command %[1]q for %[2]q; %[3]s", "%[2]q 没有命令 %[1]q，%[4]s", args[0], c.CommandPath(), near.En, near.Zh)
}

// helpCommand prints the help of any command, and refuses a name that no command has.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Help about any command",
		RunE: func(c *cobra.Command, args []string) error {
			of := c.Root()
			for _, name := range args {
				at := slices.IndexFunc(of.Commands(), func(below *cobra.Command) bool { return below.Name() == name })
				if at < 0 {
					return knownCommand(of, []string{name})
				}
				of = of.Commands()[at]
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
}

// Args checks that a command gets exactly the named positional arguments. Names in brackets, which come last, are optional.
func Args(names ...string) cobra.PositionalArgs {
	least := len(names)
	for least > 0 && strings.HasPrefix(names[least-1], "[") {
		least--
	}
	return func(c *cobra.Command, args []string) error {
		usage := c.CommandPath() + strings.TrimPrefix(c.Use, c.Name())
		switch {
		case len(args) < least:
			missing := strings.Join(names[len(args):least], " ")
			return i18n.Errorf("missing %[1]s; write %[2]s", "缺少 %[1]s；用法：%[2]s", missing, usage)
		case len(args) > len(names):
			extra := strings.Join(args[len(names):], " ")
			return i18n.Errorf("%[1]q is more than the command takes; write %[2]s", "多出 %[1]q；用法：%[2]s", extra, usage)
		}
		return nil
	}
}

// usageText says in both languages what is wrong with a call. It reads the types of the errors of the flag parser, not their texts;
// notGiven is the exception.
func usageText(cmd *cobra.Command, err error) i18n.Text {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		t, name := i18n.F("unknown flag: %[1]s", "没有选项 %[1]s", dashed(unknown.GetSpecifiedName())), unknown.GetSpecifiedName()
		if near := diag.Closest(name, flagNames(cmd)); near != "" && len(name) > 1 && diag.Edits(near, name) <= 2 {
			return i18n.F("%[1]s; did you mean --%[3]s?", "%[2]s，是否应为 --%[3]s？", t.En, t.Zh, near)
		}
		return t
	}
	if bare, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return i18n.F("flag %[1]s needs a value", "选项 %[1]s 缺少值", dashed(bare.GetSpecifiedName()))
	}
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		why := i18n.Of(bad.Unwrap())
		if _, said := bad.Unwrap().(interface{ Localized() i18n.Text }); !said {
			why = kindText(bad.GetFlag().Value.Type())
		}
		if v, ok := bad.GetFlag().Value.(*choiceValue); ok && diag.Near(bad.GetValue(), v.words) == "" {
			why = v.choices(why, bad.GetFlag().Usage)
		}
		return i18n.F("--%[1]s %[2]q: %[3]s", "--%[1]s %[2]q：%[4]s", bad.GetFlag().Name, bad.GetValue(), why.En, why.Zh)
	}
	if odd, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return i18n.F("%[1]q is not written as a flag is: --name or --name=value", "%[1]q 不是选项的写法，应为 --名称 或 --名称=值", odd.GetSpecifiedFlag())
	}
	if flags := notGiven(err); len(flags) > 0 {
		return i18n.F("%[1]s must be given", "缺少必需的选项：%[1]s", i18n.List(flags...))
	}
	return i18n.Of(err)
}

// notGiven returns the required flags that a call lacks. Cobra has no type for this error, so its text is read.
func notGiven(err error) []string {
	names, ok := strings.CutPrefix(i18n.Of(err).En, `required flag(s) "`)
	if !ok {
		return nil
	}
	names, _ = strings.CutSuffix(names, `" not set`)
	flags := strings.Split(names, `", "`)
	for i, name := range flags {
		flags[i] = dashed(name)
	}
	return flags
}

// flagNames are the names of all flags of a command.
func flagNames(cmd *cobra.Command) []string {
	var names []string
	if cmd != nil {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	}
	return names
}

// dashed is a flag as it is typed: -x or --name.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// kindText says how to write a value of a kind of flag.
func kindText(kind string) i18n.Text {
	switch kind {
	case "uint64":
		return i18n.F("write a whole number from 0 on", "应为整数，不小于 0")
	case "int", "int32", "int64":
		return i18n.F("write a whole number", "应为整数")
	case "float64":
		return i18n.F("write a number", "应为数字")
	case "duration":
		return i18n.F("write a length of time as in 90s, 15m, 2h or 30d", "应为时长，如 90s、15m、2h 或 30d")
	case "bool":
		return i18n.F("write true or false", "应为 true 或 false")
	}
	return i18n.F("not understood", "无法识别")
}
