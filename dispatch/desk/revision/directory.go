package revision

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/diag"
	"wangge/storage"
)

// City directories are kept by content: a file that two revisions share is kept once.

const (
	// partBytes of a file make one value; deflated, it stays below storage.MaxValueBytes.
	partBytes = 512 << 10
	// partsAtOnce bounds what one commit of a large directory carries.
	partsAtOnce = 8
)

// ErrNoRevision is returned for a revision that the store has not kept.
var ErrNoRevision = errors.New("no such revision of the city is kept")

// KeepDirectory writes a directory in several commits and skips the files that the store already keeps. KeepDirectory may
// stop after any commit and be run again: the first part of a file is written after its other parts, and the list of
// files last.
func (d *Revisions) KeepDirectory(ctx context.Context, base string, dir city.Directory) error {
	var list []record.File
	var batch storage.Batch
	flush := func(most int) error {
		if len(batch.Ops) <= most {
			return nil
		}
		err := d.tx.Commit(ctx, batch)
		batch = storage.Batch{}
		return err
	}
	names := make([]string, 0, len(dir))
	for name := range dir {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		data := dir[name]
		sum := sha256.Sum256(data)
		list = append(list, record.File{Name: name, Size: int64(len(data)), Hash: sum[:]})
		kept := false
		err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
			_, err := snap.Get(ledger.PartKey(sum[:], 0))
			kept = err == nil
			if errors.Is(err, storage.ErrNotFound) {
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
		if kept || slices.ContainsFunc(list[:len(list)-1], func(f record.File) bool { return bytes.Equal(f.Hash, sum[:]) }) {
			continue
		}
		for part := max(0, len(data)-1) / partBytes; part >= 0; part-- {
			packed, err := deflate(data[part*partBytes : min(len(data), (part+1)*partBytes)])
			if err != nil {
				return err
			}
			batch.Ops = append(batch.Ops, storage.Op{Key: ledger.PartKey(sum[:], part), Value: packed})
			if err := flush(partsAtOnce); err != nil {
				return err
			}
		}
	}
	val, err := record.EncodeDirectory(list)
	if err != nil {
		return err
	}
	batch.Ops = append(batch.Ops, storage.Op{Key: ledger.DirectoryKey(base), Value: val})
	return flush(0)
}

func deflate(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), err
}

// readDirectory reads a kept directory and compares every file with its hash. ErrNoRevision if the store does not keep it.
func readDirectory(snap storage.Snapshot, base string) (city.Directory, error) {
	it, err := snap.Get(ledger.DirectoryKey(base))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("%s: %w", base, ErrNoRevision)
	}
	if err != nil {
		return nil, err
	}
	list, err := record.DecodeDirectory(it.Value)
	if err != nil {
		return nil, err
	}
	dir := city.Directory{}
	for _, f := range list {
		data := make([]byte, 0, f.Size)
		for part := 0; part == 0 || int64(len(data)) < f.Size; part++ {
			it, err := snap.Get(ledger.PartKey(f.Hash, part))
			if errors.Is(err, storage.ErrNotFound) {
				err = fmt.Errorf("%w: %w", record.ErrCorrupt, err)
			}
			if err != nil {
				return nil, fmt.Errorf("revision %s: %s, part %d: %w", base, f.Name, part, err)
			}
			plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(it.Value)), partBytes+1))
			if err != nil {
				return nil, fmt.Errorf("revision %s: %s, part %d: %w: %w", base, f.Name, part, record.ErrCorrupt, err)
			}
			data = append(data, plain...)
		}
		if sum := sha256.Sum256(data); !bytes.Equal(sum[:], f.Hash) {
			return nil, fmt.Errorf("revision %s: %s is not what was kept: %w", base, f.Name, record.ErrCorrupt)
		}
		dir[f.Name] = data
	}
	return dir, nil
}

// Directory returns the files of the base of a revision. ErrNoRevision if the store does not keep it.
func (d *Revisions) Directory(ctx context.Context, revision string) (dir city.Directory, err error) {
	base, _, _ := strings.Cut(revision, "+")
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		dir, err = readDirectory(snap, base)
		return err
	})
	return dir, err
}

