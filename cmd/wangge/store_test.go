package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"wangge/dispatch/city/compile"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/auditlog"
	"wangge/storage/bolt"
)

// contents is every file of a directory with its mode and what it holds.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %s", path, info.Mode())
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %x %s", sha256.Sum256(data), info.ModTime())
		}
		b.WriteByte('\n')
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// importedStore makes a data directory with a store of 40 cases of a city of two districts, an audit log excepted, and a
// token of the person lead.
func importedStore(t *testing.T) (city, data, records string) {
	t.Helper()
	city, data, records = twoDistricts(t, nil), filepath.Join(t.TempDir(), "data"), pastRecords(t, 40)
	wangge(t, exitOK, "import", records, "--city", city, "--format", "f", "--data", data)
	wangge(t, exitOK, "token", "--city", city, "--data", data, "--person", "lead")
	return city, data, records
}

// A feed that is empty, missing or no feed at all beside anything is never taken for a new store: every command
// says so, and changes nothing.
func TestStore_EmptyOrMissingFeedIsNoNewStore(t *testing.T) {
	t.Parallel()
	at, sound, records := importedStore(t)
	feed := func(dir string) string { return filepath.Join(dir, storeFile) }
	remove := func(t *testing.T, path string) {
		t.Helper()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	write := func(t *testing.T, path string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	foreign := func(t *testing.T, path string) {
		t.Helper()
		db, err := bbolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, says, zh string
		damage         func(t *testing.T, dir string)
		tokens         bool // a token may be made all the same: no store is made for it
	}{
		{"empty", "wangge.db is empty: storage is corrupt; nothing was changed", "为空", func(t *testing.T, dir string) {
			t.Helper()
			write(t, feed(dir), nil)
		}, false},
		{"empty, and nothing else", "is empty", "为空", func(t *testing.T, dir string) {
			t.Helper()
			write(t, feed(dir), nil)
			remove(t, bolt.KeysPath(feed(dir)))
			remove(t, filepath.Join(dir, tokenFile))
		}, false},
		{"missing", "wangge.db is missing, but", "缺少", func(t *testing.T, dir string) {
			t.Helper()
			remove(t, feed(dir))
		}, false},
		{"missing beside keys", "wangge.db is missing, but", "缺少", func(t *testing.T, dir string) {
			t.Helper()
			remove(t, feed(dir))
			remove(t, filepath.Join(dir, tokenFile))
		}, false},
		{"missing beside tokens", "wangge.db is missing, but", "缺少", func(t *testing.T, dir string) {
			t.Helper()
			remove(t, feed(dir))
			remove(t, bolt.KeysPath(feed(dir)))
		}, true},
		{"missing beside empty keys", "wangge.db is missing, but", "缺少", func(t *testing.T, dir string) {
			t.Helper()
			remove(t, feed(dir))
			remove(t, filepath.Join(dir, tokenFile))
			write(t, bolt.KeysPath(feed(dir)), nil)
		}, false},
		{"missing beside something else", "wangge.db is missing, but", "缺少", func(t *testing.T, dir string) {
			t.Helper()
			remove(t, feed(dir))
			remove(t, bolt.KeysPath(feed(dir)))
			remove(t, filepath.Join(dir, tokenFile))
			write(t, filepath.Join(dir, "wangge.db.bak"), []byte("a copy"))
		}, false},
		{"noise", "storage is corrupt", "不是本程序的存储", func(t *testing.T, dir string) {
			t.Helper()
			write(t, feed(dir), bytes.Repeat([]byte("noise"), 9000))
		}, true},
		{"zeros", "storage is corrupt", "不是本程序的存储", func(t *testing.T, dir string) {
			t.Helper()
			write(t, feed(dir), make([]byte, 1<<16))
		}, true},
		{"one byte", "storage is corrupt", "不是本程序的存储", func(t *testing.T, dir string) {
			t.Helper()
			write(t, feed(dir), []byte{1})
		}, true},
		{"another program's file", "is not a store of this program", "不是本程序的存储", func(t *testing.T, dir string) {
			t.Helper()
			remove(t, feed(dir))
			foreign(t, feed(dir))
		}, true},
		{"its own keys", "is not a store of this program", "不是本程序的存储", func(t *testing.T, dir string) {
			t.Helper()
			keys, err := os.ReadFile(bolt.KeysPath(feed(dir)))
			if err != nil {
				t.Fatal(err)
			}
			write(t, feed(dir), keys)
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(sound)); err != nil {
				t.Fatal(err)
			}
			tt.damage(t, dir)
			before := contents(t, dir)
			for _, args := range [][]string{
				{"check"},
				{"check", "--repair", "--city", at},
				{"audit", "head"},
				{"audit", "verify"},
				{"audit", "prove", "--old", "1:1kgPAqJYtKkn3P7ZAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
				{"serve", "--city", at, "--listen", "127.0.0.1:0"},
				{"serve", "--listen", "127.0.0.1:0"},
				{"import", records, "--city", at, "--format", "f"},
				{"token", "--city", at, "--person", "lead"},
			} {
				if args[0] == "token" && tt.tokens {
					continue
				}
				for lang, want := range map[string]string{"en": tt.says, "zh": tt.zh} {
					if _, errs := wangge(t, exitWrong, append(args, "--data", dir, "--lang", lang)...); !strings.Contains(errs, want) {
						t.Errorf("%v says %q, want %q", args, errs, want)
					}
				}
				if after := contents(t, dir); after != before {
					t.Errorf("%v changed the directory:\n%s\nwas\n%s", args, after, before)
				}
			}
		})
	}
}

// A new store is made where nothing is, where a crash left one half made, and where --new says so; a token may be
// asked for first.
func TestStore_WhereANewOneIsMade(t *testing.T) {
	t.Parallel()
	at := twoDistricts(t, nil)
	served := func(t *testing.T, want int, dir string, more ...string) string {
		t.Helper()
		out, errs := serveOnce(t, want, append([]string{"serve", "--city", at, "--data", dir, "--listen", "127.0.0.1:0"}, more...)...)
		return out + errs
	}
	t.Run("a directory that is not there", func(t *testing.T) { served(t, exitOK, filepath.Join(t.TempDir(), "a", "b")) })
	t.Run("an empty directory", func(t *testing.T) { served(t, exitOK, t.TempDir()) })
	t.Run("after a token", func(t *testing.T) {
		dir := t.TempDir()
		wangge(t, exitOK, "token", "--city", at, "--data", dir, "--person", "lead")
		wangge(t, exitOK, "token", "--city", at, "--data", dir, "--person", "lead")
		served(t, exitOK, dir)
	})
	t.Run("after a token beside something else", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "out.1"), []byte("a script's own"), 0o600); err != nil {
			t.Fatal(err)
		}
		secrets := map[string]bool{}
		for range 3 {
			out, errs := wangge(t, exitOK, "token", "--city", at, "--data", dir, "--person", "lead")
			if errs != "" {
				t.Errorf("a token says %q", errs)
			}
			secrets[out] = true
		}
		kept, err := os.ReadFile(filepath.Join(dir, tokenFile))
		if err != nil || len(secrets) != 3 || bytes.Count(kept, []byte("\n")) != 3 {
			t.Errorf("%d tokens, kept: %s, %v", len(secrets), kept, err)
		}
		if _, err := os.Lstat(filepath.Join(dir, storeFile)); err == nil {
			t.Error("a store was made beside something else")
		}
		served(t, exitWrong, dir)
		served(t, exitOK, dir, "--new")
	})
	t.Run("a crash left one half made", func(t *testing.T) {
		dir := t.TempDir()
		for _, name := range []string{storeFile + ".new-123", storeFile + ".keys.new-9"} {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Mkdir(filepath.Join(dir, "lost+found"), 0o700); err != nil {
			t.Fatal(err)
		}
		served(t, exitOK, dir)
		if left, _ := filepath.Glob(filepath.Join(dir, "*.new-*")); len(left) > 0 {
			t.Errorf("%q are left", left)
		}
	})
	t.Run("--new", func(t *testing.T) {
		_, dir, _ := importedStore(t)
		if err := os.Remove(filepath.Join(dir, storeFile)); err != nil {
			t.Fatal(err)
		}
		served(t, exitWrong, dir)
		served(t, exitOK, dir, "--new")
		if out, _ := wangge(t, exitOK, "check", "--data", dir); !strings.Contains(out, "0 cases") {
			t.Errorf("the new store holds %q", out) // the keys of the store that is gone are not its own
		}
		if said := served(t, exitWrong, dir, "--new"); !strings.Contains(said, "is there") {
			t.Errorf("--new over a store says %q", said)
		}
		served(t, exitOK, dir)
	})
}

