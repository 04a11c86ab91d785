package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"wangge/storage"
	"wangge/storage/bolt"
)

// A store that lost a timer and a list entry is found out, mended with --repair, and whole after it.
func TestCheck_FindsAndRepairs(t *testing.T) {
	t.Parallel()
	at, data := twoDistricts(t, nil), t.TempDir()
	wangge(t, exitOK, "import", pastRecords(t, 40), "--city", at, "--format", "f", "--data", data)
	out, _ := wangge(t, exitOK, "check", "--data", data)
	if !strings.Contains(out, "0 wrong") {
		t.Errorf("check of a sound store printed %q", out)
	}
	store, err := bolt.Open(filepath.Join(data, storeFile))
	if err != nil {
		t.Fatal(err)
	}
	snap, err := store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ops []storage.Op
	for _, prefix := range []string{"s/", "r/"} {
		for it, err := range snap.Scan(storage.Prefix([]byte(prefix))) {
			if err != nil {
				t.Fatal(err)
			}
			ops = append(ops, storage.Op{Key: it.Key, Delete: true})
			break
		}
	}
	snap.Close()
	if _, err := store.Commit(t.Context(), storage.Batch{Ops: ops}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	out, _ = wangge(t, exitWrong, "check", "--data", data, "--json", "--lang", "zh")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var sum struct {
		OK    bool
		Found int
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil || len(lines) != 3 || sum.OK || sum.Found != 2 {
		t.Errorf("check printed %q, %v", out, err)
	}
	if !strings.Contains(out, "posting_missing") || !strings.Contains(out, "使用 --repair") {
		t.Errorf("check printed %q", out)
	}
	wangge(t, exitUsage, "check", "--data", data, "--repair")
	out, _ = wangge(t, exitOK, "check", "--data", data, "--repair", "--city", at)
	if !strings.Contains(out, "[repaired]") || !strings.Contains(out, "2 wrong, 2 repaired") {
		t.Errorf("repair printed %q", out)
	}
	wangge(t, exitOK, "check", "--data", data, "--city", at)
	wangge(t, exitWrong, "check", "--data", t.TempDir())
}