// mostCompiled bounds the compiled cities that are cached besides the active one: a backfill needs two, and an old case
// is explained by the city that decided it.
const mostCompiled = 4

// compiled holds cities without precedents by the revision of their directory. Its mutex guards the map alone.
type compiled struct {
	mu     sync.Mutex
	cities map[string]*city.City
	order  []string // the least lately used first
}

func (m *compiled) get(base string) *city.City {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.cities[base]
	if i := slices.Index(m.order, base); i >= 0 {
		m.order = append(slices.Delete(m.order, i, i+1), base)
	}
	return c
}

func (m *compiled) put(c *city.City) {
	m.mu.Lock()
	defer m.mu.Unlock()
	base := c.Base()
	if m.cities == nil {
		m.cities = map[string]*city.City{}
	}
	if m.cities[base] == nil {
		m.order = append(m.order, base)
	}
	m.cities[base] = c
	if len(m.order) > mostCompiled {
		delete(m.cities, m.order[0])
		m.order = slices.Delete(m.order, 0, 1)
	}
}

// Compile returns the city of a directory, without precedents, whether or not the store keeps it. *FaultsError.
func (d *Revisions) Compile(ctx context.Context, dir city.Directory) (*city.City, error) {
	base := dir.Revision()
	if c := d.compiled.get(base); c != nil {
		return c, nil
	}
	return d.compiling.do(ctx, "proposed "+base, func() (*city.City, error) {
		c, faults := compile.Directory(dir)
		if len(faults) > 0 {
			return nil, &FaultsError{faults}
		}
		d.compiled.put(c)
		return c, nil
	})
}

// BaseCity returns the city of a kept directory, without precedents. BaseCity reads the store and may compile for
// seconds: never call it with a snapshot open. Errors: ErrNoRevision; *FaultsError if this version of the program finds
// faults that the version which kept the directory did not find, other than defects of drawn ground.
func (d *Revisions) BaseCity(ctx context.Context, base string) (*city.City, error) {
	if c := d.compiled.get(base); c != nil {
		return c, nil
	}
	return d.compiling.do(ctx, base, func() (*city.City, error) {
		dir, err := d.Directory(ctx, base)
		if err != nil {
			return nil, err
		}
		c, faults := compile.Accepted(dir)
		if len(faults) > 0 {
			return nil, fmt.Errorf("revision %s: %w", base, &FaultsError{faults})
		}
		if c.Revision != base {
			return nil, fmt.Errorf("revision %s reads as %s: %w", base, c.Revision, record.ErrCorrupt)
		}
		d.compiled.put(c)
		return c, nil
	})
}

// CityAt returns the city of a revision that a case or an event names, with the precedents of that revision.
// ErrNoRevision if the store does not keep it.
func (d *Revisions) CityAt(ctx context.Context, revision string) (*city.City, error) {
	now := d.City()
	if now.Revision == revision || revision == "" {
		return now, nil
	}
	base, rest, _ := strings.Cut(revision, "+")
	edition := uint64(0)
	if rest != "" {
		n, err := strconv.ParseUint(strings.TrimPrefix(rest, "p"), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", revision, ErrNoRevision)
		}
		edition = n
	}
	c, err := d.BaseCity(ctx, base)
	if err != nil {
		return nil, err
	}
	var list []city.Precedent
	err = d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		list, err = PrecedentsOf(snap, edition)
		return err
	})
	return c.WithPrecedents(list, edition).WithFormer(now.Former), err
}

// FaultsError refuses a city directory and lists all its faults.
type FaultsError struct{ Faults []diag.Diagnostic }

// Error implements error.
func (e *FaultsError) Error() string {
	if len(e.Faults) == 0 {
		return "the city directory has faults"
	}
	return fmt.Sprintf("the city directory has %d faults; the first: %s", len(e.Faults), e.Faults[0])
}