// A revocation says how many tokens it ended: none for a mistyped id, and none the second time.
func TestToken_RevocationCountsWhatItEnded(t *testing.T) {
	t.Parallel()
	at, data, person := twoDistricts(t, nil), t.TempDir(), "lead"
	for range 2 {
		wangge(t, exitOK, "token", "--city", at, "--data", data, "--person", "lead")
	}
	for _, tt := range []struct{ person, lang, want string }{
		{person + "x", "en", person + "x had no token that was good"},
		{person, "en", "every token of " + person + " is revoked: 2"},
		{person, "zh", person + " 没有有效令牌"},
	} {
		if out, _ := wangge(t, exitOK, "token", "--city", at, "--data", data, "--person", tt.person, "--revoke", "--lang", tt.lang); !strings.Contains(out, tt.want) {
			t.Errorf("--revoke of %s says %q, want %q", tt.person, out, tt.want)
		}
	}
}

// A data directory that is a file, or a link to nothing, is named by every command, and nothing is made.
func TestStore_DataDirectoryThatIsNone(t *testing.T) {
	t.Parallel()
	at, records := twoDistricts(t, nil), pastRecords(t, 2)
	for name, tt := range map[string]struct {
		place    func(path string) error
		says, zh string
	}{
		"a file":         {func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) }, "is not a directory", "不是目录"},
		"a store's file": {func(path string) error { return bolt.Create(path) }, "is not a directory", "不是目录"},
		"a link to a file": {func(path string) error {
			return errors.Join(os.WriteFile(path+".f", nil, 0o600), os.Symlink(path+".f", path))
		}, "is not a directory", "不是目录"},
		"a link to nothing": {func(path string) error { return os.Symlink(path+".gone", path) }, "which is not there", "不存在"},
	} {
		data := filepath.Join(t.TempDir(), "data")
		if err := tt.place(data); err != nil {
			t.Fatal(err)
		}
		before := contents(t, filepath.Dir(data))
		for i, args := range [][]string{
			{"check"},
			{"check", "--repair", "--city", at},
			{"audit", "verify"},
			{"import", records, "--city", at, "--format", "f"},
			{"import", records, "--city", at, "--format", "f", "--dry-run"},
			{"token", "--city", at, "--person", "lead"},
			{"serve", "--city", at, "--listen", "127.0.0.1:0"},
			{"serve", "--new", "--city", at, "--listen", "127.0.0.1:0"},
		} {
			lang, want := "en", tt.says
			if i%2 == 1 {
				lang, want = "zh", tt.zh
			}
			if _, errs := wangge(t, exitWrong, append(args, "--data", data, "--lang", lang)...); !strings.Contains(errs, want) || !strings.Contains(errs, data) {
				t.Errorf("%s: %v says %q, want %q", name, args, errs, want)
			}
		}
		if after := contents(t, filepath.Dir(data)); after != before {
			t.Errorf("%s: left is\n%s\nwas\n%s", name, after, before)
		}
	}
}

