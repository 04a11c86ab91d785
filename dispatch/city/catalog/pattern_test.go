package catalog

import (
	"slices"
	"strings"
	"testing"
)

var some = map[Code]*Category{
	"C0101": {Code: "C0101", Kind: Component, Class: "公用设施", ClassEn: "public utilities", Severity: SeverityA},
	"E0401": {Code: "E0401", Kind: Event, Class: "街面秩序", ClassEn: "street order", Severity: SeverityA},
	"E0403": {Code: "E0403", Kind: Event, Class: "街面秩序", ClassEn: "street order", Severity: SeverityB},
	"E0501": {Code: "E0501", Kind: Event, Class: "突发事件", ClassEn: "emergencies", Severity: SeverityA},
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ pattern, want string }{
		{"E0401", "E0401"},
		{"E04*", "E0401 E0403"},
		{"C0101, E0501", "C0101 E0501"},
		{"C0101，E0501", "C0101 E0501"},
		{"E0401..E0501", "E0401 E0403 E0501"},
		{"class:街面秩序", "E0401 E0403"},
		{"class:street order", "E0401 E0403"},
		{"class:街面秩序,!E0403", "E0401"},
		{"kind:component", "C0101"},
		{"severity:A", "C0101 E0401 E0501"},
		{"kind:event&severity:A", "E0401 E0501"},
		{"*", "C0101 E0401 E0403 E0501"},
		{"*,!severity:A", "E0403"},
	} {
		p, err := ParsePattern(tt.pattern)
		if err != nil {
			t.Errorf("ParsePattern(%q): %v", tt.pattern, err)
			continue
		}
		var got []string
		for code, c := range some {
			if p.Covers(c) {
				got = append(got, string(code))
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q covers %v, want %s", tt.pattern, got, tt.want)
		}
		if p.All() != (tt.pattern == "*") {
			t.Errorf("%q: All() = %v", tt.pattern, p.All())
		}
	}
	for _, bad := range []string{"", "E0401,", "kind:thing", "severity:D", "class:", "E0501..E0401", "!E0401", "E0401&"} {
		if p, err := ParsePattern(bad); err == nil {
			t.Errorf("ParsePattern(%q) = %v, want an error", bad, p)
		}
	}
	p, err := ParsePattern("E0401,E9*,class:街面,!E0403")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(p.Idle(some), " "); got != "E9* class:街面" {
		t.Errorf("idle terms %q, want E9* and class:街面", got)
	}
}

func FuzzParsePattern(f *testing.F) {
	f.Add("class:街面秩序,!E0403&severity:A")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePattern(s)
		if err != nil {
			return
		}
		again, err := ParsePattern(p.String())
		if err != nil {
			t.Fatalf("ParsePattern(%q) is not read again: %v", s, err)
		}
		for code, c := range some {
			if p.Covers(c) != again.Covers(c) {
				t.Errorf("%q and itself differ at %s", s, code)
			}
		}
	})
}
