package city

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
)

// A directory in memory is a file system as io/fs wants one.
func TestDirectory_FS(t *testing.T) {
	t.Parallel()
	d := Directory{"city.yaml": []byte("name: x\n"), "people.csv": nil, "holidays/2026.json": []byte("{}"), "holidays/2027.ics": []byte("x")}
	if err := fstest.TestFS(d.FS(), "city.yaml", "people.csv", "holidays/2026.json", "holidays/2027.ics"); err != nil {
		t.Error(err)
	}
	if err := fstest.TestFS(Directory{}.FS()); err != nil {
		t.Error(err)
	}
}

// A file that is not there is missed in the same words as in a directory on disk.
func TestDirectory_FSNamesAMissingFile(t *testing.T) {
	t.Parallel()
	_, err := fs.ReadFile(Directory{}.FS(), "rules.csv")
	if want := "open rules.csv: file does not exist"; !errors.Is(err, fs.ErrNotExist) || err.Error() != want {
		t.Errorf("ReadFile = %v, want %q", err, want)
	}
}

// Names that no directory on disk can hold are refused. Until they are, they change nothing: neither the walk through
// the directory ends the process, nor is its revision one time this and one time that.
func TestDirectory_NamesThatAreNoPaths(t *testing.T) {
	t.Parallel()
	want := Directory{"city.yaml": []byte("x"), "a.csv": []byte("1")}.Revision()
	for _, name := range []string{
		"./b.csv", "./././b.csv", "/b.csv", "//b.csv", "a//b.csv", "b/./c.csv", "b/../c.csv", "../c.csv", "", "a.csv/", "a.csv/b.csv", "a.csv/b/c.csv", "\xff.csv",
	} {
		d := Directory{"city.yaml": []byte("x"), "a.csv": []byte("1"), name: []byte("2")}
		for range 20 { // the order of a map differs from run to run
			if got := d.Revision(); got != want {
				t.Errorf("%q: revision %s, want %s", name, got, want)
				break
			}
		}
		if bad := d.Check(); len(bad) != 1 || bad[0].File != name {
			t.Errorf("%q: Check = %v, want a refusal of the name", name, bad)
		}
	}
}
