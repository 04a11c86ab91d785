package auth

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// Tokens maps bearer tokens to people. It is a file of hashes, one JSON object a line, that other
// processes may change: a changed file is read again. A line that can't be parsed is ignored and reported; see Faults.
// When tokens were last used is kept in a file beside it; see WriteUse. Safe for concurrent use, also by several
// processes.
type Tokens struct {
	Path   string
	mu     sync.Mutex
	info   fs.FileInfo // of the file as it was read; nil = it was not there
	file   *tokenFile
	use    lastUse
	report func(error) // nil, or what hears of each fault when the file is read

	refreshed time.Time // when the file was last checked
	failed    string    // why the file could not be read at the last check; "" = it could
}

// refreshAfter bounds how long a revoked token stays valid in a server that runs.
const refreshAfter = 500 * time.Millisecond

// OpenTokens reads the token file; a file that is missing has no tokens. It fails only if the file
// can't be read at all.
func OpenTokens(path string) (*Tokens, error) {
	t := &Tokens{Path: path, file: parseTokens(path, nil), use: readLastUse(path + usedSuffix)}
	return t, t.reload()
}

// Faults returns the lines of the file that are ignored, each with file, line and reason.
func (t *Tokens) Faults() []error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.file.faults
}

// Report calls report for every fault of the file: now, and each time the file is read again. It also reports when the
// file becomes unreadable and when it is readable again. report is called with the tokens locked.
func (t *Tokens) Report(report func(error)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report = report
	for _, f := range t.file.faults {
		report(f)
	}
}

