package auth

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// tokenLine is one line of the token file. The secret itself is never written.
type tokenLine struct {
	SHA256  string          `json:"sha256"`
	Person  roster.PersonID `json:"person"`
	Created time.Time       `json:"created"`
	Expires time.Time       `json:"expires"`
	Revoked bool            `json:"revoked,omitempty"` // no earlier token of the person is good any more
}

// Tokens maps bearer tokens to people. It is a file of hashes, one JSON object a line, that other
// processes may change: a changed file is read again. A line that can't be parsed is ignored and reported; see Faults.
// Safe for concurrent use, also by several processes.
type Tokens struct {
	Path   string
	mu     sync.Mutex
	info   fs.FileInfo // of the file as it was read; nil = it was not there
	byID   map[string]tokenLine
	faults []error
	report func(error) // nil, or what hears of each fault when the file is read

	refreshed time.Time // when the file was last checked
	failed    string    // why the file could not be read at the last check; "" = it could
}

// refreshAfter bounds how long a revoked token stays valid in a server that runs.
const refreshAfter = 500 * time.Millisecond

// OpenTokens reads the token file; a file that is missing has no tokens. It fails only if the file
// can't be read at all.
func OpenTokens(path string) (*Tokens, error) {
	t := &Tokens{Path: path, byID: map[string]tokenLine{}}
	return t, t.reload()
}

// Faults returns the lines of the file that are ignored, each with file, line and reason.
func (t *Tokens) Faults() []error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.faults
}

// Report calls report for every fault of the file: now, and each time the file is read again. It also reports when the
// file becomes unreadable and when it is readable again. report is called with the tokens locked.
func (t *Tokens) Report(report func(error)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report = report
	for _, f := range t.faults {
		report(f)
	}
}

// reload reads the file if it has changed.
func (t *Tokens) reload() error {
	info, err := os.Stat(t.Path)
	if errors.Is(err, fs.ErrNotExist) {
		t.byID, t.info, t.faults = map[string]tokenLine{}, nil, nil
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
	t.byID, t.faults = parseTokens(t.Path, data)
	t.info = info
	if t.report != nil {
		for _, f := range t.faults {
			t.report(f)
		}
	}
	return nil
}

// parseTokens parses all lines in order. A revocation revokes the lines above it. The last line may lack its newline.
func parseTokens(path string, data []byte) (known map[string]tokenLine, faults []error) {
	known = map[string]tokenLine{}
	for n := 1; len(data) > 0; n++ {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		zeros := bytes.IndexByte(line, 0) >= 0
		if line = bytes.Trim(line, "\x00 \t\r"); len(line) == 0 {
			if zeros {
				faults = append(faults, badLine(path, n, i18n.F("it holds zeros", "内容全为零字节")))
			}
			continue
		}
		var l tokenLine
		if json.Unmarshal(line, &l) != nil {
			faults = append(faults, badLine(path, n, i18n.F("not a JSON object with sha256, person, created and expires",
				"不是含 sha256、person、created、expires 的 JSON 对象")))
			continue
		}
		switch digest, err := hex.DecodeString(l.SHA256); {
		case l.Person == "":
			faults = append(faults, badLine(path, n, i18n.F("no person", "缺少 person")))
		case l.Revoked:
			for id, had := range known {
				if had.Person == l.Person {
					delete(known, id)
				}
			}
		case err != nil || len(digest) != sha256.Size:
			faults = append(faults, badLine(path, n, i18n.F("sha256 is not 64 hexadecimal digits", "sha256 不是 64 位十六进制数")))
		case l.Expires.IsZero():
			faults = append(faults, badLine(path, n, i18n.F("no expires", "缺少 expires")))
		default:
			known[hex.EncodeToString(digest)] = l
		}
	}
	return known, faults
}

// badLine returns the error of a line that is ignored.
func badLine(path string, n int, why i18n.Text) error {
	return i18n.Errorf("tokens: %[1]s:%[2]d: %[3]s; this line counts for nothing: if it was a token, make a new one, "+
		"if it was a revocation, revoke again (wangge token)",
		"令牌文件 %[1]s 第 %[2]d 行：%[4]s；该行不起作用：若为令牌请重新生成，若为撤销请再次撤销（wangge token）", path, n, why.En, why.Zh)
}

// hash is the form in which a token is kept.
func hash(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// Issue makes a token of 256 random bits for a person. When Issue returns, the token's hash is in the
// file and synced; several processes may issue at once.
func (t *Tokens) Issue(person roster.PersonID, ttl time.Duration, now time.Time, random io.Reader) (string, error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	secret := base64.RawURLEncoding.EncodeToString(raw)
	return secret, t.append(tokenLine{SHA256: hash(secret), Person: person, Created: now, Expires: now.Add(ttl)})
}

// Revoke revokes every token of a person and, in a server that runs, ends the calls that are open with one. Each line of
// the person is marked as revoked, and a line is added: damage to one line makes no token valid again.
func (t *Tokens) Revoke(person roster.PersonID, now time.Time) error {
	return t.change(tokenLine{Person: person, Created: now, Revoked: true}, func(data []byte) []byte {
		var out []byte
		for line := range bytes.SplitAfterSeq(data, []byte("\n")) {
			var l tokenLine
			if json.Unmarshal(bytes.Trim(line, "\x00 \t\r\n"), &l) == nil && l.Person == person && !l.Revoked {
				l.Revoked = true
				if marked, err := json.Marshal(l); err == nil {
					line = append(marked, '\n')
				}
			}
			out = append(out, line...)
		}
		return out
	})
}

// Good returns the number of valid tokens of a person.
func (t *Tokens) Good(person roster.PersonID, now time.Time) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refreshStale(now, true)
	n := 0
	for _, l := range t.byID {
		if l.Person == person && now.Before(l.Expires) {
			n++
		}
	}
	return n
}

// append adds one line to the file.
func (t *Tokens) append(l tokenLine) error {
	return t.change(l, func(data []byte) []byte { return data })
}

// change rewrites the lines of the file and adds one.
func (t *Tokens) change(add tokenLine, change func([]byte) []byte) error {
	line, err := json.Marshal(add)
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := rewrite(t.Path, func(data []byte) []byte {
		if end := bytes.LastIndexByte(data, '\n') + 1; end < len(data) {
			if json.Valid(bytes.Trim(data[end:], "\x00 \t\r")) {
				data = append(data, '\n')
			} else {
				data = data[:end] // a write that was cut
			}
		}
		return append(append(change(data), line...), '\n')
	}); err != nil {
		return fmt.Errorf("token: %w", err)
	}
	return t.reload()
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
	t.refreshStale(now, t.byID[id].Person == "")
	l, ok := t.byID[id]
	return l, ok && now.Before(l.Expires)
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

// current refreshes the tokens and returns a function that reports whether the token of a hash is known.
func (t *Tokens) current() func(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refresh()
	known := t.byID // a map that is never changed once it is read
	return func(id string) bool {
		_, ok := known[id]
		return ok
	}
}
