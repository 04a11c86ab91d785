package compile_test

import (
	"strings"
	"testing"

	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/citytest/testdir"
)

// A key of city.yaml whose value can't be used is named with its line, the value and what can be written.
func TestCity_KeysThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	base := string(citytest.ToyDirectory()["city.yaml"])
	for _, tt := range []struct{ old, text, want string }{
		{"near_border_m: 30}", "near_border_m: 30,\n  second_dispatch_minutes: -5}", `: defaults second_dispatch_minutes: "-5" can't be used; write second_dispatch_minutes: 30, or another number from 0 to 44640`},
		{"near_border_m: 30}", "near_border_m: 30,\n  verify_sources: [radio]}", ": defaults verify_sources can't be used; write verify_sources: [hotline, "},
		{"near_border_m: 30}", "near_border_m: 30,\n  joint_meeting: {unit: department:XYZ, limit: 5 work_days}}", `: joint_meeting: unit "department:XYZ" does not exist`},
		{"near_border_m: 30}", "near_border_m: -1}", `: defaults near_border_m: "-1" can't be used`},
		{"table_version:", "channels: [sms, pigeon]\ntable_version:", `: channels: "pigeon" is unknown; write one of log, email, webhook, wecom, sms`},
		{"table_version:", "#", "city.yaml:0: table_version is missing; write table_version: 2026.1"},
	} {
		if !strings.Contains(base, tt.old) {
			t.Fatalf("%q is not in %s", tt.old, base)
		}
		got := said(t, testdir.Toy(), map[string]string{"city.yaml": strings.Replace(base, tt.old, tt.text, 1)})
		wants(t, tt.text, got, tt.want)
		if missing := strings.HasSuffix(tt.want, "2026.1"); len(got) == 1 && strings.HasPrefix(got[0], "city.yaml:0:") != missing {
			t.Errorf("%s has the wrong line", got[0])
		}
	}
}

// A post may name a shift or a rotation: one that is neither is looked for in both files.
func TestPosts_ShiftThatIsNowhere(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	posts := string(m["posts.csv"].Data)
	wants(t, "a team", said(t, m, map[string]string{"posts.csv": strings.Replace(posts, "area:BOS,leader,b-leader,1,", "area:BOS,leader,b-leader,1,team-9", 1)}),
		`posts.csv:2: shift "team-9" is neither in shifts.csv nor in rotations.csv`)
}

// A wrong key or value of city.yaml is named with its key and line, and hides no fault of another file.
func TestCity_WrongKeyHidesNothing(t *testing.T) {
	t.Parallel()
	base := string(citytest.ToyDirectory()["city.yaml"])
	limits := limitHead + "E0101,,,,marathon,,1,hours\n"
	for _, tt := range []struct{ old, text, want string }{
		{"near_border_m: 30}", "near_border_m: 30, colour: red}", `unknown key "colour"`},
		{"near_border_m: 30}", "near_border_m: 30,\n  reopen_days: soon}", `defaults reopen_days: "soon" has a wrong type; write a whole number`},
		{"near_border_m: 30}", "near_border_m: far}", `defaults near_border_m: "far" has a wrong type; write a number`},
	} {
		got := said(t, testdir.Toy(), map[string]string{"city.yaml": strings.Replace(base, tt.old, tt.text, 1), "limits.csv": limits})
		wants(t, tt.text, got, tt.want, `limits.csv:2: campaign "marathon"`)
	}
}
