package auth

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// format is the format of the lines that this program writes. Lines of format 1 state no format, name no token and no
// device; a line of a later format counts for nothing.
const format = 2

// tokenLine is one line of the token file: one secret of a token, or a revocation. The secret itself is never written.
// An older program reads the same lines: it ends a secret at the earliest instant that the file gives.
type tokenLine struct {
	SHA256  string          `json:"sha256"`
	Person  roster.PersonID `json:"person"`
	Created time.Time       `json:"created"`           // the token
	Expires time.Time       `json:"expires"`           // the secret; no later than Ended
	Revoked bool            `json:"revoked,omitempty"` // no earlier token of the person is good any more
	Format  int             `json:"format,omitempty"`  // 0 = 1
	ID      string          `json:"id,omitempty"`      // of the token; "" = made of the hash
	Device  string          `json:"device,omitempty"`  // name of the device that holds the token
	Issuer  roster.PersonID `json:"issuer,omitempty"`  // "" = made at the machine of the service
	Request string          `json:"request,omitempty"` // id of the request that made the token
	Renewed time.Time       `json:"renewed,omitzero"`  // when the secret was made, if the token is older
	Ended   time.Time       `json:"ended,omitzero"`    // when the token was revoked
}

// readLine reads a line, or says why the line counts for nothing. The hash is in lower case, "" for a revocation without
// one; every secret has the id of its token, in format 1 made of the hash.
func readLine(line []byte) (l tokenLine, why i18n.Text) {
	if json.Unmarshal(line, &l) != nil {
		return l, i18n.F("not a JSON object with sha256, person, created and expires", "不是含 sha256、person、created、expires 的 JSON 对象")
	}
	digest, err := hex.DecodeString(l.SHA256)
	isSecret := err == nil && len(digest) == sha256.Size
	switch {
	case l.Format > format:
		return l, i18n.F("format %d is that of a newer program", "格式 %d 属于更新版本的程序", l.Format)
	case l.Person == "":
		return l, i18n.F("no person", "缺少 person")
	case !isSecret && !l.Revoked:
		return l, i18n.F("sha256 is not 64 hexadecimal digits", "sha256 不是 64 位十六进制数")
	case !isSecret:
		l.SHA256, l.ID = "", ""
		return l, i18n.Text{}
	case l.Expires.IsZero() && !l.Revoked:
		return l, i18n.F("no expires", "缺少 expires")
	}
	if l.SHA256 = hex.EncodeToString(digest); l.ID == "" {
		l.ID = idOf(l.SHA256)
	}
	return l, i18n.Text{}
}

// idOf makes the id of a token of the hash of its first secret. 48 bits of a hash of 256 random bits say nothing of the
// secret.
func idOf(hash string) string { return "tk-" + hash[:12] }

// made is when the secret of a line was made.
func (l tokenLine) made() time.Time {
	if l.Renewed.IsZero() {
		return l.Created
	}
	return l.Renewed
}

// tokenFile is a token file as it was read. It is never changed.
type tokenFile struct {
	secrets map[string]tokenLine // by hash: secrets of tokens that are not revoked; they may have expired
	tokens  map[string]*Token    // by id, with the tokens that are over
	sorted  []*Token             // by person, then by age
	faults  []error

	hashes map[string][]string          // of the secrets of a token, by its id
	people map[roster.PersonID][]*Token // by person
}

// parseTokens parses all lines in order. A revocation revokes the lines above it. The last line may lack its newline.
func parseTokens(path string, data []byte) *tokenFile {
	f := &tokenFile{
		secrets: map[string]tokenLine{}, tokens: map[string]*Token{},
		hashes: map[string][]string{}, people: map[roster.PersonID][]*Token{},
	}
	for n := 1; len(data) > 0; n++ {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		zeros := bytes.IndexByte(line, 0) >= 0
		if line = bytes.Trim(line, "\x00 \t\r"); len(line) == 0 {
			if zeros {
				f.faults = append(f.faults, badLine(path, n, i18n.F("it holds zeros", "内容全为零字节")))
			}
			continue
		}
		l, why := readLine(line)
		if why == (i18n.Text{}) {
			why = f.add(l)
		}
		if why != (i18n.Text{}) {
			f.faults = append(f.faults, badLine(path, n, why))
		}
	}
	for _, t := range f.tokens {
		f.sorted = append(f.sorted, t)
	}
	slices.SortFunc(f.sorted, func(a, b *Token) int { return compareCursors(a.Cursor(), b.Cursor()) })
	return f
}

// add takes a line in, or says why the line counts for nothing.
func (f *tokenFile) add(l tokenLine) (why i18n.Text) {
	if t, ok := f.tokens[l.ID]; ok && t.Person != l.Person {
		return i18n.F("id %[1]s is that of a token of %[2]s", "id %[1]s 属于 %[2]s 的令牌", l.ID, t.Person)
	}
	if !l.Revoked {
		f.addSecret(l)
		return i18n.Text{}
	}
	if l.SHA256 != "" {
		f.note(l)
	}
	for _, t := range f.people[l.Person] {
		f.revoke(t, l)
	}
	return i18n.Text{}
}

// addSecret takes in one secret. Of two lines with one secret the earlier end counts.
func (f *tokenFile) addSecret(l tokenLine) {
	if had, ok := f.secrets[l.SHA256]; ok && had.Expires.Before(l.Expires) {
		l.Expires = had.Expires
	}
	t := f.note(l)
	if !l.Ended.IsZero() {
		f.revoke(t, l)
	}
	if t.Revoked.IsZero() {
		f.secrets[l.SHA256] = l
		f.hashes[l.ID] = append(f.hashes[l.ID], l.SHA256)
	}
}

// note takes in what a line says of its token.
func (f *tokenFile) note(l tokenLine) *Token {
	t, ok := f.tokens[l.ID]
	if !ok {
		t = &Token{ID: l.ID, Person: l.Person, Device: l.Device, Issuer: l.Issuer, Created: l.Created, request: l.Request}
		f.tokens[l.ID], f.people[l.Person] = t, append(f.people[l.Person], t)
	}
	if !l.made().Before(t.made) {
		t.made, t.Expires = l.made(), l.Expires
	}
	if l.Renewed.After(t.Renewed) {
		t.Renewed = l.Renewed
	}
	return t
}

// revoke ends a token by a line. In a file of format 1 the line of a revoked token does not say since when; the line of
// the revocation, which follows, does.
func (f *tokenFile) revoke(t *Token, by tokenLine) {
	at, since := by.Ended, !by.Ended.IsZero()
	if !since && by.SHA256 == "" {
		at, since = by.Created, true
	}
	switch {
	case t.Revoked.IsZero() && !since:
		t.Revoked, t.guessed = t.Created, true
	case t.Revoked.IsZero(), t.guessed && since:
		t.Revoked, t.guessed = at, false
	}
	for _, h := range f.hashes[t.ID] {
		delete(f.secrets, h)
	}
	delete(f.hashes, t.ID)
}

// badLine returns the error of a line that is ignored.
func badLine(path string, n int, why i18n.Text) error {
	return i18n.Errorf("tokens: %[1]s:%[2]d: %[3]s; this line counts for nothing: if it was a token, make a new one, "+
		"if it was a revocation, revoke again (wangge token)",
		"令牌文件 %[1]s 第 %[2]d 行：%[4]s；该行不起作用：若为令牌请重新生成，若为撤销请再次撤销（wangge token）", path, n, why.En, why.Zh)
}
