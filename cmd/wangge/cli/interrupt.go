package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
)

// interruptedError is the error of a command that a signal has interrupted. The exit code is 128 plus the number of the signal, as in
// shells: 130 after SIGINT, 143 after SIGTERM.
type interruptedError struct{ signal os.Signal }

// Error implements error, in English.
func (e interruptedError) Error() string { return e.Localized().En }

// Localized returns the sentence in both languages.
func (e interruptedError) Localized() i18n.Text {
	return i18n.F("interrupted (%v)", "已中断（%v）", e.signal)
}

// code is the exit code.
func (e interruptedError) code() int {
	if s, ok := e.signal.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return codeWrong
}

// interrupts cancels the context at the first signal, with an interruptedError as its cause, and exits at the second.
func interrupts(cancel context.CancelCauseFunc, signals <-chan os.Signal, exit func(code int)) {
	cancel(interruptedError{<-signals})
	exit(interruptedError{<-signals}.code())
}

// Signals returns a context that the first SIGINT or SIGTERM cancels. The second ends the process at once.
func Signals() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go interrupts(cancel, signals, os.Exit)
	return ctx
}

// computes is the annotation of a command that does not watch its context while it computes.
const computes = "computes"

// LongRunning marks commands that compute for seconds without watching their context. Run ends them at a signal all the same: files
// that are being written by Options.Files are completed, and no others are begun.
func LongRunning(commands ...*cobra.Command) {
	for _, c := range commands {
		c.Annotations = map[string]string{computes: "yes"}
	}
}

// interruptible makes the commands below cmd that LongRunning has marked end with their context.
func interruptible(o *Options, cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		interruptible(o, c)
	}
	if cmd.Annotations[computes] == "" {
		return
	}
	compute := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		done := make(chan error, 1)
		go func() { done <- compute(cmd, args) }()
		select {
		case err := <-done:
			return err
		case <-cmd.Context().Done():
			o.Files.close()
			return context.Cause(cmd.Context())
		}
	}
}

// A writeGate lets a command write files until the command is interrupted. The zero value is open. Safe for concurrent use.
type writeGate struct {
	mu    sync.Mutex
	ended bool
}

// Do calls write, or returns an error if the gate is closed.
func (w *writeGate) Do(write func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return fmt.Errorf("write: %w", context.Canceled)
	}
	return write()
}

// close waits for the write in progress and closes the gate.
func (w *writeGate) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}

// interruption returns the signal that ended a command with err, if one did: the context was cancelled by a signal, and err says no more
// than that.
func interruption(ctx context.Context, err error) (e interruptedError, ok bool) {
	e, ok = errors.AsType[interruptedError](context.Cause(ctx))
	return e, ok && (errors.Is(err, context.Canceled) || errors.Is(err, e))
}
