package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	berrors "go.etcd.io/bbolt/errors"
	"google.golang.org/grpc/codes"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// failureJSON is what a command that fails prints on standard error with --json, in one line. The names are the
// wire's: code is a gRPC status code, field a field of the request; flag is how the field is typed here.
type failureJSON struct {
	Code    string      `json:"code"`
	Field   string      `json:"field,omitempty"`
	Flag    string      `json:"flag,omitempty"`
	Message string      `json:"message"`
	Fields  []fieldJSON `json:"fields,omitempty"` // every faulty field, the first of which is Field
	Faults  []FaultJSON `json:"faults,omitempty"` // of a city directory that does not load
}

type fieldJSON struct {
	Field   string `json:"field"`
	Flag    string `json:"flag,omitempty"`
	Message string `json:"message"`
}

// wantsJSON says whether the arguments ask for JSON. A call that can't be parsed is answered in JSON, too.
func wantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}

// printFailure prints the error of a command, for people or as JSON. cmd may be nil: the call was never parsed.
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
		out.Message = i18n.F("%[1]d faults in the city directory", "城市目录有 %[1]d 处错误", len(out.Faults)).In(lang)
	}
	if call, ok := errors.AsType[*callError](err); ok {
		out.Fields = call.fields(cmd)
		if out.Message = call.message.In(lang); len(out.Fields) > 0 {
			out.Field, out.Flag, out.Message = out.Fields[0].Field, out.Fields[0].Flag, out.Fields[0].Message
		}
	}
	return out
}

// codeOf is the gRPC status code that fits an error, by its name on the wire.
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

// faultsError is the faults of a city directory that does not load. They are printed one on a line.
type faultsError struct{ faults []diag.Diagnostic }

// CityFaults is the failure of a command whose city directory does not load.
func CityFaults(faults []diag.Diagnostic) error { return Failure(&faultsError{faults}) }

func (e *faultsError) Error() string { return e.Said().En }

// Said is the faults in both languages, one on a line: file, line, what is wrong, what to write instead.
func (e *faultsError) Said() i18n.Text {
	var en, zh []string
	for _, f := range e.faults {
		en = append(en, faultLine(f, "en"))
		zh = append(zh, faultLine(f, "zh"))
	}
	return i18n.Text{En: strings.Join(en, "\n"), Zh: strings.Join(zh, "\n")}
}

// faultLine is a fault for people.
func faultLine(f diag.Diagnostic, lang string) string {
	return fmt.Sprintf("%s:%d: %s; %s", f.File, f.Line, f.Message.In(lang), f.Suggestion.In(lang))
}