// reload reads the file if it has changed.
func (t *Tokens) reload() error {
	info, err := os.Stat(t.Path)
	if errors.Is(err, fs.ErrNotExist) {
		t.file, t.info = parseTokens(t.Path, nil), nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	if t.info != nil && os.SameFile(info, t.info) && info.Size() == t.info.Size() && info.ModTime().Equal(t.info.ModTime()) {
		return nil
	}
	if !info.Mode().IsRegular() {
		return i18n.Errorf("tokens: %s is not a regular file; move it away and make the tokens anew (wangge token)",
			"令牌文件 %s 不是普通文件；请移走后重新生成令牌（wangge token）", t.Path)
	}
	data, err := os.ReadFile(t.Path)
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	t.file = parseTokens(t.Path, data)
	t.info = info
	if t.report != nil {
		for _, f := range t.file.faults {
			t.report(f)
		}
	}
	return nil
}

// hash is the form in which a token is kept.
func hash(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// Good returns the number of valid tokens of a person.
func (t *Tokens) Good(person roster.PersonID, now time.Time) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refreshStale(now, true)
	n := 0
	for _, one := range t.file.people[person] {
		if !one.Over(now) {
			n++
		}
	}
	return n
}

// edit is a change of the lines of the token file.
type edit struct {
	change func(*tokenLine) bool // whether it has changed the line; nil = no line changes
	add    []tokenLine
}

// change rewrites the file by what decide makes of the tokens that the file holds now, under the lock between processes.
// An error of decide leaves the file as it is. Lines of tokens that were over KeepOver ago are removed.
func (t *Tokens) change(now time.Time, decide func(*tokenFile) (edit, error)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var refused error
	err := rewrite(t.Path, func(data []byte) ([]byte, error) {
		f := parseTokens(t.Path, data)
		e, err := decide(f)
		if err != nil {
			refused = err
			return nil, err
		}
		return e.apply(f, data, now)
	})
	if refused != nil {
		return refused
	}
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	return t.reload()
}

// apply returns the bytes of the file after an edit. Lines that can't be read stay; only a last line that a write was cut
// in is removed.
func (e edit) apply(f *tokenFile, data []byte, now time.Time) ([]byte, error) {
	if end := bytes.LastIndexByte(data, '\n') + 1; end < len(data) {
		if json.Valid(bytes.Trim(data[end:], "\x00 \t\r")) {
			data = append(data, '\n')
		} else {
			data = data[:end]
		}
	}
	var out []byte
	keeps := map[roster.PersonID]bool{} // people with the line of a secret above
	for line := range bytes.SplitAfterSeq(data, []byte("\n")) {
		l, why := readLine(bytes.Trim(line, "\x00 \t\r\n"))
		if why != (i18n.Text{}) {
			out = append(out, line...)
			continue
		}
		changed := e.change != nil && e.change(&l)
		if !changed && f.useless(&l, keeps[l.Person], now) {
			continue
		}
		keeps[l.Person] = keeps[l.Person] || l.SHA256 != ""
		if changed {
			marked, err := json.Marshal(l)
			if err != nil {
				return nil, err
			}
			line = append(marked, '\n')
		}
		out = append(out, line...)
	}
	for _, l := range e.add {
		line, err := json.Marshal(l)
		if err != nil {
			return nil, err
		}
		out = append(append(out, line...), '\n')
	}
	return out, nil
}

// useless reports whether a line that was read tells nothing any more: the secret of a token that was over KeepOver ago,
// a secret that has ended before the newest one of its token, or a revocation below which no line of its person is kept.
func (f *tokenFile) useless(l *tokenLine, kept bool, now time.Time) bool {
	if l.SHA256 == "" {
		return l.Revoked && !kept
	}
	one, ok := f.tokens[l.ID]
	if !ok || now.Before(l.Expires) {
		return false
	}
	return !now.Before(one.Expires.Add(KeepOver)) || one.Revoked.IsZero() && l.made().Before(one.made)
}

// LastToken caches the hash of the last valid token of a connection, because most connections send one token over and
// over. It does not cache whether the token is valid. Not safe for concurrent use.
type LastToken struct{ secret, id string }

// hash returns the hash of a token.
func (l *LastToken) hash(secret string) string {
	if l.id != "" && subtle.ConstantTimeCompare([]byte(secret), []byte(l.secret)) == 1 {
		return l.id
	}
	return hash(secret)
}

// find returns the line of a token by hash. ok is false if the token is unknown or has expired.
func (t *Tokens) find(id string, now time.Time) (tokenLine, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refreshStale(now, t.file.secrets[id].Person == "")
	l, ok := t.file.secrets[id]
	if ok = ok && now.Before(l.Expires); ok {
		t.use.note(l.ID, now)
	}
	return l, ok
}

// refreshStale refreshes the tokens if the last refresh is older than refreshAfter, or at once.
func (t *Tokens) refreshStale(now time.Time, atOnce bool) {
	if since := now.Sub(t.refreshed); atOnce || since < 0 || since >= refreshAfter {
		t.refreshed = now
		t.refresh()
	}
}

// refresh reads the file again if it has changed. If the file can't be read, the tokens stay as they were: revocations
// since then have no effect. A failure is reported once, until another failure or the end of it.
func (t *Tokens) refresh() {
	err, why := t.reload(), ""
	if err != nil {
		why = err.Error()
	}
	if why == t.failed {
		return
	}
	t.failed = why
	switch {
	case t.report == nil:
	case err != nil:
		t.report(i18n.Errorf("%[1]v; the tokens that were read before stay good, and no new or revoked one is seen",
			"%[2]s；此前已读取的令牌仍然有效，新增和撤销的令牌均未生效", err, i18n.Of(err).Zh))
	default:
		t.report(i18n.Errorf("the token file %s can be read again", "令牌文件 %s 已恢复可读", t.Path))
	}
}

// Person returns the person of a token. ok is false if the token is unknown or has expired.
func (t *Tokens) Person(secret string, now time.Time) (roster.PersonID, bool) {
	l, ok := t.find(hash(secret), now)
	return l.Person, ok
}

// current refreshes the tokens and returns a function that reports whether a secret is good at an instant, by its hash.
func (t *Tokens) current() func(hash string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refresh()
	known := t.file.secrets // a map that is never changed once it is read
	return func(hash string, now time.Time) bool {
		l, ok := known[hash]
		return ok && now.Before(l.Expires)
	}
}
