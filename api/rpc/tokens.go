package rpc

import (
	"bufio"
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
}

// Tokens maps bearer tokens to people. It is a file of hashes that another process may append to:
// a token that is not known makes it look at the file again. Safe for concurrent use.
type Tokens struct {
	path string
	mu   sync.Mutex
	size int64
	byID map[string]tokenLine
}

// OpenTokens reads the token file; a file that is missing has no tokens.
func OpenTokens(path string) (*Tokens, error) {
	t := &Tokens{path: path, byID: map[string]tokenLine{}}
	return t, t.reload()
}

// reload reads the file if its size has changed; lines are only ever appended.
func (t *Tokens) reload() error {
	info, err := os.Stat(t.path)
	if errors.Is(err, fs.ErrNotExist) {
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
	sc := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; sc.Scan(); n++ {
		var l tokenLine
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			return fmt.Errorf("tokens: %s:%d: %w", t.path, n, err)
		}
		t.byID[l.SHA256] = l
	}
	t.size = int64(len(data))
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
	line, err := json.Marshal(tokenLine{hash(secret), person, now, now.Add(ttl)})
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	f, err := os.OpenFile(t.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	return secret, t.reload()
}

// Person finds whose token it is; false when it is unknown or has expired.
func (t *Tokens) Person(secret string, now time.Time) (roster.PersonID, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, ok := t.byID[hash(secret)]
	if !ok {
		if err := t.reload(); err != nil {
			return "", false
		}
		l, ok = t.byID[hash(secret)]
	}
	return l.Person, ok && now.Before(l.Expires)
}
