package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	berrors "go.etcd.io/bbolt/errors"
	"google.golang.org/grpc/codes"
)

// failureJSON is the one line that a command prints on standard error when it fails with --json. Code is the name of a gRPC status
// code, Field a field of the request as the wire names it, and Flag the flag or argument that fills the field.
type failureJSON struct {
	Code    string      `json:"code"`
	Field   string      `json:"field,omitempty"`
	Flag    string      `json:"flag,omitempty"`
	Message string      `json:"message"`
	Fields  []fieldJSON `json:"fields,omitempty"` // every faulty field, the first of which is Field
	Faults  []FaultJSON `json:"faults,omitempty"` // of a city directory that does not load
}

// fieldJSON is a faulty field of a request.
type fieldJSON struct {
	Field   string `json:"field"`
	Flag    string `json:"flag,omitempty"`
	Message string `json:"message"`
}

// wantsJSON reports whether the arguments ask for JSON. It also works for arguments that can't be parsed.
func wantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}

// printFailure prints the error of a command, for people or as JSON. cmd is nil if the call was not parsed.
func printFailure(w io.Writer, lang string, asJSON bool, cmd *cobra.Command, err error) {
	_, wrong := errors.AsType[workError](err)
	text := i18n.Of(err)
	if errors.Is(err, berrors.ErrTimeout) { // the engine's own words are English
		text.Zh = "数据目录正被另一进程使用；请先停止该进程"
	}
	if !wrong {
		text = usageText(cmd, err)
	}
	if asJSON {
		_ = json.NewEncoder(w).Encode(failureOf(cmd, err, text, lang, wrong)) // nobody is left to tell
		return
	}
	if _, listed := errors.AsType[*faultsError](err); listed {
		fmt.Fprintln(w, text.In(lang))
		return
	}
	if !wrong {
		text = i18n.F("%[1]s\nSee wangge help.", "%[2]s\n用法见 wangge help --lang zh。", text.En, text.Zh)
	}
	fmt.Fprintln(w, "wangge:", text.In(lang))
}

// failureOf describes an error as JSON; text is the error in words.
func failureOf(cmd *cobra.Command, err error, text i18n.Text, lang string, wrong bool) failureJSON {
	out := failureJSON{Code: codeOf(err, wrong), Message: text.In(lang)}
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		out.Flag = "--" + bad.GetFlag().Name
	}
	if bare, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		out.Flag = dashed(bare.GetSpecifiedName())
	}
	if flags := notGiven(err); len(flags) > 0 {
		out.Flag = flags[0]
	}
	if faults, ok := errors.AsType[*faultsError](err); ok {
		out.Faults = FaultRows(lang, faults.faults)
		out.Message = i18n.F("%[1]d {fault|faults} in %[2]s", "%[3]s有 %[1]d 处错误", len(out.Faults), faults.in.En, faults.in.Zh).In(lang)
	}
	if call, ok := errors.AsType[*callError](err); ok {
		out.Fields = call.fields(cmd)
		if out.Message = call.message.In(lang); len(out.Fields) > 0 {
			out.Field, out.Flag, out.Message = out.Fields[0].Field, out.Fields[0].Flag, out.Fields[0].Message
		}
	}
	return out
}

// codeOf is the name of the gRPC status code for an error.
func codeOf(err error, wrong bool) string {
	is := codes.FailedPrecondition
	call, called := errors.AsType[*callError](err)
	switch {
	case called:
		is = call.status.Code()
	case !wrong:
		is = codes.InvalidArgument
	case errors.Is(err, fs.ErrNotExist):
		is = codes.NotFound
	case errors.Is(err, fs.ErrPermission):
		is = codes.PermissionDenied
	}
	return codeName(is)
}

// faultsError holds the diagnostics of files that can't be used. They are printed one a line.
type faultsError struct {
	in     i18n.Text // the files. Example: "the city directory"
	faults []diag.Diagnostic
}

// CityFaults is the Failure of a command whose city directory does not compile.
func CityFaults(faults []diag.Diagnostic) error {
	return Failure(&faultsError{i18n.F("the city directory", "城市目录"), faults})
}

// SettingsFaults is the Failure of a command whose files of settings can't be used.
func SettingsFaults(faults []diag.Diagnostic) error {
	return Failure(&faultsError{i18n.F("the settings", "设置文件"), faults})
}

func (e *faultsError) Error() string { return e.Localized().En }

// Localized returns the diagnostics in both languages, one a line: file, line, what is wrong, what to write instead.
func (e *faultsError) Localized() i18n.Text {
	var en, zh []string
	for _, f := range e.faults {
		en = append(en, faultLine(f, "en"))
		zh = append(zh, faultLine(f, "zh"))
	}
	return i18n.Text{En: strings.Join(en, "\n"), Zh: strings.Join(zh, "\n")}
}

// faultLine is a diagnostic on one line.
func faultLine(f diag.Diagnostic, lang string) string {
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, Remedied(f.Message, f.Suggestion).In(lang))
}

// Remedied is what is wrong, and what to write instead.
func Remedied(wrong, suggestion i18n.Text) i18n.Text {
	return i18n.F("%[1]s; %[2]s", "%[1]s；%[2]s", wrong, suggestion)
}