// What is refused before it begins leaves no store behind.
func TestStore_RefusedStartLeavesNothing(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	at := twoDistricts(t, nil)
	for name, args := range map[string][]string{
		"a port that is taken":        {"serve", "--city", at, "--listen", taken.Addr().String()},
		"no city":                     {"serve", "--listen", "127.0.0.1:0"},
		"a city that is not there":    {"serve", "--city", "./nowhere", "--listen", "127.0.0.1:0"},
		"a demo on a taken port":      {"demo", "--listen", taken.Addr().String()},
		"an import of no file":        {"import", "nowhere.csv", "--city", at, "--format", "f"},
		"an import of no format":      {"import", pastRecords(t, 2), "--city", at, "--format", "none"},
		"a token for nobody's city":   {"token", "--city", "./nowhere", "--person", "p"},
		"a check of nothing":          {"check"},
		"a repair of nothing":         {"check", "--repair", "--city", at},
		"an audit of nothing":         {"audit", "verify"},
		"a listener beyond this host": {"serve", "--city", at, "--listen", "0.0.0.0:0"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			var out, errs bytes.Buffer
			if code := run(t.Context(), append(args, "--data", dir), &out, &errs); code == exitOK {
				t.Errorf("exit 0: %s%s", out.String(), errs.String())
			}
			if _, err := os.Lstat(dir); err == nil {
				t.Errorf("it left %s", contents(t, dir))
			}
		})
	}
}

