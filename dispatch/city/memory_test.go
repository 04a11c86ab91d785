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
