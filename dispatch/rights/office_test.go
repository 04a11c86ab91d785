package rights_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/rights"
)

// officeSeat is the row of the grid office in the toy city.
const officeSeat = ",area:TOY,grid_office,office,1,,,\n"

// officeCity is the toy city with other rows in place of the grid office's, and more absences.
func officeCity(t *testing.T, seats, absences string) *city.City {
	t.Helper()
	dir := citytest.ToyDirectory()
	posts := strings.Replace(string(dir["posts.csv"]), officeSeat, seats, 1)
	return citytest.Varied(t, map[string]string{"posts.csv": posts, "absences.csv": string(dir["absences.csv"]) + absences})
}

// The grid office keeps the directory and the tokens, and nobody else does; it rules nothing. In a city without a grid
// office the leader and the duty chief keep both.
func TestGovern_WhoKeepsTheCityAndWhoRules(t *testing.T) {
	t.Parallel()
	var (
		keep = []dispatch.Act{dispatch.ActPlan, dispatch.ActApply, dispatch.ActDirectory, dispatch.ActTokens}
		rule = []dispatch.Act{dispatch.ActRule}
		day  = func(c *city.City, text string) time.Time {
			at, err := time.ParseInLocation("2006-01-02 15:04", text, c.Location)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		office = []roster.PersonID{citytest.GridOffice}
		heads  = []roster.PersonID{citytest.Mayor, citytest.DutyChief}
		all    = []roster.PersonID{citytest.GridOffice, citytest.Mayor, citytest.DutyChief, citytest.LeaderW, citytest.Acceptor, citytest.Inspector}
	)
	for _, tt := range []struct {
		name, seats, absences, at string
		keep                      []roster.PersonID
	}{
		{"a grid office", officeSeat, "", "2026-03-04 09:00", office},
		{"no row of a grid office", "", "", "2026-03-04 09:00", heads},
		{"before its end", ",area:TOY,grid_office,office,1,,,2026-03-05\n", "", "2026-03-04 23:59", office},
		{"after its end", ",area:TOY,grid_office,office,1,,,2026-03-05\n", "", "2026-03-05 00:00", heads},
		{"before its first day", ",area:TOY,grid_office,office,1,,2026-03-05,\n", "", "2026-03-04 23:59", heads},
		{"on leave it is a grid office still", officeSeat, "office,2026-03-01,2026-03-08,病假,\n", "2026-03-04 09:00", office},
		{
			"who covers for it keeps the city as well", officeSeat, "office,2026-03-01,2026-03-08,病假,acceptor\n", "2026-03-04 09:00",
			[]roster.PersonID{citytest.GridOffice, citytest.Acceptor},
		},
		{"a grid office of a district is none of the city", ",area:W,grid_office,office,1,,,\n", "", "2026-03-04 09:00", heads},
	} {
		c := officeCity(t, tt.seats, tt.absences)
		at := day(c, tt.at)
		for _, person := range all {
			for _, act := range slices.Concat(keep, rule) {
				want := slices.Contains(tt.keep, person)
				if act == dispatch.ActRule {
					want = slices.Contains(heads, person)
				}
				if _, err := rights.Govern(c, person, act, at); (err == nil) != want {
					t.Errorf("%s: %s may %s: %v, want %v", tt.name, person, act, err, want)
				}
			}
			if sees, want := rights.MaySeeContacts(c, person, citytest.WaterCrew, at), slices.Contains(tt.keep, person); sees != want {
				t.Errorf("%s: %s sees the phone of another person: %v, want %v", tt.name, person, sees, want)
			}
			if runs, want := rights.Runs(c, person, at), slices.Contains(heads, person); runs != want {
				t.Errorf("%s: %s runs the service: %v, want %v", tt.name, person, runs, want)
			}
		}
	}
}
