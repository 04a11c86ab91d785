package apierr

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
)

// Scene is what the wording of an error depends on beside the error. City is the revision that the call sees.
type Scene struct {
	City *city.City
	Now  time.Time
}

// telling is one error that is being told to one caller.
type telling struct {
	Scene
	ctx    context.Context
	prefix string // of the names of fields
}

// field is INVALID_ARGUMENT for one field of the part of the request that the error is about.
func (t *telling) field(name string, text i18n.Text) error { return Field(t.ctx, t.prefix+name, text) }

// mapping makes the status of one kind of error, or nil of an error of another kind.
type mapping func(*telling, error) error

// as is the mapping of the errors of a type.
func as[E error](tell func(*telling, E) error) mapping {
	return func(t *telling, err error) error {
		if e, ok := errors.AsType[E](err); ok {
			return tell(t, e)
		}
		return nil
	}
}

// is is the mapping of errors that are worded alike whatever they hold. retry = 0: trying again does not help.
func is(code codes.Code, reason string, text i18n.Text, retry time.Duration, errs ...error) mapping {
	return func(t *telling, err error) error {
		if !slices.ContainsFunc(errs, func(e error) bool { return errors.Is(err, e) }) {
			return nil
		}
		if retry > 0 {
			return Fail(t.ctx, code, reason, text, nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(retry)})
		}
		return Fail(t.ctx, code, reason, text, nil)
	}
}

// table maps the errors of the packages below, in this order: an error may hold others as its cause, and the first
// mapping that knows one of them tells it.
var table = slices.Concat(requestErrors, caseErrors, storeErrors, cityErrors, tokenErrors)

// Status maps an error of a service to the status that the caller is sent. A status stays as it is, nil stays nil.
// ok is false if no mapping knows the error: then the service is at fault; see [Internal].
func Status(ctx context.Context, scene Scene, err error) (out error, ok bool) {
	if _, is := status.FromError(err); is {
		return err, true
	}
	t := &telling{Scene: scene, ctx: ctx, prefix: prefixOf(err)}
	for _, m := range table {
		if out := m(t, err); out != nil {
			return out, true
		}
	}
	return nil, false
}
