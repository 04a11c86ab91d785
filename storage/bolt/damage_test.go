package bolt

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
)

// A damage is done to one of the two files, which a seed says. Each is done in a process of its own, for a panic
// in a goroutine of bbolt can't be caught.
//
// The feed: every reader names the place, or reads what was written; nothing else is ever read. The keys: the
// next opening makes them anew, and reads what was written. Also while the engine runs.
func TestDamage_NamedOrRebuilt(t *testing.T) {
	t.Parallel()
	trials := 20
	if deep := os.Getenv("WANGGE_DEEP"); deep != "" {
		var err error
		if trials, err = strconv.Atoi(deep); err != nil {
			t.Fatalf("WANGGE_DEEP = %q is no number of damages", deep)
		}
	}
	dir := t.TempDir()
	soundStore(t, filepath.Join(dir, "sound.db"))
	count := map[string]int{}
	for next := 0; next < trials; {
		cmd := exec.Command(os.Args[0], "-test.run=^TestDamage_Child$", "-test.v")
		cmd.Env = append(os.Environ(), fmt.Sprintf("WANGGE_DAMAGE_CHILD=%s,%d,%d", dir, next, trials))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		what := ""
		for lines := bufio.NewScanner(out); lines.Scan(); {
			word, rest, _ := strings.Cut(lines.Text(), " ")
			switch word {
			case "begin":
				if next, what = next+1, rest; testing.Verbose() {
					t.Log(what)
				}
			case "named", "healed", "harmless":
				count[word]++
			case "wrong":
				t.Errorf("%s: %s", what, rest)
			case "---", "===", "PASS", "FAIL":
			default:
				t.Log(lines.Text())
			}
		}
		if err := cmd.Wait(); err != nil && next < trials {
			t.Errorf("%s: the process ended: %v\n%s", what, err, firstLines(stderr.String(), 12))
		} else if err != nil {
			t.Errorf("the process ended: %v\n%s", err, firstLines(stderr.String(), 12))
		}
	}
	t.Logf("%d damages: %v", trials, count)
	if count["named"] == 0 || count["healed"] == 0 {
		t.Errorf("outcomes %v: the damages do nothing", count)
	}
}

