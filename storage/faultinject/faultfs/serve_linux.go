package faultfs

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

const (
	pageSize = 4096
	sector   = 512
)

// Main serves a disk when the process was started by Mount, and ends it; else it returns.
func Main() {
	dir := os.Getenv(childEnv)
	if dir == "" {
		return
	}
	if err := serve(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(dir string) error {
	out := json.NewEncoder(os.Stdout)
	d := &disk{rng: rand.New(rand.NewPCG(1, 2))}
	none := time.Duration(0)
	mounted, err := fs.Mount(dir, &root{disk: d}, &fs.Options{
		AttrTimeout: &none, EntryTimeout: &none,
		MountOptions: fuse.MountOptions{DirectMountStrict: true, FsName: "faultfs", MaxWrite: 1 << 20, DisableXAttrs: true},
	})
	if err != nil {
		return out.Encode(reply{Error: ErrNoFUSE.Error()})
	}
	if err := out.Encode(reply{}); err != nil {
		return err
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var c command
		answer := reply{}
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			answer.Error = err.Error()
		} else {
			answer.Hits = d.do(c)
		}
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
	return mounted.Unmount()
}

// disk is all files, what fails, and whether there is power.
type disk struct {
	mu    sync.Mutex
	files []*file
	rules []*rule
	off   bool
	cache bool
	left  int // operations until the power goes, 0 when it does not
	rng   *rand.Rand
}

type rule struct {
	Rule
	met, hits int
}

func (d *disk) do(c command) (hits int) {
	if c.Do == "on" { // what the system held in memory when the power went is gone; it may ask for more meanwhile
		d.mu.Lock()
		var files []*file
		if d.off {
			files = slices.Clone(d.files)
		}
		d.mu.Unlock()
		for _, f := range files {
			_ = f.NotifyContent(0, 0) // of a file that is gone the system knows nothing
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch c.Do {
	case "cache":
		d.cache = c.Keep
	case "fail":
		d.rules = append(d.rules, &rule{Rule: c.Rule})
	case "clear":
		d.left = 0
		for _, r := range d.rules {
			hits += r.hits
		}
		d.rules = nil
	case "cut":
		d.rng = rand.New(rand.NewPCG(c.Seed, 3))
		d.cut(c.Keep)
	case "on":
		d.off = false
	}
	return hits
}

// cut lets the power go, unless there is none.
func (d *disk) cut(keep bool) {
	if d.off {
		return
	}
	d.off = true
	for _, f := range d.files {
		f.cut(keep)
	}
}

// meets returns the rule that an operation on a file fails by, nil when none does.
func (d *disk) meets(name string, ops ...Op) *rule {
	if d.left > 0 {
		if d.left--; d.left == 0 {
			return &rule{Rule: Rule{Effect: Power, Errno: syscall.EIO}}
		}
	}
	for _, r := range d.rules {
		for _, op := range ops {
			if r.Op != op || r.File != "" && r.File != name {
				continue
			}
			if r.met++; r.met > r.Skip && (r.Count < 0 || r.hits < r.Count) {
				if r.hits++; r.hits == r.Count {
					d.left = r.Power
				}
				return r
			}
		}
	}
	return nil
}

type page = [pageSize]byte

// root is the one directory.
type root struct {
	fs.Inode
	disk *disk
}

var (
	_ fs.NodeCreater  = (*root)(nil)
	_ fs.NodeUnlinker = (*root)(nil)
	_ fs.NodeRenamer  = (*root)(nil)
	_ fs.NodeFsyncer  = (*root)(nil)
)

// Create implements fs.NodeCreater.
func (r *root) Create(
	ctx context.Context, name string, _, mode uint32, _ *fuse.EntryOut,
) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	r.disk.mu.Lock()
	defer r.disk.mu.Unlock()
	if r.disk.off {
		return nil, nil, 0, syscall.EIO
	}
	f := &file{disk: r.disk, name: name, synced: map[int64]*page{}, dirty: map[int64]*page{}}
	r.disk.files = append(r.disk.files, f)
	return r.NewInode(ctx, f, fs.StableAttr{Mode: mode}), nil, 0, 0
}

// Unlink implements fs.NodeUnlinker.
func (r *root) Unlink(context.Context, string) syscall.Errno { return 0 }

// Rename implements fs.NodeRenamer: names are durable at once.
func (r *root) Rename(_ context.Context, from string, _ fs.InodeEmbedder, to string, _ uint32) syscall.Errno {
	at := r.GetChild(from)
	r.disk.mu.Lock()
	defer r.disk.mu.Unlock()
	if r.disk.off {
		return syscall.EIO
	}
	if at != nil {
		if f, ok := at.Operations().(*file); ok {
			f.name = to
		}
	}
	return 0
}

// Fsync implements fs.NodeFsyncer for the names.
func (r *root) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	r.disk.mu.Lock()
	defer r.disk.mu.Unlock()
	if r.disk.off {
		return syscall.EIO
	}
	return 0
}

// file keeps what is on the disk, and what was written and is not: guarded by the disk's lock.
type file struct {
	fs.Inode
	disk          *disk
	name          string
	synced, dirty map[int64]*page
	size, onDisk  int64 // bytes, as readers see them and as a power cut leaves them
}

var (
	_ fs.NodeOpener    = (*file)(nil)
	_ fs.NodeReader    = (*file)(nil)
	_ fs.NodeWriter    = (*file)(nil)
	_ fs.NodeFsyncer   = (*file)(nil)
	_ fs.NodeFlusher   = (*file)(nil)
	_ fs.NodeGetattrer = (*file)(nil)
	_ fs.NodeSetattrer = (*file)(nil)
)

// at is a page as a reader finds it.
func (f *file) at(n int64) *page {
	if p := f.dirty[n]; p != nil {
		return p
	}
	return f.synced[n]
}

func (f *file) write(data []byte, off int64) {
	for len(data) > 0 {
		n, from := off/pageSize, off%pageSize
		p := f.dirty[n]
		if p == nil {
			p = new(page)
			if was := f.synced[n]; was != nil {
				*p = *was
			}
			f.dirty[n] = p
		}
		wrote := copy(p[from:], data)
		data, off = data[wrote:], off+int64(wrote)
	}
	f.size = max(f.size, off)
}

// resize cuts or grows the file as readers see it.
func (f *file) resize(size int64) {
	for n := size / pageSize; size < f.size && n <= f.size/pageSize; n++ {
		if f.at(n) == nil {
			continue
		}
		var cut page
		if n == size/pageSize {
			copy(cut[:size%pageSize], f.at(n)[:])
		}
		f.dirty[n] = &cut
	}
	f.size = size
}

// sync puts pages on the disk, of each as much as chance keeps.
func (f *file) sync(keeps func() bool) {
	for n, p := range f.dirty {
		is := f.synced[n]
		if is == nil {
			is = new(page)
		}
		next, any := *is, false
		for from := 0; from < pageSize; from += sector {
			if keeps() {
				copy(next[from:from+sector], p[from:from+sector])
				any = true
			}
		}
		if any {
			f.synced[n] = &next
		}
	}
	clear(f.dirty)
}

func all() bool { return true }

// cut lets the power go.
func (f *file) cut(keep bool) {
	if keep {
		f.sync(func() bool { return f.disk.rng.IntN(2) == 0 })
		if f.disk.rng.IntN(2) == 0 {
			f.onDisk = f.size
		}
	}
	clear(f.dirty)
	f.size = f.onDisk
}

// Open implements fs.NodeOpener: what the system holds of the file is dropped.
func (f *file) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.cache {
		return nil, fuse.FOPEN_KEEP_CACHE, 0
	}
	return nil, 0, 0
}

// Read implements fs.NodeReader.
func (f *file) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	n := max(0, min(int64(len(dest)), f.size-off))
	dest = dest[:n]
	clear(dest)
	for left := dest; len(left) > 0; {
		from := off % pageSize
		part := left[:min(int64(len(left)), pageSize-from)]
		if p := f.at(off / pageSize); p != nil {
			copy(part, p[from:])
		}
		left, off = left[len(part):], off+int64(len(part))
	}
	return fuse.ReadResultData(dest), 0
}

