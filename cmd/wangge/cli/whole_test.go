package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A file is replaced whole or not at all: what stood there stays when it can't be written to its end, nothing is left
// beside it, and its mode and links stay.
func TestWriteFiles_WholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, link := filepath.Join(dir, "a.csv"), filepath.Join(dir, "link.csv")
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	reads := func(name, want string) {
		t.Helper()
		if is, err := os.ReadFile(name); err != nil || string(is) != want {
			t.Errorf("%s reads %q, %v, want %q", name, is, err, want)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
			t.Errorf("%v are left", left)
		}
	}
	check(WriteFile(file, []byte("first")))
	reads(file, "first")
	check(os.Chmod(file, 0o640))
	check(os.Symlink("a.csv", link))

	broken := errors.New("broken")
	if err := WriteWith(file, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, broken)
	}); !errors.Is(err, broken) || !strings.Contains(err.Error(), file) {
		t.Errorf("toFile = %v, want %v and the file's name", err, broken)
	}
	reads(file, "first")

	check(WriteWith(link, func(w io.Writer) error { _, err := io.WriteString(w, "second"); return err }))
	reads(file, "second")
	if is, err := os.Lstat(link); err != nil || is.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", is.Mode(), err)
	}
	if is, err := os.Stat(file); err != nil || is.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v, %v", is.Mode(), err)
	}

	if err := WriteFiles(map[string][]byte{file: []byte("third"), filepath.Join(dir, "none", "b.csv"): nil}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("writeFiles = %v, want that a directory is missing", err)
	}
	reads(file, "second")
	if err := WriteFiles(map[string][]byte{file: []byte("third"), dir: nil}); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("writeFiles = %v, want that one is a directory", err)
	}
	reads(file, "second")
}

// A pipe is written as it comes, and stays a pipe.
func TestWriteFiles_Pipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	got := make(chan string)
	go func() {
		b, err := os.ReadFile(pipe)
		got <- string(b)
		if err != nil {
			t.Error(err)
		}
	}()
	if err := WriteFile(pipe, []byte("all of it")); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "all of it" {
		t.Errorf("the pipe brought %q", s)
	}
	if is, err := os.Lstat(pipe); err != nil || is.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe is %v, %v", is.Mode(), err)
	}
}
