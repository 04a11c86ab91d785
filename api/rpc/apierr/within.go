package apierr

import "errors"

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

// Within says in which part of a request an error arose; nil stays nil.
func Within(prefix string, err error) error {
	if err == nil {
		return nil
	}
	return &withinError{prefix, err}
}

// prefixOf is the prefix of the part of a request that an error is about.
func prefixOf(err error) string {
	if part, ok := errors.AsType[*withinError](err); ok {
		return part.prefix
	}
	return ""
}
