package auth

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"wangge/dispatch/i18n"
)

// lockWait bounds how long a process waits for others that write the same file.
const lockWait = 2 * time.Minute

// rewrite replaces the bytes of a file with change(bytes): atomically, synced, and under a lock between processes. Owner,
// group and mode stay; a symbolic link stays one. A missing file is created, readable to its owner only. An error of change
// leaves the file as it is.
func rewrite(path string, change func([]byte) ([]byte, error)) error {
	f, err := openLocked(path)
	if err != nil {
		return err
	}
	defer f.Close() // which also gives the lock up
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return err
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if data, err = change(data); err != nil {
		return err
	}
	// The lock makes the name safe: one left behind by a process that died is overwritten.
	next, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = next.Write(data)
	if err := errors.Join(err, keepOwner(next, f), next.Sync(), next.Close()); err != nil {
		return errors.Join(err, os.Remove(next.Name()))
	}
	if err := os.Rename(next.Name(), path); err != nil {
		return errors.Join(err, os.Remove(next.Name()))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// keepOwner copies the mode, the group and, where this process has the right, the owner of was to next.
func keepOwner(next, was *os.File) error {
	info, err := was.Stat()
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && next.Chown(int(st.Uid), int(st.Gid)) != nil {
		if err := next.Chown(-1, int(st.Gid)); err != nil {
			return err
		}
	}
	return next.Chmod(info.Mode().Perm())
}

// openLocked opens a file and locks it against rewrite in other processes until the file is closed.
func openLocked(path string) (*os.File, error) {
	for end := time.Now().Add(lockWait); ; {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			if same(f, path) {
				return f, nil
			}
			_ = f.Close() // another process has put a new file in its place meanwhile
			continue
		}
		_ = f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, err
		}
		if time.Now().After(end) {
			return nil, i18n.Errorf("%[1]s is locked by another process for more than %[2]s; end that process and try again",
				"%[1]s 被其他进程锁定超过 %[2]s，请结束该进程后重试", path, lockWait)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// same reports whether a path still names an open file.
func same(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(path)
	return err == nil && os.SameFile(open, now)
}
