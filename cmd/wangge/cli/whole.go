package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"wangge/dispatch/i18n"

	"github.com/google/renameio/v2"
)

// atomicFile is a file that replaces the file of its name when it is complete, or not at all. Mode and symbolic links are kept. A name
// that is no regular file, such as a pipe or a terminal, is written directly.
type atomicFile struct {
	io.Writer
	next  *renameio.PendingFile
	plain *os.File // instead of next
}

// createAtomic begins a file in a directory that exists. The caller ends it with commit or discard.
func createAtomic(name string) (*atomicFile, error) {
	w, at := &atomicFile{}, name
	switch was, err := os.OpenFile(name, os.O_WRONLY, 0); {
	case errors.Is(err, os.ErrNotExist):
	case err != nil: // also one that nobody may write
		return nil, err
	default:
		is, err := was.Stat()
		if err == nil && !is.Mode().IsRegular() {
			w.Writer, w.plain = was, was
			return w, nil
		}
		if err := errors.Join(err, was.Close()); err != nil {
			return nil, err
		}
		if at, err = filepath.EvalSymlinks(name); err != nil {
			return nil, err
		}
	}
	next, err := renameio.NewPendingFile(at,
		renameio.WithTempDir(filepath.Dir(at)), renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err != nil {
		return nil, err
	}
	w.Writer, w.next = next, next
	return w, nil
}

// write writes the content of the file to the disk.
func (w *atomicFile) write(data []byte) error {
	if _, err := w.Write(data); err != nil || w.next == nil {
		return err
	}
	return w.next.Sync()
}

// commit ends the file and puts it in its place.
func (w *atomicFile) commit() error {
	if w.plain != nil {
		return w.plain.Close()
	}
	return errors.Join(w.next.CloseAtomicallyReplace(), w.next.Cleanup())
}

// discard ends the file and leaves the old one in place.
func (w *atomicFile) discard() error {
	if w.plain != nil {
		return w.plain.Close()
	}
	return w.next.Cleanup()
}

// WriteWith writes a file by a function that writes its content, escaped as in plainWriter. The old file stays if anything fails.
func WriteWith(name string, write func(io.Writer) error) error {
	f, err := createAtomic(name)
	if err != nil {
		return Failure(err)
	}
	text := newPlainWriter(f)
	err = write(text)
	text.flush()
	if err != nil {
		return Failure(fmt.Errorf("%s: %w", name, errors.Join(err, f.discard())))
	}
	if err := f.commit(); err != nil {
		return Failure(err)
	}
	return nil
}

// WriteBytesWith writes a file by a function that writes its content, byte for byte. The old file stays if anything fails.
func WriteBytesWith(name string, write func(io.Writer) error) error {
	f, err := createAtomic(name)
	if err != nil {
		return Failure(err)
	}
	if err := write(f); err != nil {
		return Failure(fmt.Errorf("%s: %w", name, errors.Join(err, f.discard())))
	}
	if err := f.commit(); err != nil {
		return Failure(err)
	}
	return nil
}

// Free refuses the name of a file that exists already, unless the file may be replaced. A name that is no regular file, such as a pipe, is
// free.
func Free(name string, replace bool) error {
	switch is, err := os.Stat(name); {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return Failure(err)
	case is.Mode().IsRegular() && !replace:
		return i18n.Errorf("%s exists; --force replaces it", "%s 已存在；可用 --force 覆盖", name)
	}
	return nil
}

// WriteFile writes a file completely, or leaves the old one.
func WriteFile(name string, data []byte) error { return WriteFiles(map[string][]byte{name: data}) }

// WriteFiles writes files by name. All of them are on the disk before the first one is put in its place, so that nothing changes if
// one can't be written.
func WriteFiles(files map[string][]byte) (err error) {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	begun := make([]*atomicFile, 0, len(files))
	defer func() {
		for _, f := range begun {
			err = errors.Join(err, f.discard())
		}
	}()
	for _, name := range names {
		f, err := createAtomic(name)
		if err != nil {
			return err
		}
		begun = append(begun, f)
		if err := f.write(files[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for len(begun) > 0 {
		f := begun[0]
		begun = begun[1:]
		if err := f.commit(); err != nil {
			return err
		}
	}
	return nil
}
