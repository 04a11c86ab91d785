package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// child is this binary as the command wangge.
func child(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Path = filepath.Join(t.TempDir(), "wangge")
	if err := os.Symlink(mustExecutable(t), cmd.Path); err != nil {
		t.Fatal(err)
	}
	cmd.Args[0] = cmd.Path
	cmd.Env = append(os.Environ(), "LANG=zh_CN.UTF-8", "LC_ALL=", "LC_MESSAGES=")
	return cmd
}

// stuck makes a pipe that a command reads and that never ends. The command is at work as soon as opened
// returns: it has begun to read, which no look at a context ends.
func stuck(t *testing.T, name string) (opened func()) {
	t.Helper()
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		w, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.Close() })
	}
}

// A first SIGTERM or SIGINT ends a command that computes, with the code of the signal and with nothing written.
func TestInterrupt_EndsACommandThatComputes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		args   []string // CITY and FILE are the pipe's directory, and the pipe
		signal syscall.Signal
		code   int
	}{
		{"check", []string{"city", "check", "CITY", "--geojson", "OUT"}, syscall.SIGTERM, 143},
		{"check with ^C", []string{"city", "check", "CITY"}, syscall.SIGINT, 130},
		{"import", []string{"city", "import", "FILE", "OUT"}, syscall.SIGTERM, 143},
		{"import into a city", []string{"city", "import", "FILE", "OUT", "--json"}, syscall.SIGINT, 130},
		{"prove", []string{"city", "prove", "CITY", "--geojson", "OUT"}, syscall.SIGTERM, 143},
		{"grid", []string{"city", "grid", "CITY", "--csv", "OUT"}, syscall.SIGTERM, 143},
		{"export", []string{"city", "export", "CITY", "--xlsx", "OUT"}, syscall.SIGTERM, 143},
		{"on-duty", []string{"on-duty", "45.7", "126.6", "E0401", "--city", "CITY"}, syscall.SIGTERM, 143},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
			file := filepath.Join(dir, "people.csv")
			opened := stuck(t, file)
			args := slices.Clone(tt.args)
			for i, a := range args {
				switch a {
				case "CITY":
					args[i] = dir
				case "FILE":
					args[i] = file
				case "OUT":
					args[i] = out
				}
			}
			cmd := child(t, args...)
			var errs bytes.Buffer
			cmd.Stderr = &errs
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			opened()
			if err := cmd.Process.Signal(tt.signal); err != nil {
				t.Fatal(err)
			}
			err := cmd.Wait()
			if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != tt.code {
				t.Errorf("ended with %v, want exit status %d", err, tt.code)
			}
			if !strings.Contains(errs.String(), "已中断") && !strings.Contains(errs.String(), "CANCELLED") {
				t.Errorf("it says %q", errs.String())
			}
			if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("something was written: %v", err)
			}
		})
	}
}

// A server that has not begun to serve heeds the second signal at once; one that serves ends in good order
// at the first.
func TestInterrupt_SecondSignalEndsAServerAtOnce(t *testing.T) {
	dir := t.TempDir()
	opened := stuck(t, filepath.Join(dir, "people.csv"))
	cmd := child(t, "serve", "--city", dir, "--data", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	opened()
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	if e, ok := errors.AsType[*exec.ExitError](cmd.Wait()); !ok || e.ExitCode() != 143 && e.ExitCode() != 130 {
		t.Errorf("ended with %v, want exit status 130 or 143", e)
	}

	cmd = child(t, "serve", "--city", toyCity(t), "--data", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAtLeast(out, make([]byte, 1<<10), 1); err != nil { // the line that says where it listens
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("a server that is asked to end: %v", err)
	}
}
