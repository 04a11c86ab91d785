package auth

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch/city/roster"
)

// morning is when the tests of this file begin.
var morning = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)

// some returns tokens without a token.
func some(t *testing.T) *Tokens {
	t.Helper()
	tokens, err := OpenTokens(filepath.Join(t.TempDir(), "tokens"))
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// again opens the file of tokens as another process would.
func again(t *testing.T, tokens *Tokens) *Tokens {
	t.Helper()
	other, err := OpenTokens(tokens.Path)
	if err != nil {
		t.Fatal(err)
	}
	return other
}

func made(t *testing.T, tokens *Tokens, g Grant, now time.Time) (Token, string) {
	t.Helper()
	one, secret, err := tokens.Create(g, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return one, secret
}

// A phone renews its token: the new secret is good at once, the old one for ten minutes more, so that a phone whose
// answer was lost renews again. The token keeps its id, and every process sees the same.
func TestRenew_OldSecretLastsForItsGrace(t *testing.T) {
	t.Parallel()
	tokens := some(t)
	one, old := made(t, tokens, Grant{Person: "p-1", Device: "phone", Issuer: "office", Life: 30 * 24 * time.Hour}, morning)
	if one.Device != "phone" || one.Issuer != "office" || !one.Expires.Equal(morning.AddDate(0, 0, 30)) || one.Life() != 30*24*time.Hour {
		t.Errorf("made %+v", one)
	}
	day := morning.AddDate(0, 0, 29)
	renewed, lost, err := again(t, tokens).Renew(one.ID, hash(old), one.Life(), day, rand.Reader)
	if err != nil || renewed.ID != one.ID || !renewed.Renewed.Equal(day) || !renewed.Created.Equal(morning) || !renewed.Expires.Equal(day.AddDate(0, 0, 30)) {
		t.Fatalf("renewed %+v, %v", renewed, err)
	}
	twice, latest, err := tokens.Renew(one.ID, hash(old), one.Life(), day.Add(time.Minute), rand.Reader)
	if err != nil || twice.ID != one.ID {
		t.Fatalf("renewed once more by the old secret: %+v, %v", twice, err)
	}
	for _, tt := range []struct {
		name, secret string
		after        time.Duration
		good         bool
	}{
		{"the first secret", old, Grace - time.Second, true},
		{"the first secret", old, Grace, false},
		{"the one whose answer was lost", lost, Grace, true},
		{"the one whose answer was lost", lost, Grace + time.Minute, false},
		{"the newest", latest, 30*24*time.Hour + time.Minute - time.Second, true},
		{"the newest", latest, 30*24*time.Hour + time.Minute, false},
	} {
		for _, process := range []*Tokens{tokens, again(t, tokens)} {
			if _, ok := process.Person(tt.secret, day.Add(tt.after)); ok != tt.good {
				t.Errorf("%s, %v after the renewal: good %v, want %v", tt.name, tt.after, ok, tt.good)
			}
		}
	}
	if n := tokens.Good("p-1", day.Add(2*time.Minute)); n != 1 {
		t.Errorf("%d tokens, want one with three secrets", n)
	}
}

// A token that renews itself over and over keeps a bounded number of secrets, and its file stays small.
func TestRenew_ManyTimesKeepsFewSecrets(t *testing.T) {
	t.Parallel()
	tokens := some(t)
	one, first := made(t, tokens, Grant{Person: "p-1", Life: time.Hour}, morning)
	secrets, now := []string{first}, morning
	for range 30 {
		now = now.Add(time.Second)
		_, next, err := tokens.Renew(one.ID, hash(first), time.Hour, now, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, next)
	}
	good := 0
	for _, s := range secrets {
		if _, ok := tokens.Person(s, now); ok {
			good++
		}
	}
	data, err := os.ReadFile(tokens.Path)
	if lines := bytes.Count(data, []byte("\n")); err != nil || good != maxSecrets || lines > maxSecrets+1 {
		t.Errorf("%d secrets are good, %d lines, %v; want %d secrets", good, lines, err, maxSecrets)
	}
	if _, ok := tokens.Person(first, now); !ok {
		t.Error("the secret that renews is locked out")
	}
}

// Revoking one token ends every secret of it, also those in their grace, and no other token of the person; damage to
// any one line makes none good again. A renewal of it is refused.
func TestRevokeOne_EndsEverySecretOfIt(t *testing.T) {
	t.Parallel()
	tokens := some(t)
	lost, s1 := made(t, tokens, Grant{Person: "p-1", Device: "lost phone", Life: time.Hour}, morning)
	_, s2, err := tokens.Renew(lost.ID, hash(s1), time.Hour, morning, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, other := made(t, tokens, Grant{Person: "p-1", Device: "desk", Life: time.Hour}, morning)
	now := morning.Add(time.Minute)
	over, err := again(t, tokens).RevokeOne(lost.ID, now)
	if err != nil || !over.Revoked.Equal(now) || !over.Expires.Equal(now) || over.Device != "lost phone" {
		t.Fatalf("revoked %+v, %v", over, err)
	}
	data, err := os.ReadFile(tokens.Path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	for i := -1; i < len(lines); i++ {
		spoilt := slices.Clone(lines)
		if i >= 0 {
			spoilt[i] = []byte("{\n")
		}
		f := parseTokens("f", bytes.Join(spoilt, nil))
		for _, s := range []string{s1, s2} {
			if l, ok := f.secrets[hash(s)]; ok {
				t.Errorf("a revoked secret is good when line %d is spoilt: %+v", i+1, l)
			}
		}
	}
	for _, s := range []string{s1, s2} { // an older program goes by what each line says last
		ends := time.Time{}
		for _, raw := range lines {
			var l struct {
				SHA256  string
				Expires time.Time
				Revoked bool
			}
			if json.Unmarshal(raw, &l) == nil && l.SHA256 == hash(s) {
				ends = l.Expires
			}
			if l.Revoked {
				t.Error("an older program would take the revocation of one token for that of all")
			}
		}
		if ends.After(now) {
			t.Errorf("to an older program the secret is good until %v", ends)
		}
	}
	if _, ok := tokens.Person(other, now); !ok {
		t.Error("another token of the person is gone")
	}
	if _, _, err := tokens.Renew(lost.ID, "", time.Hour, now, rand.Reader); !isOver(err) {
		t.Errorf("renewing a revoked token: %v", err)
	}
	if same, err := tokens.RevokeOne(lost.ID, now.Add(time.Hour)); err != nil || !same.Revoked.Equal(now) {
		t.Errorf("revoking twice: %+v, %v", same, err)
	}
	if _, err := tokens.RevokeOne("tk-000000000000", now); isOver(err) || err == nil {
		t.Errorf("revoking what is not there: %v", err)
	}
}

func isOver(err error) bool {
	none, ok := errors.AsType[*NoTokenError](err)
	return ok && none.Over
}

// A person has at most MaxTokens good tokens; what is over does not count. A request that is sent again replaces the
// token whose answer was lost.
func TestCreate_IsBoundedAndRepeatable(t *testing.T) {
	t.Parallel()
	tokens := some(t)
	for range MaxTokens {
		made(t, tokens, Grant{Person: "p-1", Life: time.Hour}, morning)
	}
	if _, _, err := tokens.Create(Grant{Person: "p-1", Life: time.Hour}, morning, rand.Reader); err == nil || !strings.Contains(err.Error(), "20 tokens") {
		t.Errorf("one token too many: %v", err)
	}
	made(t, tokens, Grant{Person: "p-2", Life: time.Hour}, morning)
	later := morning.Add(time.Hour) // all have expired
	first, lost := made(t, tokens, Grant{Person: "p-1", Issuer: "office", Request: "r-1", Life: time.Hour}, later)
	second, secret := made(t, tokens, Grant{Person: "p-1", Issuer: "office", Request: "r-1", Life: time.Hour}, later)
	_, okLost := tokens.Person(lost, later)
	_, ok := tokens.Person(secret, later)
	if first.ID == second.ID || okLost || !ok || tokens.Good("p-1", later) != 1 {
		t.Errorf("a repeated request: %s then %s; the lost one is good: %v, the second: %v", first.ID, second.ID, okLost, ok)
	}
	if other, _ := made(t, tokens, Grant{Person: "p-1", Issuer: "other", Request: "r-1", Life: time.Hour}, later); tokens.Good("p-1", later) != 2 {
		t.Errorf("the request of another issuer replaced a token: %+v", other)
	}
}

// A file of format 1, as older programs wrote, is read whole: its tokens are good, are listed, and can be renewed and
// revoked; a revoked one says since when.
func TestTokens_FileOfFormat1(t *testing.T) {
	t.Parallel()
	tokens := some(t)
	const secret, revoked, later = "s-old", "s-revoked", "s-later"
	line := func(person, secret, more string) string {
		return `{"sha256":"` + strings.ToUpper(hash(secret)) + `","person":"` + person + `","created":"2026-03-01T00:00:00Z","expires":"2026-06-01T00:00:00Z"` + more + "}\n"
	}
	old := line("p-1", secret, "") + line("p-2", revoked, `,"revoked":true`) +
		`{"sha256":"","person":"p-2","created":"2026-03-02T00:00:00Z","expires":"0001-01-01T00:00:00Z","revoked":true}` + "\n" + line("p-2", later, "")
	if err := os.WriteFile(tokens.Path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	tokens = again(t, tokens)
	if f := tokens.Faults(); len(f) > 0 {
		t.Errorf("faults %v", f)
	}
	for s, want := range map[string]bool{secret: true, revoked: false, later: true} {
		if _, ok := tokens.Person(s, morning); ok != want {
			t.Errorf("%s is good: %v, want %v", s, ok, want)
		}
	}
	all, more := tokens.List(Listing{Over: true, Most: 10}, morning)
	if len(all) != 3 || more || all[0].Person != "p-1" || all[0].ID == "" || !all[0].Revoked.IsZero() {
		t.Fatalf("listed %+v, %v", all, more)
	}
	i := slices.IndexFunc(all, func(one Token) bool { return !one.Revoked.IsZero() })
	if i < 1 || !all[i].Revoked.Equal(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the revoked token is %+v; want it revoked on 2 March", all)
	}
	if _, _, err := tokens.Renew(all[0].ID, hash(secret), time.Hour, morning, rand.Reader); err != nil {
		t.Error(err)
	}
	if _, ok := tokens.Person(secret, morning.Add(Grace)); ok {
		t.Error("the secret of a renewed token outlives its grace")
	}
	newer := `{"format":3,"person":"p-3","sha256":"` + hash("s-new") + `","expires":"2030-01-01T00:00:00Z"}` + "\n"
	if err := os.WriteFile(tokens.Path, []byte(old+newer), 0o600); err != nil {
		t.Fatal(err)
	}
	if f := again(t, tokens).Faults(); len(f) != 1 || !strings.Contains(f[0].Error(), "newer program") {
		t.Errorf("a line of a newer program: %v", f)
	}
}

// What is over is listed for KeepOver and then leaves the file with the next write; revocations leave it with the last
// line that they end.
func TestTokens_WhatIsOverLeavesTheFile(t *testing.T) {
	t.Parallel()
	tokens := some(t)
	made(t, tokens, Grant{Person: "p-1", Life: time.Hour}, morning)
	made(t, tokens, Grant{Person: "p-2", Life: time.Hour}, morning)
	if err := tokens.Revoke("p-2", morning.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	listed := func(now time.Time) int {
		made(t, tokens, Grant{Person: "p-3", Life: 1000 * time.Hour, Request: "same"}, now)
		all, _ := tokens.List(Listing{Over: true, Most: 100}, now)
		return len(slices.DeleteFunc(all, func(one Token) bool { return one.Person == "p-3" }))
	}
	if n := listed(morning.Add(KeepOver)); n != 2 {
		t.Errorf("%d tokens are listed a moment before their time, want 2", n)
	}
	if n := listed(morning.Add(KeepOver + 2*time.Hour)); n != 0 {
		t.Errorf("%d tokens are listed after their time, want none", n)
	}
	data, err := os.ReadFile(tokens.Path)
	if bytes.Contains(data, []byte("p-1")) || err != nil {
		t.Errorf("the file keeps %s, %v", data, err)
	}
	made(t, tokens, Grant{Person: "p-3", Life: time.Hour}, morning.Add(KeepOver+2*time.Hour))
	if data, err = os.ReadFile(tokens.Path); bytes.Contains(data, []byte("p-2")) || err != nil {
		t.Errorf("the file keeps %s, %v", data, err)
	}
}

// A list in pages of any size has each token once, of one person or of all, with or without those that are over.
func TestList_Pages(t *testing.T) {
	t.Parallel()
	tokens := some(t)
	want := map[roster.PersonID]int{"p-1": 3, "p-2": 1, "p-3": 4}
	for p, n := range want {
		for i := range n {
			made(t, tokens, Grant{Person: p, Life: time.Duration(i+1) * time.Hour}, morning)
		}
	}
	now := morning.Add(time.Hour) // one of each person has expired
	for _, person := range []roster.PersonID{"", "p-1", "p-2", "p-3", "p-4"} {
		for _, over := range []bool{false, true} {
			total := 0
			for p, n := range want {
				if person == "" || p == person {
					total += n
					if !over {
						total--
					}
				}
			}
			for most := 1; most < 10; most++ {
				seen, l := map[string]bool{}, Listing{Person: person, Over: over, Most: most}
				for more := true; more; {
					var page []Token
					page, more = tokens.List(l, now)
					if len(page) > most || more && len(page) == 0 {
						t.Fatalf("a page of %d holds %d, more %v", most, len(page), more)
					}
					for _, one := range page {
						if seen[one.ID] || person != "" && one.Person != person {
							t.Errorf("listed %+v", one)
						}
						seen[one.ID] = true
						l.After = one.Cursor()
					}
				}
				if len(seen) != total {
					t.Errorf("pages of %d of %q, over %v: %d tokens, want %d", most, person, over, len(seen), total)
				}
			}
		}
	}
}

// The last use costs no write a call: at most one an hour, and one at the end. Two processes that serve take in each
// other's uses; a use of a spoilt file costs nothing but itself.
func TestWriteUse_AtMostOnceAnHour(t *testing.T) {
	t.Parallel()
	tokens := some(t)
	one, secret := made(t, tokens, Grant{Person: "p-1", Life: 100 * time.Hour}, morning)
	two, secret2 := made(t, tokens, Grant{Person: "p-2", Life: 100 * time.Hour}, morning)
	path := tokens.Path + usedSuffix
	writes, last := 0, []byte(nil)
	use := func(tokens *Tokens, secret string, now time.Time) {
		t.Helper()
		if _, ok := tokens.Person(secret, now); !ok {
			t.Fatal("the token is not good")
		}
		tokens.WriteUse(now, false)
		if data, _ := os.ReadFile(path); !bytes.Equal(data, last) {
			writes, last = writes+1, data
		}
	}
	now := morning
	for ; now.Before(morning.Add(3 * time.Hour)); now = now.Add(time.Second * 30) {
		use(tokens, secret, now)
	}
	if writes != 2 {
		t.Errorf("%d writes in three hours, want one an hour", writes)
	}
	other := again(t, tokens)
	if got, _ := other.Get(one.ID, now); got.Used.Before(now.Add(-time.Hour - time.Minute)) {
		t.Errorf("another process says it was last used at %v, want within the hour before %v", got.Used, now)
	}
	use(other, secret2, now)
	other.WriteUse(now, true)
	tokens.WriteUse(now, true)
	if got, _ := tokens.Get(two.ID, now); !got.Used.Equal(now) {
		t.Errorf("the use in another process is %v, want %v", got.Used, now)
	}
	if err := os.WriteFile(path, []byte("{spoilt\n\x00\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := again(t, tokens)
	if got, ok := fresh.Get(one.ID, now); !ok || !got.Used.IsZero() {
		t.Errorf("with a spoilt file the token is %+v, %v", got, ok)
	}
	use(fresh, secret, now)
	fresh.WriteUse(now, true)
	if got, _ := again(t, tokens).Get(one.ID, now); !got.Used.Equal(now) {
		t.Errorf("after a spoilt file the use is %v", got.Used)
	}
}
