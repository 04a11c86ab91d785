package rpc

import (
	"bytes"
	"crypto/sha256"
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
	"wangge/dispatch/roster"
)

// tokenLine is one line of the token file. The secret itself is never written.
type tokenLine struct {
	SHA256  string          `json:"sha256"`
	Person  roster.PersonID `json:"person"`
	Created time.Time       `json:"created"`
	Expires time.Time       `json:"expires"`
	Revoked bool            `json:"revoked,omitempty"` // no earlier token of the person is good any more
}

// Tokens maps bearer tokens to people. It is a file of hashes that another process may append to:
// when the file has changed it is read again. Safe for concurrent use; one process writes at a time.
type Tokens struct {
	path string
	mu   sync.Mutex
	size int64
	byID map[string]tokenLine

	looked time.Time // when the file was last looked at
}

// lookAgain bounds how long a token that was revoked may still be good.
const lookAgain = time.Second

// OpenTokens reads the token file; a file that is missing has no tokens.
func OpenTokens(path string) (*Tokens, error) {
	t := &Tokens{path: path, byID: map[string]tokenLine{}}
	return t, t.reload()
}

// reload reads the file if its size has changed; lines are only ever appended.
func (t *Tokens) reload() error {
	info, err := os.Stat(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		t.byID, t.size = map[string]tokenLine{}, 0
		return nil
	}
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	if info.Size() == t.size {
		return nil
	}
	data, err := os.ReadFile(t.path)
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	known := map[string]tokenLine{}
	for n := 1; len(data) > 0; n++ {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			break // a write that was cut: nobody was given that token
		}
		data = rest
		var l tokenLine
		if err := json.Unmarshal(line, &l); err != nil {
			return fmt.Errorf("tokens: %s:%d: %w", t.path, n, err)
		}
		if l.Revoked {
			for id, had := range known {
				if had.Person == l.Person {
					delete(known, id)
				}
			}
			continue
		}
		known[l.SHA256] = l
	}
	t.byID, t.size = known, info.Size()
	return nil
}

func hash(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// Issue makes a token of 256 random bits for a person and appends its hash, synced, to the file.
func (t *Tokens) Issue(person roster.PersonID, ttl time.Duration, now time.Time, random io.Reader) (string, error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	secret := base64.RawURLEncoding.EncodeToString(raw)
	return secret, t.append(tokenLine{SHA256: hash(secret), Person: person, Created: now, Expires: now.Add(ttl)})
}

// Revoke ends every token of a person, also in a server that runs.
func (t *Tokens) Revoke(person roster.PersonID, now time.Time) error {
	return t.append(tokenLine{Person: person, Created: now, Revoked: true})
}

// append adds one line, synced. What a write that was cut left behind is cut off first.
func (t *Tokens) append(l tokenLine) error {
	line, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	f, err := os.OpenFile(t.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	data, err := io.ReadAll(f)
	if err == nil {
		whole := int64(bytes.LastIndexByte(data, '\n') + 1)
		if err = f.Truncate(whole); err == nil {
			if _, err = f.WriteAt(append(line, '\n'), whole); err != nil {
				err = errors.Join(err, f.Truncate(whole))
			}
		}
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("token: %w", err)
	}
	t.size = -1
	return t.reload()
}

// Person finds whose token it is; false when it is unknown or has expired.
func (t *Tokens) Person(secret string, now time.Time) (roster.PersonID, bool) {
	id := hash(secret)
	t.mu.Lock()
	defer t.mu.Unlock()
	if since := now.Sub(t.looked); since < 0 || since >= lookAgain || t.byID[id].Person == "" {
		t.looked = now
		if err := t.reload(); err != nil {
			return "", false
		}
	}
	l, ok := t.byID[id]
	return l.Person, ok && now.Before(l.Expires)
}
