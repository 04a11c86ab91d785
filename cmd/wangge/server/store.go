package server

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/i18n"
	"wangge/storage"
	"wangge/storage/bolt"
)

// storeName is the name of the store in a data directory.
const storeName = "wangge.db"

// prepareStore makes an empty store in a data directory that is missing or empty, or in any directory without a store if fresh is set. A
// directory that holds other files but no store has lost its store: it is refused, and nothing is made.
func prepareStore(data string, fresh bool) error {
	path := filepath.Join(data, storeName)
	there, err := storeExists(data)
	switch {
	case err != nil:
		return storeError(err)
	case there && fresh:
		return i18n.Errorf("%s is there: --new makes a store where there is none", "%s 已存在：--new 只用于尚无存储的目录", path)
	case there:
		return nil
	}
	if !fresh {
		if err := refuseOrphans(data); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	return storeError(bolt.Create(path))
}

// storeExists reports whether a data directory has a store. An empty file, and a data directory that is no directory, are errors.
func storeExists(data string) (bool, error) {
	if err := requireDirectory(data); err != nil {
		return false, err
	}
	path := filepath.Join(data, storeName)
	at, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil && at.Mode().IsRegular() && at.Size() == 0 {
		err = storeError(&storage.DamageError{Kind: storage.FileEmpty, Path: path, Offset: -1})
	}
	return err == nil, err
}

// requireDirectory refuses a data directory that is a file, or a link to nothing. A missing one is fine.
func requireDirectory(data string) error {
	at, err := os.Stat(data)
	switch {
	case err == nil && !at.IsDir():
		return i18n.Errorf("%s is not a directory: --data names the directory of a store, not a file in it", "%s 不是目录：--data 应为存储所在的目录，而不是其中的文件", data)
	case errors.Is(err, fs.ErrNotExist):
		if to, err := os.Readlink(data); err == nil {
			return i18n.Errorf("%[1]s is a link to %[2]s, which is not there: is its disk mounted?", "%[1]s 是指向 %[2]s 的链接，而后者不存在：对应的磁盘是否已挂载？", data, to)
		}
	}
	return nil
}

// prepareTokens makes an empty store where a data directory is missing or empty, so that a server finds the tokens beside a store. In a
// directory with other files the tokens need no store; only the rests of a lost store are refused. To revoke a token no store is made:
// where there is nothing, there is no token.
func prepareTokens(data string, revoke bool) error {
	there, err := storeExists(data)
	if err != nil {
		return storeError(err)
	}
	names, err := otherFiles(data)
	if err != nil {
		return err
	}
	switch {
	case there:
	case len(names) == 0 && revoke:
		return requireStore(data)
	case len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, storeName) }):
		return nil
	}
	return prepareStore(data, false)
}

// otherFiles are the names of the files in a data directory besides its store. Files that a crash left while a store was being made, and
// files of the file system itself, do not count.
func otherFiles(data string) ([]string, error) {
	path := filepath.Join(data, storeName)
	entries, err := os.ReadDir(data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Name() != storeName && e.Name() != "lost+found" && !bolt.Unfinished(path, e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// refuseOrphans refuses a data directory that holds other files but no store.
func refuseOrphans(data string) error {
	names, err := otherFiles(data)
	if err != nil || len(names) == 0 {
		return err
	}
	listed := strings.Join(names[:min(len(names), 5)], ", ")
	return i18n.Errorf("%[1]s is missing, but %[2]s holds %[3]s: nothing was changed. Put back a backup of %[4]s; if this is to be a new store, give --new to wangge serve",
		"缺少 %[1]s，但 %[2]s 中有 %[3]s：未作任何改动。请放回 %[4]s 的备份；若确要新建存储，请在 wangge serve 中给出 --new", filepath.Join(data, storeName), data, listed, storeName)
}

// openStore opens the store of a data directory for reading and writing.
func openStore(data string) (*bolt.Engine, error) {
	return logSuspect(bolt.Open(filepath.Join(data, storeName)))
}

// openReadOnly opens the store of a data directory for reading. Nothing in the directory is written.
func openReadOnly(data string) (*bolt.Engine, error) {
	if err := requireStore(data); err != nil {
		return nil, err
	}
	return logSuspect(bolt.OpenReadOnly(filepath.Join(data, storeName)))
}

// logSuspect returns what opening a store returned, and logs a damaged head page of the feed.
func logSuspect(store *bolt.Engine, err error) (*bolt.Engine, error) {
	if err != nil {
		return nil, storeError(err)
	}
	if damage := store.Suspect(); damage != nil {
		slog.Warn("a head page of the feed is damaged: if the last commit was written there, that commit is lost; compare with a backup and look at the disk", "damage", damage)
	}
	return store, nil
}

// openForRepair opens an existing store for reading and writing. Damaged keys are rebuilt.
func openForRepair(data string) (*bolt.Engine, error) {
	if err := requireStore(data); err != nil {
		return nil, err
	}
	return openStore(data)
}

// requireStore refuses a data directory without a store.
func requireStore(data string) error {
	there, err := storeExists(data)
	if err != nil || there {
		return err
	}
	if err := refuseOrphans(data); err != nil {
		return err
	}
	_, err = os.Lstat(filepath.Join(data, storeName)) // it is not there: says which file that is
	return i18n.Errorf("%s holds no store: %v", "%s 中没有数据：%v", data, err)
}

// storeError says in both languages why a store can't be opened or read.
func storeError(err error) error {
	d, ok := errors.AsType[*storage.DamageError](err)
	if !ok {
		return err
	}
	mend := i18n.F("nothing was changed: put back a backup of this file, or look at the disk", "未作任何改动：请放回该文件的备份，或检查磁盘")
	if d.Derived {
		mend = i18n.F("look at the disk", "请检查磁盘")
	}
	what := fsck.DamageText(d)
	return damageError{i18n.Text{En: what.En + "; " + mend.En, Zh: what.Zh + "；" + mend.Zh}, err}
}

// damageError is a storage.DamageError with its sentence in both languages.
type damageError struct {
	text i18n.Text
	error
}

func (e damageError) Error() string        { return e.text.En }
func (e damageError) Localized() i18n.Text { return e.text }
func (e damageError) Unwrap() error        { return e.error }
