// Package apierr turns what went wrong with a call into a gRPC status: the code, a message in the caller's
// language, and details that a program can read.
package apierr

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"wangge/api/auth"
	"wangge/dispatch/i18n"
)

// Fail builds a status with an ErrorInfo in the caller's language.
func Fail(ctx context.Context, code codes.Code, reason string, text i18n.Text, meta map[string]string,
	details ...protoadapt.MessageV1,
) error {
	st := status.New(code, text.In(auth.LanguageOf(ctx)))
	all := append([]protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: reason, Domain: "wangge", Metadata: meta}}, details...)
	if rich, err := st.WithDetails(all...); err == nil {
		st = rich
	}
	return st.Err()
}

// An error stays below what a client takes as metadata (commonly 8 KiB, where a Chinese character
// costs nine bytes): what is quoted is clipped, and after this many Violations the rest is counted.
const (
	MaxQuoted = 60 // characters
	MaxListed = 16 // violations
)

// Clip shortens what a caller sent before it is quoted back.
func Clip(text string) string {
	n := 0
	for i := range text {
		if n++; n > MaxQuoted {
			return text[:i] + "…"
		}
	}
	return text
}

// Violation says what is wrong with one field of a request.
type Violation = errdetails.BadRequest_FieldViolation

// Violations collects everything that is wrong with the fields of a request. Not safe for concurrent use.
type Violations struct {
	ctx   context.Context // of the call, for the caller's language
	under string          // the field that Add's fields are parts of; "" = the request
	list  []*Violation
}

// For returns empty violations, to be worded in the language of the caller of ctx.
func For(ctx context.Context) Violations { return Violations{ctx: ctx} }

// Under says that the fields of Add, until the function that it returns is called, are parts of a field.
func (f *Violations) Under(field string) (end func()) {
	was := f.under
	f.under = f.full(field)
	return func() { f.under = was }
}

// full is the name of a field from the request on.
func (f *Violations) full(field string) string {
	if f.under == "" {
		return field
	}
	return f.under + "." + field
}

// Add notes that a field is wrong.
func (f *Violations) Add(field string, text i18n.Text) {
	f.list = append(f.list, &Violation{Field: f.full(field), Description: text.In(auth.LanguageOf(f.ctx))})
}

// Len is how many violations there are.
func (f *Violations) Len() int { return len(f.list) }

// Has reports whether a field has a violation.
func (f *Violations) Has(field string) bool {
	field = f.full(field)
	return slices.ContainsFunc(f.list, func(v *Violation) bool { return v.GetField() == field })
}

// Err returns nil without violations, and otherwise INVALID_ARGUMENT that lists them in the message and in the details.
// Beyond MaxListed the rest is counted.
func (f *Violations) Err() error {
	if len(f.list) == 0 {
		return nil
	}
	shown := Violations{ctx: f.ctx, list: f.list[:min(len(f.list), MaxListed):min(len(f.list), MaxListed)]}
	if more := len(f.list) - MaxListed; more > 0 {
		shown.Add("…", i18n.F("and %d more", "另有 %d 处", more))
	}
	en, zh := make([]string, len(shown.list)), make([]string, len(shown.list))
	for i, v := range shown.list {
		en[i], zh[i] = v.Field+": "+v.Description, v.Field+"："+v.Description
	}
	return Fail(f.ctx, codes.InvalidArgument, "BAD_REQUEST", i18n.Text{En: strings.Join(en, "; "), Zh: strings.Join(zh, "；")}, nil,
		&errdetails.BadRequest{FieldViolations: shown.list})
}

// Field is INVALID_ARGUMENT for one field.
func Field(ctx context.Context, field string, text i18n.Text) error {
	f := For(ctx)
	f.Add(field, text)
	return f.Err()
}

// TooMany is the refusal at a bound of one person or of the service: RESOURCE_EXHAUSTED, to be tried again after 5 seconds.
func TooMany(ctx context.Context, reason string, text i18n.Text) error {
	return Fail(ctx, codes.ResourceExhausted, reason, text, nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(5 * time.Second)})
}

// Internal is the answer when the service itself is at fault. What happened goes to the log alone.
func Internal(ctx context.Context) error {
	return Fail(ctx, codes.Internal, "INTERNAL", i18n.F("something went wrong on our side; it has been logged", "服务内部错误，已记录"), nil)
}
