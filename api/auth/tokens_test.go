package auth

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wangge/dispatch/city/roster"
)

// TestMain is also what the processes begin with that tests start of this binary.
func TestMain(m *testing.M) {
	if path := os.Getenv("WANGGE_TEST_ISSUE"); path != "" {
		os.Exit(issueTwo(path))
	}
	os.Exit(m.Run())
}

// issueTwo makes two tokens and prints them.
func issueTwo(path string) int {
	tokens, err := OpenTokens(path)
	for range 2 {
		var secret string
		if err == nil {
			secret, err = tokens.Issue("p", time.Hour, time.Now(), rand.Reader)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println(secret)
	}
	return 0
}

// Sixty processes make two tokens each at the same time: what is printed is kept, all of it, and the
// file stays one that can be read. One more process is killed again and again while it writes.
func TestTokens_OfManyProcessesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path+".new", []byte("left behind by a process that died"), 0o600); err != nil {
		t.Fatal(err)
	}
	issue := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "WANGGE_TEST_ISSUE="+path)
		return cmd
	}
	var mu sync.Mutex
	var secrets []string
	var wg sync.WaitGroup
	for range 60 {
		wg.Go(func() {
			out, err := issue().Output()
			if err != nil {
				t.Errorf("a process ended with %v %s", err, out)
			}
			mu.Lock()
			defer mu.Unlock()
			secrets = append(secrets, strings.Fields(string(out))...)
		})
	}
	for range 10 {
		wg.Go(func() {
			cmd := issue()
			if err := cmd.Start(); err != nil {
				t.Error(err)
				return
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	}
	wg.Wait()
	tokens, err := OpenTokens(path)
	if err != nil || len(tokens.Faults()) > 0 {
		t.Fatalf("the file: %v, %v", err, tokens.Faults())
	}
	lost := 0
	for _, s := range secrets {
		if p, ok := tokens.Person(s, time.Now()); !ok || p != "p" {
			lost++
		}
	}
	if len(secrets) != 120 || lost > 0 {
		t.Errorf("%d tokens were printed and %d of them are not kept; want 120 and none", len(secrets), lost)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v; want it readable to its owner alone", info.Mode(), err)
	}
	if data, err := os.ReadFile(path); err != nil || bytes.ContainsRune(data, 0) {
		t.Errorf("the file holds a NUL byte, %v", err)
	}
}

// A line that can't be read is named and costs only itself, wherever it stands; a revocation beside it
// still counts, and the next token is written after it.
func TestTokens_BadLineCostsOnlyItself(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	whole := strings.Repeat("ab", 32)
	for name, tt := range map[string]struct {
		bad   string
		named bool
	}{
		"not JSON":               {"hello\n", true},
		"half a line":            {`{"sha256":"12` + "\n", true},
		"NUL bytes":              {strings.Repeat("\x00", 180) + "\n", true},
		"NUL bytes and no end":   {strings.Repeat("\x00", 180), false},
		"half a token":           {`{"sha256":"` + whole + `","person":"p","exp` + "\n", true},
		"no expires":             {`{"sha256":"` + whole + `","person":"p"}` + "\n", true},
		"an array":               {"[1,2]\n", true},
		"no person":              {`{"sha256":"` + whole + `"}` + "\n", true},
		"a short digest":         {`{"sha256":"12","person":"p"}` + "\n", true},
		"a digest of no digits":  {`{"sha256":"` + strings.Repeat("zz", 32) + `","person":"p"}` + "\n", true},
		"a revocation of nobody": {`{"revoked":true}` + "\n", true},
		"an empty line":          {"\n", false},
		"a line from Windows":    {`{"sha256":"` + whole + `","person":"p","expires":"2030-01-01T00:00:00Z"}` + "\r\n", false},
		"a wrong time":           {`{"sha256":"` + whole + `","person":"p","expires":"tomorrow"}` + "\n", true},
	} {
		for _, where := range []int{0, 1, 2} {
			t.Run(fmt.Sprint(name, "/", where), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "tokens")
				tokens, err := OpenTokens(path)
				if err != nil {
					t.Fatal(err)
				}
				var secrets []string
				for _, p := range []string{"first", "second"} {
					s, err := tokens.Issue(roster.PersonID("p-"+p), time.Hour, now, rand.Reader)
					if err != nil {
						t.Fatal(err)
					}
					secrets = append(secrets, s)
				}
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				lines := bytes.SplitAfter(data, []byte("\n"))[:2]
				spoilt := bytes.Join([][]byte{bytes.Join(lines[:where], nil), []byte(tt.bad), bytes.Join(lines[where:], nil)}, nil)
				if err := os.WriteFile(path, spoilt, 0o600); err != nil {
					t.Fatal(err)
				}
				again, err := OpenTokens(path)
				if err != nil {
					t.Fatal(err)
				}
				named := tt.named || name == "NUL bytes and no end" && where == 2 // else they stand in a sound line
				if faults := again.Faults(); named != (len(faults) == 1) || named && !strings.Contains(faults[0].Error(), fmt.Sprintf("%s:%d:", path, where+1)) {
					t.Errorf("faults %v; want the line named %v: line %d", faults, named, where+1)
				}
				for i, s := range secrets {
					if _, ok := again.Person(s, now); !ok {
						t.Errorf("token %d is unknown beside the bad line", i+1)
					}
				}
				if err := again.Revoke("p-first", now); err != nil {
					t.Fatal(err)
				}
				if _, ok := again.Person(secrets[0], now); ok {
					t.Error("a revoked token is still good")
				}
				third, err := again.Issue("p-third", time.Hour, now, rand.Reader)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range []string{secrets[1], third} {
					if _, ok := tokens.Person(s, now.Add(time.Minute)); !ok {
						t.Error("a token is unknown after the next write")
					}
				}
			})
		}
	}
}

