package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"wangge/dispatch/i18n"
)

const (
	// usedSuffix follows the name of the token file in the name of the file of last uses.
	usedSuffix = ".used"
	// writeUseEvery is how often last uses are written at most. What a process that died had not written is lost.
	writeUseEvery = time.Hour
)

// lastUse is when each token was last used, by id. The file of last uses is apart from the token file, so that no use of
// a token can cost a token; a line of it that can't be read is removed with the next write.
type lastUse struct {
	at      map[string]time.Time
	changed bool
	written time.Time // zero = not since the process began
}

// usedLine is one line of the file of last uses.
type usedLine struct {
	ID   string    `json:"id"`
	Used time.Time `json:"used"`
}

// readLastUse reads a file of last uses; a file that is missing or can't be read has none.
func readLastUse(path string) lastUse {
	data, err := os.ReadFile(path)
	if err != nil {
		data = nil
	}
	return lastUse{at: parseLastUse(data)}
}

func parseLastUse(data []byte) map[string]time.Time {
	at := map[string]time.Time{}
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		var l usedLine
		if json.Unmarshal(line, &l) == nil && l.Used.After(at[l.ID]) {
			at[l.ID] = l.Used
		}
	}
	return at
}

// note notes a use in memory, to the minute.
func (u *lastUse) note(id string, now time.Time) {
	if now.Sub(u.at[id]) >= time.Minute {
		u.at[id], u.changed = now, true
	}
}

// WriteUse writes when tokens were last used, unless it has done so within the last hour or no token was used. now is by
// the clock of the machine, which measures the hour. With atOnce, the hour does not count. Uses that another process has
// written meanwhile are taken in. A failure is reported; see Report.
func (t *Tokens) WriteUse(now time.Time, atOnce bool) {
	uses, due := t.usesToWrite(now, atOnce)
	if !due {
		return
	}
	var merged map[string]time.Time
	err := rewrite(t.Path+usedSuffix, func(data []byte) ([]byte, error) {
		merged = parseLastUse(data)
		for id, at := range uses {
			if at.After(merged[id]) {
				merged[id] = at
			}
		}
		return t.encodeUse(merged)
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.use.changed = true
		if t.report != nil {
			t.report(i18n.Errorf("when tokens were last used was not written: %v", "令牌最近使用时间未能写入：%v", err))
		}
		return
	}
	for id := range t.use.at {
		if t.file.tokens[id] == nil {
			delete(t.use.at, id) // its lines were removed
		}
	}
	for id, at := range merged {
		if at.After(t.use.at[id]) {
			t.use.at[id] = at
		}
	}
}

// usesToWrite returns a copy of the last uses if they are to be written now.
func (t *Tokens) usesToWrite(now time.Time, atOnce bool) (map[string]time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.use.written.IsZero() {
		t.use.written = now // the first hour of a process begins with its first call
	}
	if since := now.Sub(t.use.written); !t.use.changed || !atOnce && since >= 0 && since < writeUseEvery {
		return nil, false
	}
	t.use.written, t.use.changed = now, false
	uses := make(map[string]time.Time, len(t.use.at))
	maps.Copy(uses, t.use.at)
	return uses, true
}

// encodeUse returns the lines of the last uses of the tokens that the token file has.
func (t *Tokens) encodeUse(at map[string]time.Time) ([]byte, error) {
	t.mu.Lock()
	known := t.file.tokens // never changed once it is read
	t.mu.Unlock()
	var out []byte
	ids := make([]string, 0, len(at))
	for id := range at {
		if known[id] != nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		line, err := json.Marshal(usedLine{id, at[id]})
		if err != nil {
			return nil, fmt.Errorf("last use: %w", err)
		}
		out = append(append(out, line...), '\n')
	}
	return out, nil
}