// Write implements fs.NodeWriter.
func (f *file) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.off {
		return 0, syscall.EIO
	}
	op := PageWrite
	if off+int64(len(data)) <= 2*pageSize {
		op = HeadWrite
	}
	if r := f.disk.meets(f.name, op, AnyWrite); r != nil {
		half := data[:(len(data)/2+sector-1)/sector*sector]
		switch r.Effect {
		case All:
			f.write(data, off)
		case Part:
			f.write(half, off)
		case Short:
			f.write(half, off)
			return uint32(len(half)), 0
		case Power:
			f.write(data, off)
			f.disk.cut(f.disk.rng.IntN(2) == 0)
		case Nothing, Drops:
		}
		return 0, r.Errno
	}
	f.write(data, off)
	return uint32(len(data)), 0
}

// Fsync implements fs.NodeFsyncer.
func (f *file) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.off {
		return syscall.EIO
	}
	op := HeadSync
	if len(f.dirty) == 0 {
		op = PageSync
	}
	for n := range f.dirty {
		if n > 1 {
			op = PageSync
		}
	}
	if r := f.disk.meets(f.name, op, AnySync); r != nil {
		switch r.Effect {
		case All:
			f.sync(all)
			f.onDisk = f.size
		case Part:
			f.sync(func() bool { return f.disk.rng.IntN(2) == 0 })
		case Drops:
			clear(f.dirty)
		case Nothing, Short:
		case Power:
			f.disk.cut(f.disk.rng.IntN(2) == 0)
		}
		return r.Errno
	}
	f.sync(all)
	f.onDisk = f.size
	return 0
}

// Flush implements fs.NodeFlusher.
func (f *file) Flush(context.Context, fs.FileHandle) syscall.Errno { return 0 }

// Getattr implements fs.NodeGetattrer.
func (f *file) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	out.Size, out.Mode, out.Nlink = uint64(f.size), 0o600, 1
	return 0
}

// Setattr implements fs.NodeSetattrer.
func (f *file) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if size, ok := in.GetSize(); ok {
		if f.disk.off {
			return syscall.EIO
		}
		if r := f.disk.meets(f.name, Truncate); r != nil {
			switch r.Effect {
			case All:
				f.resize(int64(size))
			case Nothing, Drops, Part, Short:
			case Power:
				f.disk.cut(f.disk.rng.IntN(2) == 0)
			}
			return r.Errno
		}
		f.resize(int64(size))
	}
	out.Size, out.Mode, out.Nlink = uint64(f.size), 0o600, 1
	return 0
}