// A file that ends within a line names the line: its token is lost. So does one that ends in zeros.
func TestTokens_CutFileIsReported(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "tokens")
	tokens, err := OpenTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []roster.PersonID{"p-1", "p-2"} {
		if _, err := tokens.Issue(p, time.Hour, now, rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := bytes.IndexByte(data, '\n') + 1
	for n := first + 1; n < len(data)-1; n++ {
		for what, b := range map[string][]byte{"cut": data[:n], "zeros": append(bytes.Clone(data[:first]), make([]byte, n-first)...)} {
			f := parseTokens("f", b)
			if known, faults := f.secrets, f.faults; len(known) != 1 || len(faults) != 1 || !strings.Contains(faults[0].Error(), "f:2:") {
				t.Errorf("%s at byte %d: %d tokens, %v", what, n, len(known), faults)
			}
		}
	}
}

// Damage to any one line makes no revoked token good again.
func TestTokens_DamagedRevocationRevivesNone(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "tokens")
	tokens, err := OpenTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	var secrets []string
	for _, p := range []roster.PersonID{"p-1", "p-2", "p-1"} {
		s, err := tokens.Issue(p, time.Hour, now, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, s)
	}
	if err := tokens.Revoke("p-1", now); err != nil {
		t.Fatal(err)
	}
	again, err := tokens.Issue("p-1", time.Hour, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	for i := range lines {
		spoilt := slices.Clone(lines)
		spoilt[i] = []byte("{\n")
		f := parseTokens("f", bytes.Join(spoilt, nil))
		known, faults := f.secrets, f.faults
		if len(faults) != 1 {
			t.Errorf("line %d spoilt: %v", i+1, faults)
		}
		for _, s := range []string{secrets[0], secrets[2]} {
			if _, ok := known[hash(s)]; ok {
				t.Errorf("a revoked token is good when line %d is spoilt", i+1)
			}
		}
		if _, ok := known[hash(secrets[1])]; !ok && i != 1 {
			t.Errorf("another person's token is unknown when line %d is spoilt", i+1)
		}
		if _, ok := known[hash(again)]; !ok && i != len(lines)-1 {
			t.Errorf("a token made after the revocation is unknown when line %d is spoilt", i+1)
		}
	}
}

// A last line without its end counts if it is whole, as an editor may leave it.
func TestTokens_LastLineWithoutItsEnd(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "tokens")
	tokens, err := OpenTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	first, err := tokens.Issue("p-1", time.Hour, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.TrimRight(data, "\n"), fs.FileMode(0o600)); err != nil {
		t.Fatal(err)
	}
	second, err := tokens.Issue("p-2", time.Hour, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{first, second} {
		if _, ok := tokens.Person(s, now); !ok || len(tokens.Faults()) > 0 {
			t.Errorf("a token is unknown, %v", tokens.Faults())
		}
	}
}

// A revocation that leaves the file as large as before is seen.
func TestTokens_ChangeOfTheSameSizeIsSeen(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "tokens")
	tokens, err := OpenTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := tokens.Issue("p-1", time.Hour, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte(" "), len(data)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := tokens.Person(secret, now.Add(time.Second)); ok {
		t.Error("a token whose line is gone is still good")
	}
}

// A token that is made by another user leaves the file to the user of the server, and where it is.
func TestTokens_FileKeepsItsOwnerAndPlace(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	for name, prepare := range map[string]func(t *testing.T, path, elsewhere string){
		"a file": func(t *testing.T, path, _ string) {
			t.Helper()
			place(t, path)
		},
		"a link": func(t *testing.T, path, elsewhere string) {
			t.Helper()
			place(t, elsewhere)
			link(t, elsewhere, path)
		},
		"a link of a link": func(t *testing.T, path, elsewhere string) {
			t.Helper()
			place(t, elsewhere)
			link(t, elsewhere, path+".at")
			link(t, path+".at", path)
		},
		"a link to no file": func(t *testing.T, path, elsewhere string) {
			t.Helper()
			link(t, elsewhere, path)
		},
		"a relative link": func(t *testing.T, path, elsewhere string) {
			t.Helper()
			place(t, elsewhere)
			link(t, "../else/tokens", path)
		},
		"a mode for a group": func(t *testing.T, path, _ string) {
			t.Helper()
			place(t, path)
			chmod(t, path, 0o660)
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, d := range []string{"data", "else"} {
				if err := os.Mkdir(filepath.Join(root, d), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			path, elsewhere := filepath.Join(root, "data", "tokens"), filepath.Join(root, "else", "tokens")
			prepare(t, path, elsewhere)
			linked, _ := os.Readlink(path)
			was, _ := os.Stat(path)
			tokens, err := OpenTokens(path)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				secret, err := tokens.Issue("p-1", time.Hour, now, rand.Reader)
				if err != nil {
					t.Fatal(err)
				}
				other, err := OpenTokens(path)
				if err != nil {
					t.Fatal(err)
				}
				if _, ok := other.Person(secret, now); !ok {
					t.Error("the token is unknown")
				}
			}
			if after, _ := os.Readlink(path); after != linked {
				t.Errorf("the link leads to %q, was %q", after, linked)
			}
			is, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if was != nil && (is.Mode() != was.Mode() || owner(is) != owner(was)) {
				t.Errorf("the file is %v of %v, was %v of %v", is.Mode(), owner(is), was.Mode(), owner(was))
			}
		})
	}
}

// owner is the user and the group of a file.
func owner(info fs.FileInfo) [2]uint32 {
	st := info.Sys().(*syscall.Stat_t)
	return [2]uint32{st.Uid, st.Gid}
}

// place makes an empty token file, of another user where the test may.
func place(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(path, 1234, 1235); err != nil {
			t.Fatal(err)
		}
	}
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// What is no file is refused by name and never waited for.
func TestTokens_FileIsRegular(t *testing.T) {
	for name, place := range map[string]func(path string) error{
		"a directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"a pipe":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a link to such": func(path string) error {
			return errors.Join(syscall.Mkfifo(path+".pipe", 0o600), os.Symlink(path+".pipe", path))
		},
	} {
		path := filepath.Join(t.TempDir(), "tokens")
		if err := place(path); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenTokens(path); err == nil || !strings.Contains(err.Error(), path+" is not a regular file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A token file that can't be read any more changes nothing for the tokens that are known, and is reported once
// for each thing that is wrong with it, and once when it is well again.
func TestTokens_UnreadableFileIsReported(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tokens")
	tokens, err := OpenTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	secret, err := tokens.Issue("p", time.Hour, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	tokens.Report(func(err error) { said = append(said, err.Error()) })
	for _, step := range []struct {
		name  string
		make  func() error
		words string // "" = nothing is said
	}{
		{"a folder", func() error { return os.Mkdir(path, 0o700) }, "is not a regular file"},
		{"a pipe", func() error { return syscall.Mkfifo(path, 0o600) }, ""},
		{"a link to itself", func() error { return os.Symlink("tokens", path) }, "too many levels"},
		{"the file", func() error { return os.WriteFile(path, kept, 0o600) }, "can be read again"},
		{"a folder once more", func() error { return os.Mkdir(path, 0o700) }, "is not a regular file"},
		{"the file once more", func() error { return os.WriteFile(path, kept, 0o600) }, "can be read again"},
	} {
		t.Run(step.name, func(t *testing.T) {
			said = nil
			if err := errors.Join(os.Remove(path), step.make()); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				now = now.Add(time.Second)
				if p, ok := tokens.Person(secret, now); !ok || p != "p" {
					t.Errorf("the token is %q, %v", p, ok)
				}
				if known := tokens.current(); !known(hash(secret), now) {
					t.Error("the token is not known any more")
				}
			}
			if step.words == "" && len(said) > 0 || step.words != "" && (len(said) != 1 || !strings.Contains(said[0], step.words)) {
				t.Errorf("reported %q, want %q once", said, step.words)
			}
		})
	}
}
