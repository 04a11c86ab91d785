package compile

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// The README of cities explains each setting under defaults.
func TestDefaults_AreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(text), "## Settings under `defaults`")
	rows, _, _ = strings.Cut(rows, "\nRequired are")
	keys := reflect.TypeFor[defaultsYAML]()
	if keys.NumField() < 17 {
		t.Fatalf("%d keys", keys.NumField())
	}
	for f := range keys.Fields() {
		if key := f.Tag.Get("yaml"); !strings.Contains(rows, "`"+key+"`") {
			t.Errorf("the README has no row for %q", key)
		}
	}
}
