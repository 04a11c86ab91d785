package records

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"wangge/dispatch/city/sheets/csvfile"
	"wangge/dispatch/i18n"
)

// A RefusedFile is the CSV of refused records: a column of reasons, then the columns of the imported file. It is written beside its place
// and moved there when the import has ended.
type RefusedFile struct {
	name   string // "" = free in dir
	dir    string
	base   string
	lang   string
	f      *os.File
	w      *csv.Writer
	placed string
}

// NewRefusedFile returns the file for refused records of the file of. It overwrites the file name; if name is empty it takes a free name in
// the directory data. No file is made before the first record.
func NewRefusedFile(name, data, of, lang string) *RefusedFile {
	base := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(of), ".gz"), filepath.Ext(strings.TrimSuffix(of, ".gz")))
	return &RefusedFile{name: name, dir: data, base: strings.TrimSuffix(base, "-refused") + "-refused", lang: lang}
}

// add writes one record, after the header if it is the first.
func (r *RefusedFile) add(head, cells []string, why string) error {
	if r.f == nil {
		if err := r.begin(head); err != nil {
			return err
		}
	}
	row := append(make([]string, 0, len(cells)+1), why)
	for _, c := range cells {
		row = append(row, csvfile.Inert(c))
	}
	return r.w.Write(row)
}

func (r *RefusedFile) begin(head []string) (err error) {
	dir := r.dir
	if r.name != "" {
		dir = filepath.Dir(r.name)
	}
	if r.f, err = os.CreateTemp(dir, ".refused-*"); err != nil {
		return err
	}
	if _, err := io.WriteString(r.f, "\ufeff"); err != nil { // so that a spreadsheet reads it as UTF-8
		return err
	}
	r.w = csv.NewWriter(r.f)
	return r.w.Write(append([]string{refusedColumn.In(r.lang)}, head...))
}

// save ends the file and moves it to its place. If no record was refused, the file is only made if it was asked for by name. r may be nil.
func (r *RefusedFile) save(head []string) error {
	if r == nil {
		return nil
	}
	if r.f == nil {
		if r.name == "" {
			return nil
		}
		if err := r.begin(head); err != nil {
			return errors.Join(err, r.discard())
		}
	}
	r.w.Flush()
	err := errors.Join(r.w.Error(), r.f.Sync(), r.f.Close())
	at := r.name
	if err == nil && at == "" {
		at, err = r.free()
	}
	if err == nil {
		err = os.Rename(r.f.Name(), at)
	}
	if err != nil {
		return errors.Join(err, os.Remove(r.f.Name()))
	}
	r.f, r.placed = nil, at
	return nil
}

// mostFiles is the most files of refused records of one name in a data directory.
const mostFiles = 1000

// free is an unused name, or the name of a file with the same records: a person may be correcting the others.
func (r *RefusedFile) free() (string, error) {
	is, err := os.ReadFile(r.f.Name())
	if err != nil {
		return "", err
	}
	for n := 1; n <= mostFiles; n++ {
		at := filepath.Join(r.dir, r.base+".csv")
		if n > 1 {
			at = filepath.Join(r.dir, fmt.Sprintf("%s-%d.csv", r.base, n))
		}
		if was, err := os.ReadFile(at); errors.Is(err, os.ErrNotExist) || err == nil && bytes.Equal(was, is) {
			return at, nil
		}
	}
	return "", i18n.Errorf("%[1]s holds %[2]d files of refused records; remove some, or name one with --refused", "%[1]s 中已有 %[2]d 个未接受记录文件；请删除一些，或以 --refused 指定文件名", r.dir, mostFiles)
}

// discard removes what was written. r may be nil.
func (r *RefusedFile) discard() error {
	if r == nil || r.f == nil {
		return nil
	}
	return errors.Join(r.f.Close(), os.Remove(r.f.Name()))
}

// saved is the name of the file; "" if there is none.
func (r *RefusedFile) saved() string {
	if r == nil {
		return ""
	}
	return r.placed
}