func firstLines(s string, n int) string {
	lines := strings.SplitN(s, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

// damageLimits fold often, so that the keys have many blocks.
var damageLimits = limits{ops: 200, bytes: 1 << 20, slice: 64}

// soundStore writes a store with short and long values, batches that take many pages, keys that went, and some
// that are not folded yet.
func soundStore(t *testing.T, path string) {
	t.Helper()
	e, err := open(path, damageLimits)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range 700 {
		var b storage.Batch
		for i := range 1 + rng.IntN(5) {
			op := storage.Op{Key: fmt.Appendf(nil, "%c/%06d/%d", 'a'+rng.IntN(5), n, i), Value: bytes.Repeat([]byte{byte(n)}, rng.IntN(180))}
			if n%97 == 0 {
				op.Value = bytes.Repeat(fmt.Append(nil, n), 7000)
			}
			b.Ops = append(b.Ops, op)
		}
		if n%11 == 0 && n > 0 {
			b.Ops = append(b.Ops, storage.Op{Key: fmt.Appendf(nil, "a/%06d/0", n-1), Delete: true})
		}
		if _, err := e.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // fold what can be
		if e, err = open(path, damageLimits); err == nil {
			err = e.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// reads is everything that can be read of a store.
type reads struct {
	items map[string]storage.Item
	feed  []storage.Committed
}

// readAll reads a store in every way. What could be read before an error is in it.
func readAll(t *testing.T, e *Engine, of reads) (out reads, errs []error) {
	t.Helper()
	out.items = map[string]storage.Item{}
	s, err := e.Snapshot(t.Context())
	if err != nil {
		return out, []error{err}
	}
	defer s.Close()
	note := func(it storage.Item) {
		if was, ok := out.items[string(it.Key)]; ok && (!bytes.Equal(was.Value, it.Value) || was.Revision != it.Revision) {
			errs = append(errs, fmt.Errorf("WRONG: %q is read as two things", it.Key))
		}
		out.items[string(it.Key)] = it
	}
	for _, reverse := range []bool{false, true} {
		for it, err := range s.Scan(storage.Range{Reverse: reverse}) {
			if err != nil {
				errs = append(errs, err)
				break
			}
			note(it)
		}
	}
	for k := range of.items {
		it, err := s.Get([]byte(k))
		switch {
		case errors.Is(err, storage.ErrNotFound):
			errs = append(errs, fmt.Errorf("WRONG: %q is said to be absent", k))
		case err != nil:
			errs = append(errs, err)
		default:
			note(it)
		}
	}
	ctx := t.Context()
	for c, err := range e.Watch(ctx, 0) {
		if err != nil {
			errs = append(errs, err)
			break
		}
		if out.feed = append(out.feed, c); c.Revision == e.rev {
			break
		}
	}
	return out, errs
}

// compare says what was read that is not so; missing counts what was not read.
func (of reads) compare(got reads) (wrong string, missing int) {
	for k, it := range got.items {
		if was, ok := of.items[k]; !ok || !bytes.Equal(was.Value, it.Value) || was.Revision != it.Revision {
			return fmt.Sprintf("%q is read as %.40q at %d, it is %.40q at %d", k, it.Value, it.Revision, was.Value, was.Revision), 0
		}
	}
	for i, c := range got.feed {
		if i >= len(of.feed) || c.Revision != of.feed[i].Revision || !slices.EqualFunc(c.Batch.Ops, of.feed[i].Batch.Ops, func(a, b storage.Op) bool {
			return bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value) && a.Delete == b.Delete
		}) {
			return fmt.Sprintf("batch %d of the feed is read as another one", i+1), 0
		}
	}
	return "", len(of.items) - len(got.items) + len(of.feed) - len(got.feed)
}

// TestDamage_Child does some damages and prints what became of each; alone it does nothing.
func TestDamage_Child(t *testing.T) {
	order := strings.Split(os.Getenv("WANGGE_DAMAGE_CHILD"), ",")
	if len(order) != 3 {
		t.Skip("run by TestDamage_NamedOrRebuilt")
	}
	sound := filepath.Join(order[0], "sound.db")
	first, err1 := strconv.Atoi(order[1])
	end, err2 := strconv.Atoi(order[2])
	e, err3 := openReadOnly(sound, damageLimits)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	of, errs := readAll(t, e, reads{})
	if len(errs) > 0 || len(of.feed) != 700 {
		t.Fatalf("the sound store reads %d batches: %v", len(of.feed), errs)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	for n := first; n < end; n++ {
		d := newDamage(uint64(n), sound)
		fmt.Printf("begin %d: %s\n", n, d)
		dir := t.TempDir() // an engine that can't be closed keeps its lock
		outcome, why := d.try(t, of, filepath.Join(dir, "hurt.db"))
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		fmt.Println(outcome, strings.ReplaceAll(why, "\n", "; "))
	}
}

// damaging is one damage.
type damaging struct {
	seed  uint64
	sound string
	keys  bool
	live  bool // while the engine runs
	what  string
	do    func(file []byte) []byte
}

func (d damaging) String() string {
	file, when := "feed", ""
	if d.keys {
		file = "keys"
	}
	if d.live {
		when = ", while it runs"
	}
	return fmt.Sprintf("%s of the %s%s", d.what, file, when)
}

func newDamage(seed uint64, sound string) damaging {
	rng := rand.New(rand.NewPCG(seed, 99))
	d := damaging{seed: seed, sound: sound, keys: rng.IntN(2) == 0, live: rng.IntN(3) == 0}
	const page, sector = 4096, 512
	if os.Getpagesize() != page {
		panic("the pages are of another size")
	}
	kind := rng.IntN(8)
	d.what = [...]string{"a sector of zeros", "a page of zeros", "a page at another's place", "a sector at another's place", "a flipped bit", "a cut end", "a page of noise", "some flipped bits of one page"}[kind]
	d.do = func(file []byte) []byte {
		used := len(bytes.TrimRight(file, "\x00"))
		at, from := rng.IntN(used), rng.IntN(used)
		switch kind {
		case 0:
			clear(file[at/sector*sector : at/sector*sector+sector])
		case 1:
			clear(file[at/page*page : at/page*page+page])
		case 2:
			copy(file[at/page*page:], bytes.Clone(file[from/page*page:from/page*page+page]))
		case 3:
			copy(file[at/sector*sector:], bytes.Clone(file[from/sector*sector:from/sector*sector+sector]))
		case 4:
			file[at] ^= 1 << rng.IntN(8)
		case 5:
			return file[:at]
		case 6:
			for i := range page {
				file[at/page*page+i] = byte(rng.Uint32())
			}
		case 7:
			for range 2 + rng.IntN(4) {
				file[at/page*page+rng.IntN(page/4)] ^= 1 << rng.IntN(8)
			}
		}
		return file
	}
	return d
}

func (d damaging) path(feed string) string {
	if d.keys {
		return KeysPath(feed)
	}
	return feed
}

// hurt writes a damaged copy of the sound store.
func (d damaging) hurt(t *testing.T, feed string) {
	t.Helper()
	for _, of := range []func(string) string{func(p string) string { return p }, KeysPath} {
		b, err := os.ReadFile(of(d.sound))
		if err != nil {
			t.Fatal(err)
		}
		if of(d.sound) == d.path(d.sound) && !d.live {
			b = d.do(b)
		}
		if err := os.WriteFile(of(feed), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// hurtLive damages the file under an engine that has it open.
func (d damaging) hurtLive(t *testing.T, feed string) {
	t.Helper()
	b, err := os.ReadFile(d.path(feed))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(d.path(feed), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	hurt := d.do(bytes.Clone(b))
	if err := f.Truncate(int64(len(hurt))); err != nil {
		t.Fatal(err)
	}
	for at := range hurt {
		if hurt[at] != b[at] {
			if _, err := f.WriteAt(hurt[at:at+1], int64(at)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// isNamed reports whether every error says which file is damaged.
func (d damaging) isNamed(feed string, errs ...error) string {
	for _, err := range errs {
		if strings.HasPrefix(err.Error(), "WRONG") {
			return err.Error()
		}
		at, ok := errors.AsType[*storage.DamageError](err)
		if !ok {
			return fmt.Sprintf("the error names no place: %v", err)
		}
		if at.Path != d.path(feed) && !d.keys {
			return fmt.Sprintf("the error names another file: %v", err)
		}
		if at.Offset < 0 && at.Kind != storage.FileForeign && at.Kind != storage.FileEmpty {
			return fmt.Sprintf("the error names no offset: %v", err)
		}
	}
	return ""
}

func (d damaging) try(t *testing.T, of reads, feed string) (outcome, why string) {
	t.Helper()
	d.hurt(t, feed)
	if d.live {
		return d.tryLive(t, of, feed)
	}
	files := func() string {
		var all []string
		for _, path := range []string{feed, KeysPath(feed)} {
			b, err := os.ReadFile(path)
			all = append(all, fmt.Sprint(len(b), crc.Of(b), err))
		}
		return strings.Join(all, "; ")
	}
	before := files()
	var found []error
	e, err := openReadOnly(feed, damageLimits)
	if err != nil {
		found = append(found, err)
	} else {
		defer e.Close()
		if _, err := e.Verify(func(d *storage.DamageError) error {
			found = append(found, d)
			return nil
		}); err != nil {
			return "wrong", fmt.Sprintf("Verify = %v", err)
		}
		got, errs := readAll(t, e, of)
		if wrong, missing := of.compare(got); wrong != "" || missing > 0 && len(found) == 0 {
			return "wrong", fmt.Sprintf("a reader: %s; %d are not read; found %v", wrong, missing, found)
		}
		if bad := d.isNamed(feed, errs...); bad != "" {
			return "wrong", "a reader: " + bad
		}
		if len(errs) > 0 && len(found) == 0 {
			return "wrong", fmt.Sprintf("Verify finds nothing, readers %v", errs)
		}
		if err := e.Close(); err != nil {
			return "wrong", fmt.Sprintf("Close = %v", err)
		}
	}
	if bad := d.isNamed(feed, found...); bad != "" {
		return "wrong", "Verify: " + bad
	}
	if after := files(); after != before {
		return "wrong", fmt.Sprintf("a reader changed a file: %s, was %s", after, before)
	}
	e, err = open(feed, damageLimits)
	switch {
	case err != nil && d.keys:
		return "wrong", fmt.Sprintf("the keys were not made anew: %v", err)
	case err != nil:
		if bad := d.isNamed(feed, err); bad != "" {
			return "wrong", bad
		}
		if files() != before {
			return "wrong", fmt.Sprintf("a file was changed by an opening that failed: %v", err)
		}
		if len(found) == 0 {
			return "wrong", fmt.Sprintf("readers find nothing, the opening %v", err)
		}
		return "named", err.Error()
	}
	defer e.Close()
	got, errs := readAll(t, e, of)
	wrong, missing := of.compare(got)
	switch {
	case wrong != "" || missing > 0 && (d.keys || len(found) == 0):
		return "wrong", fmt.Sprintf("%s; %d are not read; found %v", wrong, missing, found)
	case d.isNamed(feed, errs...) != "":
		return "wrong", d.isNamed(feed, errs...)
	}
	if len(found) == 0 || d.keys { // it goes on working
		for n := range 20 {
			if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: fmt.Append(nil, "new-", n), Value: bytes.Repeat([]byte("v"), 300)}}}); err != nil {
				return "wrong", fmt.Sprintf("Commit = %v", err)
			}
		}
	}
	if err := e.Close(); err != nil {
		return "wrong", fmt.Sprintf("Close = %v", err)
	}
	if len(found) > 0 && !d.keys {
		return "named", found[0].Error()
	}
	return d.again(t, of, feed, len(found) > 0)
}

// again opens a store that was worked on since it was damaged: nothing of the damage may be left.
func (d damaging) again(t *testing.T, of reads, feed string, named bool) (outcome, why string) {
	t.Helper()
	e, err := openReadOnly(feed, damageLimits)
	if err != nil {
		return "wrong", fmt.Sprintf("the second opening: %v", err)
	}
	defer e.Close()
	if v, err := e.Verify(func(d *storage.DamageError) error { return d }); err != nil || v.Records != 720 {
		return "wrong", fmt.Sprintf("after more commits Verify = %+v, %v", v, err)
	}
	if _, errs := readAll(t, e, of); len(errs) > 0 {
		return "wrong", fmt.Sprintf("the second opening reads %v", errs)
	}
	if named {
		return "healed", ""
	}
	return "harmless", ""
}

// tryLive damages a file under a working engine: what is read is true, or an error names the file. Keys whose damage
// was met are made anew by the engine, and after a restart they are whole in any case.
func (d damaging) tryLive(t *testing.T, of reads, feed string) (outcome, why string) {
	t.Helper()
	e, err := open(feed, damageLimits)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	d.hurtLive(t, feed)
	got, errs := readAll(t, e, of)
	if wrong, missing := of.compare(got); wrong != "" || missing > 0 && len(errs) == 0 {
		return "wrong", fmt.Sprintf("%s; %d are not read; errors %v", wrong, missing, errs)
	}
	if bad := d.isLive(errs); bad != "" {
		return "wrong", bad
	}
	var found []error
	if _, err := e.Verify(func(d *storage.DamageError) error {
		found = append(found, d)
		return nil
	}); err != nil {
		found = append(found, err)
	}
	if bad := d.isLive(found); bad != "" {
		return "wrong", bad
	}
	tried := 0
	for k := range of.items { // a commit whose guard must be looked up
		if tried++; tried > 10 {
			break
		}
		if _, err := e.Commit(t.Context(), storage.Batch{Guards: []storage.Guard{{Key: []byte(k), Revision: 1 << 40}}, Ops: []storage.Op{{Key: []byte(k)}}}); !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrCorrupt) {
			return "wrong", fmt.Sprintf("a commit against a guard = %v", err)
		}
	}
	if d.keys {
		if err := rebuilt(t, e); err != nil {
			return "wrong", fmt.Sprintf("the keys were not made anew under the engine: %v", err)
		}
		got, errs := readAll(t, e, of)
		if wrong, missing := of.compare(got); wrong != "" || missing > 0 || len(errs) > 0 {
			return "wrong", fmt.Sprintf("after the rebuild: %s; %d are not read; errors %v", wrong, missing, errs)
		}
	}
	if err := e.Close(); err != nil && !errors.Is(err, storage.ErrCorrupt) {
		return "wrong", fmt.Sprintf("Close = %v", err)
	}
	if d.keys {
		if e, err = open(feed, damageLimits); err != nil {
			return "wrong", fmt.Sprintf("the keys were not made anew: %v", err)
		}
		defer e.Close()
		got, errs := readAll(t, e, of)
		if wrong, missing := of.compare(got); wrong != "" || missing > 0 || len(errs) > 0 {
			return "wrong", fmt.Sprintf("after a restart: %s; %d are not read; errors %v", wrong, missing, errs)
		}
		return "healed", ""
	}
	if len(errs)+len(found) == 0 {
		return "harmless", ""
	}
	return "named", fmt.Sprint(append(errs, found...)[0])
}

// isLive reports an error that is not damage by name.
func (d damaging) isLive(errs []error) string {
	for _, err := range errs {
		if strings.HasPrefix(err.Error(), "WRONG") {
			return err.Error()
		}
		if _, ok := errors.AsType[*storage.DamageError](err); !ok {
			return fmt.Sprintf("the error names no file: %v", err)
		}
	}
	return ""
}
