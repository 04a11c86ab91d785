package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"wangge/dispatch/i18n"
)

// interruptedError ends a command that a signal has interrupted. The exit code is 128 and the signal's
// number, as shells count: 130 after SIGINT, 143 after SIGTERM.
type interruptedError struct{ signal os.Signal }

// Error implements error, in English.
func (e interruptedError) Error() string { return e.Said().En }

// Said is the sentence in both languages.
func (e interruptedError) Said() i18n.Text {
	return i18n.F("interrupted (%v)", "已中断（%v）", e.signal)
}

func (e interruptedError) code() int {
	if s, ok := e.signal.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return codeWrong
}

// interrupts ends the context with an interruptedError at the first signal and the process at the second.
func interrupts(cancel context.CancelCauseFunc, signals <-chan os.Signal, exit func(code int)) {
	cancel(interruptedError{<-signals})
	exit(interruptedError{<-signals}.code())
}

// Signals is a context that the first SIGINT or SIGTERM ends; the second ends the process at once.
func Signals() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go interrupts(cancel, signals, os.Exit)
	return ctx
}

// computes is the annotation of a command that computes for long without a look at its context.
const computes = "computes"

// LongRunning marks commands that compute for long without a look at their context: a signal ends them all the same.
func LongRunning(commands ...*cobra.Command) {
	for _, c := range commands {
		c.Annotations = map[string]string{computes: "yes"}
	}
}

// interruptible lets the computing commands of a tree end when their context does. Files that are being
// written by then are written to their ends; none is begun afterwards.
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

// writeGate are the files that a command writes; see interruptible. The zero writes is ready.
type writeGate struct {
	mu    sync.Mutex
	ended bool
}

// Do writes files, or nothing once the command has been interrupted.
func (w *writeGate) Do(write func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return fmt.Errorf("write: %w", context.Canceled)
	}
	return write()
}

// close waits for the files that are being written; no others are written any more.
func (w *writeGate) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}

// interruption is what ended a command: the error of its context when a signal has ended that one, and err
// says no more.
func interruption(ctx context.Context, err error) (e interruptedError, ok bool) {
	e, ok = errors.AsType[interruptedError](context.Cause(ctx))
	return e, ok && (errors.Is(err, context.Canceled) || errors.Is(err, e))
}
