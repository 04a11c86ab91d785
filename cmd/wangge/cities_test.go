package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wangge/dispatch/city/citytest/testdir"
)

// Tests of commands use small cities, for a command compiles its city each time: the toy city (package citytest), Boston with
// squares for districts, and twoDistricts, which reads past records. The built-in cities are for the tests whose subject
// they are.

// toyCity writes the toy city to a directory.
func toyCity(t testing.TB) string {
	t.Helper()
	return cityAt(t, testdir.Toy())
}

// plainBoston writes Boston with squares for districts to a directory: the same tables, compiled in no time.
func plainBoston(t testing.TB) string {
	t.Helper()
	return cityAt(t, testdir.Plain(t))
}

// toyInHarbin writes the toy city with the calendar, the holidays and the categories of Harbin.
func toyInHarbin(t testing.TB) string {
	t.Helper()
	return cityAt(t, toyInHarbinFiles(t))
}

func toyInHarbinFiles(t testing.TB) fs.FS {
	t.Helper()
	toy, harbin := testdir.Toy(), testdir.Directory(t, "harbin")
	for name := range toy {
		if strings.HasPrefix(name, "holidays/") {
			delete(toy, name)
		}
	}
	for name, f := range harbin {
		if name == "calendar.yaml" || name == "categories.csv" || strings.HasPrefix(name, "holidays/") {
			toy[name] = f
		}
	}
	return toy
}

// cityAt writes the files of a city to a directory.
func cityAt(t testing.TB, files fs.FS) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "city")
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	return dir
}

// pastRecords writes n past records of twoDistricts to a file.
func pastRecords(t testing.TB, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(pastHeader)
	for i := range n {
		fmt.Fprintf(&b, "%d,2026-10-12 09:%02d:00,,,E1,30.0%d,120.0%d,热线,垃圾满溢 %d\n", i+1, i%60, 1+i%4, 1+i%9, i+1)
	}
	file := filepath.Join(t.TempDir(), "past.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