// A store of another city is refused by whatever would add to it, and by what only says what would be added.
func TestStore_OfAnotherCityIsRefused(t *testing.T) {
	t.Parallel()
	at, data, records := importedStore(t)
	twin := filepath.Join(t.TempDir(), "twin")
	if err := os.CopyFS(twin, os.DirFS(at)); err != nil {
		t.Fatal(err)
	}
	about := filepath.Join(twin, "city.yaml")
	text, err := os.ReadFile(about)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(about, bytes.Replace(text, []byte("code: TWO"), []byte("code: TWA"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"import", records, "--format", "f", "--dry-run", "--city", twin},
		{"import", records, "--format", "f", "--city", twin},
		{"serve", "--listen", "127.0.0.1:0", "--city", twin},
	} {
		before := contents(t, data)
		for lang, want := range map[string]string{"en": "holds the cases of city TWO, not of", "zh": "该存储中是城市 TWO 的案件"} {
			if _, errs := wangge(t, exitWrong, append(args, "--data", data, "--lang", lang)...); !strings.Contains(errs, want) {
				t.Errorf("%v says %q", args, errs)
			}
		}
		if after := contents(t, data); after != before && slices.Contains(args, "--dry-run") {
			t.Errorf("%v changed the directory:\n%s\nwas\n%s", args, after, before)
		}
	}
}

// A feed whose newer or older head page is damaged is named by whatever opens it: the last commit may have stood there.
func TestStore_DamagedHeadPageIsNamed(t *testing.T) {
	at, sound, records := importedStore(t)
	audited(t, at, sound)
	var logged bytes.Buffer
	was := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	t.Cleanup(func() { slog.SetDefault(was) })
	for page := range 2 {
		for _, args := range [][]string{
			{"check"},
			{"audit", "head"},
			{"audit", "verify"},
			{"import", records, "--city", at, "--format", "f", "--dry-run"},
			{"import", records, "--city", at, "--format", "f"},
			{"serve", "--city", at, "--listen", "127.0.0.1:0"},
		} {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(sound)); err != nil {
				t.Fatal(err)
			}
			feed := filepath.Join(dir, storeFile)
			b, err := os.ReadFile(feed)
			if err != nil {
				t.Fatal(err)
			}
			clear(b[page*os.Getpagesize() : (page+1)*os.Getpagesize()])
			if err := os.WriteFile(feed, b, 0o600); err != nil {
				t.Fatal(err)
			}
			logged.Reset()
			args = append(args, "--data", dir)
			var out, errs string
			switch args[0] {
			case "serve":
				out, errs = serveOnce(t, exitOK, args...)
			case "check":
				out, errs = wangge(t, exitWrong, args...)
			default:
				out, errs = wangge(t, exitOK, args...)
			}
			if all := out + errs + logged.String(); !strings.Contains(all, fmt.Sprintf("has a damaged head page at byte %d", page*os.Getpagesize())) {
				t.Errorf("page %d: %v says %s", page, args, all)
			}
		}
	}
}

// Whatever only reads leaves every byte alone, also where keys lack what the feed has, are damaged, missing, or
// an older program's; and works where nothing may be written.
func TestStore_ReadersLeaveBytesAlone(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // where readers of other processes leave nothing
	at, sound, _ := importedStore(t)
	audited(t, at, sound)
	for name, prepare := range map[string]func(t *testing.T, keys string){
		"as a server left it": func(*testing.T, string) {},
		"keys missing": func(t *testing.T, keys string) {
			t.Helper()
			if err := os.Remove(keys); err != nil {
				t.Fatal(err)
			}
		},
		"keys damaged": func(t *testing.T, keys string) {
			t.Helper()
			if err := os.WriteFile(keys, bytes.Repeat([]byte{0xa5}, 1<<15), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"keys empty": func(t *testing.T, keys string) {
			t.Helper()
			if err := os.Truncate(keys, 0); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(sound)); err != nil {
				t.Fatal(err)
			}
			prepare(t, bolt.KeysPath(filepath.Join(dir, storeFile)))
			readOnly(t, dir)
			before := contents(t, dir)
			want := exitOK
			if strings.Contains(name, "damaged") || strings.Contains(name, "empty") {
				want = exitWrong // it says so, and leaves it
			}
			head := ""
			for _, args := range [][]string{{"check", "--city", at}, {"audit", "head"}, {"audit", "verify"}, {"audit", "prove"}} {
				if args[0] == "audit" {
					want = exitOK
				}
				if args[1] == "prove" {
					args = append(args, "--old", head)
				}
				out, errs := wangge(t, want, append(args, "--data", dir)...)
				if args[1] == "head" {
					head = strings.TrimSpace(out)
				}
				if args[0] == "check" && !strings.Contains(out, "40 cases") {
					t.Errorf("%v: %s%s", args, out, errs)
				}
				if after := contents(t, dir); after != before {
					t.Errorf("%v changed the directory:\n%s\nwas\n%s", args, after, before)
				}
			}
		})
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "wangge-keys-*")); len(left) > 0 {
		t.Errorf("readers left %q", left)
	}
}

