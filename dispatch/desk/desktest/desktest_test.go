package desktest_test

import (
	"testing"

	"wangge/dispatch/desk"
	"wangge/dispatch/desk/desktest"
	"wangge/storage/mem"
)

// The toy city is one that a desk takes reports for, and both its revisions compile.
func TestDirectory_TakesAReport(t *testing.T) {
	t.Parallel()
	c := desktest.Compile(t, desktest.Directory())
	if len(c.Areas) != 4 {
		t.Errorf("%d areas, want 4", len(c.Areas))
	}
	if is := desktest.Compile(t, desktest.ToWater(desktest.Directory())); is.Revision == c.Revision {
		t.Error("the other revision is the same")
	}
	d, err := desk.Open(t.Context(), desk.Config{Store: mem.Open(), City: c, Directory: desktest.Directory(), Clock: desktest.NewClock()})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	cs, created, err := d.File(t.Context(), desktest.Inspector, desktest.Report("r-1"))
	if err != nil || !created || cs.NextAt.IsZero() {
		t.Fatalf("File = %+v, %v, %v; want a case with a timer", cs, created, err)
	}
}
