package pages

import (
	"errors"
	"fmt"
	"io"
	"os"

	"wangge/storage"
)

// File reads the pages of one bbolt file. It is safe for concurrent use.
type File struct {
	Path    string // of the file; it appears in errors
	file    *os.File
	Derived bool // the file can be rebuilt from another one: see storage.DamageError
}

// Open opens a file for reading its pages. Error: *fs.PathError.
func Open(path string, derived bool) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &File{path, f, derived}, nil
}

// Close closes the file. A nil File is closed.
func (p *File) Close() error {
	if p == nil {
		return nil
	}
	return p.file.Close()
}

// Look calls at with the valid head page and returns that page. A file that ends before its last page is damaged.
func (p *File) Look(at func(*File, Head) error) (Head, error) {
	whole, _, err := p.Heads()
	if err != nil {
		return Head{}, err
	}
	is, err := p.file.Stat()
	if err != nil {
		return Head{}, err
	}
	if need := int64(whole[0].High) * whole[0].Size; is.Size() < need {
		return Head{}, p.Damage(storage.FileCut, is.Size(), "it has %d bytes of %d", is.Size(), need)
	}
	return whole[0], at(p, whole[0])
}

// Damage returns a damage of the file at a byte offset, -1 if the place is unknown.
func (p *File) Damage(kind storage.DamageKind, at int64, format string, args ...any) *storage.DamageError {
	return &storage.DamageError{Kind: kind, Path: p.Path, Offset: at, Detail: fmt.Sprintf(format, args...), Derived: p.Derived}
}

// bytes reads a part of the file into buf, which it grows if necessary.
func (p *File) bytes(at, size int64, buf *[]byte) ([]byte, error) {
	if int64(cap(*buf)) < size {
		*buf = make([]byte, size)
	}
	raw := (*buf)[:size]
	switch _, err := p.file.ReadAt(raw, at); {
	case errors.Is(err, io.EOF):
		return nil, p.Damage(storage.FileCut, at, "a page is behind its end")
	case err != nil:
		return nil, fmt.Errorf("read %s at byte %d: %w", p.Path, at, err)
	}
	return raw, nil
}
