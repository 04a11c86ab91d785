package main

import (
	"errors"
	"io"
	"time"
)

// options are the flags that every command has, and what a command prints with.
type options struct {
	json  bool
	lang  string // zh or en
	files writes
}

// printer prints lines to w in the language of --lang and in a time zone; zone may be nil where no time is printed.
func (o *options) printer(w io.Writer, zone *time.Location) printer { return printer{w, o.lang, zone} }

// The exit codes: 0 ok, 1 the command found something wrong, 2 wrong usage. For the codes of signals see interruptedError.
const (
	codeOK = iota
	codeWrong
	codeUsage
)

// errFound ends a command that has already printed what is wrong. The exit code is 1.
var errFound = errors.New("found something wrong")

// wrongError is a failure of the work, not of the call. The exit code is 1; that of any other error is 2.
type wrongError struct{ error }

// Failure marks err as a failure of the work, not of the call: the exit code is 1 and nothing is said of usage.
func Failure(err error) error { return wrongError{err} }

// Unwrap implements the convention of errors.Unwrap.
func (e wrongError) Unwrap() error { return e.error }

// defaultListen is the address on which serve listens and which clients call.
const defaultListen = "127.0.0.1:7443"
