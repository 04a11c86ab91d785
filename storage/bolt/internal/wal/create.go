package wal

import (
	"errors"
	"io/fs"
	"os"

	"go.etcd.io/bbolt"

	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"
)

// Create makes an empty feed at path, whatever is beside it. A file that is there is kept.
func Create(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return dbfile.Create(path, false, func(tx *bbolt.Tx) error {
		return pages.FillMeta(tx, Bucket, formatVersion, storeKey, header{ID: pages.NewStoreID(), from: 1}.encode())
	})
}
