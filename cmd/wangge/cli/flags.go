package cli

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// The flags of this file check their values while the command line is parsed, so that no command runs with a value that it can't use.

// ChoiceFlag defines a flag that takes one of the given words, which shells complete. An empty def means that nothing is chosen.
func ChoiceFlag(cmd *cobra.Command, into *string, name, def string, words []string, usage string) {
	*into = def
	cmd.Flags().Var(&choiceValue{into, words}, name, usage)
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // defined just above
}

type choiceValue struct {
	into  *string
	words []string
}

func (v *choiceValue) String() string { return *v.into }
func (v *choiceValue) Type() string   { return "string" }

// choices says what may be chosen: the usage of the flag where that names all the words, in the language of the help, else the plain
// list with the usage behind it.
func (v *choiceValue) choices(list i18n.Text, usage string) i18n.Text {
	if slices.ContainsFunc(v.words, func(w string) bool { return !strings.Contains(usage, w) }) {
		return i18n.F("%[1]s (%[2]s)", "%[1]s（%[2]s）", list, usage)
	}
	return i18n.F("%[1]s (%[2]s)", "可选：%[2]s", list, usage)
}

func (v *choiceValue) Set(text string) error {
	if !slices.Contains(v.words, text) {
		t := diag.Suggest(text, v.words)
		return i18n.Errorf("%[1]s", "%[2]s", t.En, t.Zh)
	}
	*v.into = text
	return nil
}

// CountFlag defines a flag that takes a whole number of least or more.
func CountFlag(f *pflag.FlagSet, into *int, name string, def, least int, usage string) {
	*into = def
	f.Var(&countValue{into, least}, name, usage)
}

type countValue struct {
	into  *int
	least int
}

func (v *countValue) String() string { return strconv.Itoa(*v.into) }
func (v *countValue) Type() string   { return "int" }

func (v *countValue) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < v.least {
		return i18n.Errorf("write a whole number from %d on", "应为不小于 %d 的整数", v.least)
	}
	*v.into = n
	return nil
}

// MetresFlag defines a flag that takes a length in metres from 0 to most.
func MetresFlag(f *pflag.FlagSet, into *float64, name string, def, most float64, usage string) {
	*into = def
	f.Var(&metresValue{into, most}, name, usage)
}

type metresValue struct {
	into *float64
	most float64
}

func (v *metresValue) String() string { return strconv.FormatFloat(*v.into, 'g', -1, 64) }
func (v *metresValue) Type() string   { return "float64" }

func (v *metresValue) Set(text string) error {
	m, err := strconv.ParseFloat(text, 64)
	if err != nil || !(m >= 0 && m <= v.most) { // also NaN
		return i18n.Errorf("write 0 to %s metres", "应为 0 至 %s 米", strconv.FormatFloat(v.most, 'f', -1, 64))
	}
	*v.into = m
	return nil
}

// RateFlag defines a flag that takes a finite number above 0.
func RateFlag(f *pflag.FlagSet, into *float64, name string, def float64, usage string) {
	*into = def
	f.Var(&rateValue{into}, name, usage)
}

type rateValue struct{ into *float64 }

func (v *rateValue) String() string { return strconv.FormatFloat(*v.into, 'g', -1, 64) }
func (v *rateValue) Type() string   { return "float64" }

func (v *rateValue) Set(text string) error {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0) || math.IsInf(n, 0) {
		return i18n.Errorf("write a number above 0", "应为大于 0 的数")
	}
	*v.into = n
	return nil
}

// SpanFlag defines a flag that takes a duration of least or longer.
func SpanFlag(f *pflag.FlagSet, into *time.Duration, name string, def, least time.Duration, usage string) {
	*into = def
	f.Var(&spanValue{into, least}, name, usage)
}

// mostDays bounds a length of time in days: a hundred years.
const mostDays = 36_500

// parseSpan reads a length of time: as Go writes it, or whole days. Example: "30d".
func parseSpan(text string) (time.Duration, error) {
	days, ok := strings.CutSuffix(text, "d")
	if !ok {
		return time.ParseDuration(text)
	}
	n, err := strconv.Atoi(days)
	if err == nil && (n < 0 || n > mostDays) {
		err = strconv.ErrRange
	}
	return time.Duration(n) * 24 * time.Hour, err
}

type spanValue struct {
	into  *time.Duration
	least time.Duration
}

func (v *spanValue) String() string { return v.into.String() }
func (v *spanValue) Type() string   { return "duration" }

func (v *spanValue) Set(text string) error {
	d, err := parseSpan(text)
	if err != nil {
		t := kindText("duration")
		return i18n.Errorf("%[1]s", "%[2]s", t.En, t.Zh)
	}
	if d < v.least {
		return i18n.Errorf("write %s or longer", "不得短于 %s", v.least)
	}
	*v.into = d
	return nil
}

// Degrees parses a latitude or longitude in degrees. It refuses infinities and NaN.
func Degrees(text string) (*float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return nil, i18n.Errorf("%q is not a number of degrees", "%q 不是度数", text)
	}
	return &n, nil
}

// EnumWord is the short name of an enum's value: "force_close" of APPROVAL_KIND_FORCE_CLOSE; "" of the unspecified one.
func EnumWord(name, prefix string) string {
	if name = strings.TrimPrefix(name, prefix); name == "UNSPECIFIED" {
		return ""
	}
	return strings.ToLower(name)
}
