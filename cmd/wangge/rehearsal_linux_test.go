package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// A dry run says what an import would do, record by record, and writes nothing: not where no store is, not beside one,
// and not where nothing may be written.
func TestImport_DryRunWritesNothing(t *testing.T) {
	file, city := part(t, 400), plainBoston(t)
	counts := func(data string, flags ...string) (imported, already, refused float64) {
		t.Helper()
		args := append([]string{"import", file, "--city", city, "--format", "boston311", "--data", data, "--json"}, flags...)
		out, _ := wangge(t, exitOK, args...)
		var m map[string]any
		if err := json.Unmarshal([]byte(out), &m); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		return m["imported"].(float64), m["already"].(float64), m["refused"].(float64)
	}
	data := filepath.Join(t.TempDir(), "data")
	would, _, refused := counts(data, "--dry-run")
	if _, err := os.Lstat(data); !os.IsNotExist(err) {
		t.Errorf("a dry run made %s: %v", data, err)
	}
	if did, _, wrong := counts(data); did != would || wrong != refused || did == 0 {
		t.Errorf("the import took %v and refused %v, the dry run said %v and %v", did, wrong, would, refused)
	}
	readOnly(t, data)
	before := contents(t, data)
	if fresh, already, wrong := counts(data, "--dry-run"); fresh != 0 || already != would || wrong != refused {
		t.Errorf("after the import a dry run takes %v, finds %v and refuses %v; want 0, %v, %v", fresh, already, wrong, would, refused)
	}
	if after := contents(t, data); after != before {
		t.Errorf("a dry run changed the directory:\n%s\nwas\n%s", after, before)
	}
	orphaned := t.TempDir()
	if err := os.WriteFile(filepath.Join(orphaned, tokenFile), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	wangge(t, exitWrong, "import", file, "--city", city, "--format", "boston311", "--data", orphaned, "--dry-run")
}
