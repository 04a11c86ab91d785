package cli

import (
	"errors"
	"io"
	"time"
)

// Options are the flags that every command has.
type Options struct {
	JSON  bool
	Lang  string // zh or en
	Files writeGate
}

// Printer returns a printer to w in the language of --lang. Times are printed in zone, which may be nil if none is printed.
func (o *Options) Printer(w io.Writer, zone *time.Location) Printer { return Printer{w, o.Lang, zone} }

// The exit codes: 0 ok, 1 the command found something wrong, 2 wrong usage. For signals see interruptedError.
const (
	codeOK = iota
	codeWrong
	codeUsage
)

// ErrFound is the error of a command that has already printed what is wrong. The exit code is 1.
var ErrFound = errors.New("found something wrong")

// workError is a failure of the work, not of the call.
type workError struct{ error }

// Failure marks err as a failure of the work, not of the call: the exit code is 1 and nothing is said of usage. The exit code of any
// other error is 2.
func Failure(err error) error { return workError{err} }

// Unwrap returns the error that Failure was given.
func (e workError) Unwrap() error { return e.error }

// DefaultListen is the address on which serve listens and which clients call.
const DefaultListen = "127.0.0.1:7443"
