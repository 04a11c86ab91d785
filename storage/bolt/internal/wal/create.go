package wal

import (
	"errors"
	"io/fs"
	"os"

	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"

	"go.etcd.io/bbolt"
)

// Create makes an empty WAL at path. An existing file is kept.
func Create(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return dbfile.Create(path, false, func(tx *bbolt.Tx) error {
		return pages.FillMeta(tx, bucket, formatVersion, storeKey, header{id: pages.NewStoreID(), from: 1}.encode())
	})
}
