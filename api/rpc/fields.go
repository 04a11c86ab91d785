package rpc

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/dispatch/i18n"
)

// withinError is an error about a part of a request: the names of the fields that it comes to name begin with
// the prefix. Example: "reports[3].".
type withinError struct {
	prefix string
	err    error
}

// Error implements error.
func (e *withinError) Error() string { return e.prefix + " " + e.err.Error() }

// Unwrap gives the error itself.
func (e *withinError) Unwrap() error { return e.err }

// within says in which part of a request an error arose; nil stays nil.
func within(prefix string, err error) error {
	if err == nil {
		return nil
	}
	return &withinError{prefix, err}
}

// Instants of requests lie between these years: all that calendars and stored records can reckon with.
const (
	firstYear = 1900
	lastYear  = 2200
)

// instant reads an instant; unset when the request has none.
func instant(ctx context.Context, f *faults, at string, ts *timestamppb.Timestamp, unset time.Time) time.Time {
	if ts == nil {
		return unset
	}
	t := ts.AsTime()
	if ts.CheckValid() != nil || t.Year() < firstYear || t.Year() > lastYear {
		f.add(ctx, at, i18n.F("is no instant of the years %[1]d to %[2]d", "不是 %[1]d 至 %[2]d 年间的有效时间", firstYear, lastYear))
		return unset
	}
	return t
}
