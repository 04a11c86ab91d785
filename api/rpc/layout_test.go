package rpc

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"wangge/dispatch/desk"
	"wangge/dispatch/roster"
	"wangge/storage/bolt"
)

// testdata/layout3.db.gz was written over the wards by the program whose layout was the third: two cases
// of a point that lies across the border of its own area, one of them acted on, and one of a grid. They
// were not among all cases of the area above the point; after the upgrade they are, also the next time.
func TestCasesOfPointsFromAnOlderLayout(t *testing.T) {
	packed, err := os.Open("testdata/layout3.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "old.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		store, err := bolt.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		d, err := desk.Open(t.Context(), desk.Config{Store: store, City: wards(t)})
		if err != nil {
			t.Fatal(err)
		}
		for scope, want := range map[string]int{"area:T": 3, "area:W1b": 2, "area:W": 3, "area:E": 2, "point:shop": 2, "area:W1a": 1, "area:W2": 0} {
			u, err := roster.ParseUnit(scope)
			if err != nil {
				t.Fatal(err)
			}
			page, err := d.List(t.Context(), personAt("leader@area:T"), desk.Query{Scope: u})
			if err != nil || len(page.Cases) != want {
				t.Errorf("%d cases of %s, %v; want %d", len(page.Cases), scope, err, want)
			}
		}
		if r, err := d.Check(t.Context(), desk.CheckOptions{}); err != nil || !r.Whole() || r.Cases != 3 {
			t.Errorf("Check = %+v, %v; want three cases and nothing found", r, err)
		}
		d.Close()
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
