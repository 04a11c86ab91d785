package compile

import (
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city/citytest/testdir"
)

// A city is public, and the phone of a department, only where the directory says so.
func TestPublic_OnlyWhereTheDirectorySaysSo(t *testing.T) {
	t.Parallel()
	with := func(head, departments string) fstest.MapFS {
		m := testdir.Toy()
		m["city.yaml"].Data = append(m["city.yaml"].Data, head...)
		if departments != "" {
			m["departments.csv"].Data = []byte(departments)
		}
		return m
	}
	const columns = "id,name,parent,area,phone,phone_public\n"
	const rest = "GREEN,园林局,,,,\nGREEN-E,园林局东站,GREEN,E,,\n"
	c, faults := FS(with("", ""))
	if len(faults) > 0 || c.Public || c.Departments["WATER"].PhonePublic {
		t.Errorf("a city that says nothing is public, or %v", faults)
	}
	c, faults = FS(with("\npublic: true\n", columns+"WATER,水务局,,,+86 451 5550 0001,yes\n"+rest))
	if len(faults) > 0 || !c.Public || !c.Departments["WATER"].PhonePublic || c.Departments["GREEN"].PhonePublic {
		t.Errorf("public: true: %v", faults)
	}
	c, faults = FS(with("\npublic: false\n", columns+"WATER,水务局,,,+86 451 5550 0001,no\n"+rest))
	if len(faults) > 0 || c.Public || c.Departments["WATER"].PhonePublic {
		t.Errorf("public: false: %v", faults)
	}
	for _, tt := range []struct{ head, departments, want string }{
		{"\npublic: perhaps\n", "", "city.yaml"},
		{"", columns + "WATER,水务局,,,1,perhaps\n" + rest, `phone_public "perhaps" is unknown`},
		{"", columns + "WATER,水务局,,,,yes\n" + rest, "there is no phone to be public"},
	} {
		_, faults := FS(with(tt.head, tt.departments))
		if len(faults) != 1 || !strings.Contains(faults[0].String(), tt.want) {
			t.Errorf("%q %q: %v, want %q", tt.head, tt.departments, faults, tt.want)
		}
	}
}
