package tables_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

var table = tables.Table{File: "t.csv", Required: true, Columns: []tables.Column{{Name: "id", Must: true}, {Name: "from"}, {Name: "to"}, {Name: "note"}}}

func read(t *testing.T, text string) ([]tables.Row, *tables.Reader) {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	rd := &tables.Reader{Location: zone}
	return rd.Parse("t.csv", []byte(text), &table), rd
}

// Each slip of a table is named at its line and column.
func TestReader_Parse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, column string
		line, rows   int
		message      string
	}{
		{"\ufeffid,from,to,note\n a ,,,\n", "", 0, 1, ""},
		{"", "", 1, 0, "no header row"},
		{"from\n", "", 1, 0, `column "id" is missing`},
		{"id,form\n", "form", 1, 0, `"form", which is unknown`},
		{"id,id\n", "id", 1, 0, "both called"},
		{"id,from\nx\n", "", 2, 0, "has 1 cell,"},
		{"id\n\"x\n", "", 2, 0, "can't be read as CSV"},
		{"id,note\na,b\na\u200bb,c\n", "id", 3, 2, "U+200B"},
		{"id,note\na,b\u200bc\n", "", 0, 1, ""}, // free text
		{"id,note\na,b\x07c\n", "note", 2, 1, "control character"},
		{"id\n\xff\n", "", 2, 0, "is not UTF-8"},
	} {
		rows, rd := read(t, tt.text)
		if len(rows) != tt.rows || (tt.message == "") != (len(rd.List) == 0) {
			t.Errorf("%q: %d rows, %v", tt.text, len(rows), rd.List)
			continue
		}
		if tt.message != "" && !slices.ContainsFunc(rd.List, func(d diag.Diagnostic) bool {
			return d.Line == tt.line && d.Column == tt.column && strings.Contains(d.Message.En, tt.message) && d.Message.Zh != ""
		}) {
			t.Errorf("%q: %+v, want %s at line %d", tt.text, rd.List, tt.message, tt.line)
		}
	}
	if rows, _ := read(t, "id,note\n a ,b\n"); rows[0].Get("id") != "a" || rows[0].Get("to") != "" || rows[0].Line != 2 {
		t.Errorf("%+v", rows[0])
	}
}

func TestReader_Read(t *testing.T) {
	t.Parallel()
	rd, optional := &tables.Reader{}, table
	optional.Required = false
	if rows := rd.Read(fstest.MapFS{}, &optional); rows != nil || rd.List != nil {
		t.Errorf("a table that may be missing: %v", rd.List)
	}
	if rows := rd.Read(fstest.MapFS{}, &table); rows != nil || len(rd.List) != 1 || !strings.Contains(rd.List[0].Suggestion.En, "id,from,to,note") {
		t.Errorf("a table that must be there: %v", rd.List)
	}
	if rd.Read(fstest.MapFS{"t.csv": {Data: []byte("id\n")}}, &table); !slices.Equal(rd.Headers["t.csv"], []string{"id"}) {
		t.Errorf("headers %v", rd.Headers)
	}
}

func TestRow_Times(t *testing.T) {
	t.Parallel()
	rows, rd := read(t, "id,from,to\na,2026-03-01,2026-03-04 09:00\nb,2026-03-08 02:30,x\nc,,2026-01-01\n")
	if from, to := rows[0].DayOrInstant("from"), rows[0].Instant("to"); from.Hour() != 0 || to.Hour() != 9 || len(rd.List) > 0 {
		t.Errorf("%v, %v, %v", from, to, rd.List)
	}
	rows[1].Instant("from") // the clocks skip it
	rows[1].Day("to")
	rows[2].DayOrInstant("from")
	rows[2].Order("from", "to", rows[0].Instant("to"), rows[0].Day("from"))
	var got []string
	for _, d := range rd.List {
		got = append(got, fmt.Sprint(d.Line, d.Column))
	}
	if want := []string{"3from", "3to", "4from", "4from"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v: %v", got, want, rd.List)
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	rd := &tables.Reader{}
	ids := rd.IDs("id", i18n.F("id", "编号"), i18n.F("mend", "更正"))
	if !ids.Take("t.csv", 2, "a") || ids.Take("t.csv", 3, "a") || ids.Take("t.csv", 4, "") || !ids.Take("t.csv", 5, "b") {
		t.Error("ids are taken once")
	}
	if len(rd.List) != 2 || rd.List[0].Column != "id" || !strings.Contains(rd.List[0].Message.En, "first in line 2") {
		t.Errorf("%+v", rd.List)
	}
}
