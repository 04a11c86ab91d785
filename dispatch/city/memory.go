package city

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// FS returns the directory as a read-only file system. The directory must not change while the file system is in use.
func (d Directory) FS() fs.FS { return memory(d) }

// memory holds files by path. A folder exists if a file lies in the folder. A file whose name is not a valid path is in
// no list. A name of a file is never a folder as well: what lies below such a name is in no list.
type memory map[string][]byte

// Open implements fs.FS.
func (m memory) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if data, ok := m[name]; ok {
		return &openFile{bytes.NewReader(data), entry{path.Base(name), int64(len(data)), 0o444}}, nil
	}
	list := m.entries(name)
	if list == nil && name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &openFolder{entry{path.Base(name), 0, fs.ModeDir | 0o555}, list}, nil
}

// ReadFile implements fs.ReadFileFS.
func (m memory) ReadFile(name string) ([]byte, error) {
	data, ok := m[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return bytes.Clone(data), nil
}

// entries lists the direct entries of a folder by name; nil if there are none.
func (m memory) entries(folder string) []fs.DirEntry {
	found := map[string]entry{}
	for name, data := range m {
		if !fs.ValidPath(name) { // "./x" would make the folder an entry of itself
			continue
		}
		rest, within := name, folder == "."
		if !within {
			rest, within = strings.CutPrefix(name, folder+"/")
		}
		if !within {
			continue
		}
		first, _, deeper := strings.Cut(rest, "/")
		if !deeper {
			found[first] = entry{first, int64(len(data)), 0o444}
		} else if _, known := found[first]; !known {
			found[first] = entry{first, 0, fs.ModeDir | 0o555}
		}
	}
	var out []fs.DirEntry
	for _, e := range found {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out
}

// entry describes a file or folder.
type entry struct {
	name string
	size int64
	mode fs.FileMode
}

func (e entry) Name() string               { return e.name }
func (e entry) Size() int64                { return e.size }
func (e entry) Mode() fs.FileMode          { return e.mode }
func (e entry) Type() fs.FileMode          { return e.mode.Type() }
func (e entry) ModTime() time.Time         { return time.Time{} }
func (e entry) IsDir() bool                { return e.mode.IsDir() }
func (e entry) Sys() any                   { return nil }
func (e entry) Info() (fs.FileInfo, error) { return e, nil }

// openFile is an open file.
type openFile struct {
	*bytes.Reader
	entry
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.entry, nil }
func (f *openFile) Size() int64                { return f.size }
func (f *openFile) Close() error               { return nil }

// openFolder is an open folder; rest holds the entries that ReadDir has not returned yet.
type openFolder struct {
	entry
	rest []fs.DirEntry
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return f.entry, nil }
func (f *openFolder) Close() error               { return nil }

func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.name, Err: fs.ErrInvalid}
}

// ReadDir implements fs.ReadDirFile.
func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(f.rest)
	} else if len(f.rest) == 0 {
		return nil, io.EOF
	}
	out := f.rest[:min(n, len(f.rest))]
	f.rest = f.rest[len(out):]
	return out, nil
}