// audited writes the audit log of a store, whose city is at a directory.
func audited(t *testing.T, at, data string) {
	t.Helper()
	store, err := bolt.Open(filepath.Join(data, storeFile))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c, faults := compile.FS(os.DirFS(at))
	if len(faults) > 0 {
		t.Fatal(faults[0])
	}
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() { _ = d.RunAudit(ctx) }) // it returns ctx's error
	for _, err := range store.Watch(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if h, err := auditlog.ReadAuditHead(ctx, store); err != nil {
			t.Fatal(err)
		} else if h.Size > 0 {
			return
		}
	}
}

// serveOnce runs a server until it says that it serves, or ends by itself.
func serveOnce(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, errs bytes.Buffer
	if got := run(ctx, args, writing(func(b []byte) {
		if out.Write(b); bytes.Contains(b, []byte("serves on")) || bytes.Contains(b, []byte("服务已启动")) {
			stop()
		}
	}), &errs); got != want {
		t.Fatalf("wangge %v = exit %d, want %d\n%s%s", args, got, want, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

// writing is a function as an io.Writer.
type writing func([]byte)

func (w writing) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

// Every damage of a feed is named by a check, in both languages, with the file, the byte and the revision; the
// other readers and the server name the first and end.
func TestStore_EveryDamageOfTheFeedIsNamed(t *testing.T) {
	t.Parallel()
	city, data := twoDistricts(t, nil), filepath.Join(t.TempDir(), "data")
	wangge(t, exitOK, "import", pastRecords(t, 900), "--city", city, "--format", "f", "--data", data)
	feed := filepath.Join(data, storeFile)
	b, err := os.ReadFile(feed)
	if err != nil {
		t.Fatal(err)
	}
	const page, pageHeader = 4096, 16
	hurt := 0
	for at := 4 * page; at < len(b) && hurt < 2; at += page { // two pages of the tree, the first with what flows over behind it
		leaf := b[at+8] == 2 && b[at+9] == 0 && binary.NativeEndian.Uint64(b[at:]) == uint64(at/page)
		if leaf && b[at+pageHeader] == 0 { // it holds records, and no buckets
			clear(b[at : at+page])
			hurt++
		}
	}
	if err := os.WriteFile(feed, b, 0o600); err != nil {
		t.Fatal(err)
	}
	before := contents(t, data)
	for lang, want := range map[string][]string{"en": {"page_damaged", "at byte", "revision", "put back a backup"}, "zh": {"page_damaged", "有页损坏，位于第", "版本", "请放回该文件的备份"}} {
		out, errs := wangge(t, exitWrong, "check", "--data", data, "--lang", lang)
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("check says %q %q, want %q", out, errs, w)
			}
		}
		if n := strings.Count(out, "page_damaged"); n != hurt {
			t.Errorf("check names %d damages, want %d: %s", n, hurt, out)
		}
		for _, args := range [][]string{{"audit", "verify"}, {"audit", "head"}, {"serve", "--city", city, "--listen", "127.0.0.1:0"}, {"check", "--repair", "--city", city}} {
			if _, errs := wangge(t, exitWrong, append(args, "--data", data, "--lang", lang)...); !strings.Contains(errs, want[1]) || !strings.Contains(errs, feed) {
				t.Errorf("%v says %q, want %q", args, errs, want[1])
			}
		}
	}
	if after := contents(t, data); after != before {
		t.Errorf("the directory was changed:\n%s\nwas\n%s", after, before)
	}
}
