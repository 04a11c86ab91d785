package citytest

import (
	"strings"
	"testing"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// Persons whom the toy city with platforms has beside those of the toy city.
const (
	AcceptorW    roster.PersonID = "acceptor-w"    // acceptor@area:W
	DispatcherE  roster.PersonID = "dispatcher-e"  // dispatcher@area:E
	DispatcherW1 roster.PersonID = "dispatcher-w1" // dispatcher@area:W1
	DispatcherE1 roster.PersonID = "dispatcher-e1" // dispatcher@area:E1
	GreenWest    roster.PersonID = "green-west"    // owner@department:GREEN-W
	GreenSquad   roster.PersonID = "green-squad"   // owner@department:SQUAD-W
)

// PlatformsDirectory returns a new copy of the directory of the toy city with platforms: that of the city, of the districts W
// and E, and of the communities W1 and E1.
//
//   - FallenTree: the city dispatches to the platform of the district, which dispatches to GREEN, in W to its station GREEN-W.
//     SQUAD-W is another department of W.
//   - Stall: the city dispatches to the platform of the district, this one to that of the community, this one to the grid.
//   - Flooding: WATER, with the platform of the district as a co-owner.
//   - An inspector's report of a fallen tree in W arrives at the platform of W; every other report arrives at the city's own.
//   - A platform dispatches within 30 minutes.
func PlatformsDirectory() city.Directory {
	d := ToyDirectory()
	edit := func(file string, change func(string) string) { d[file] = []byte(change(string(d[file]))) }
	edit("city.yaml", func(s string) string {
		return strings.Replace(s, "near_border_m: 30}", "near_border_m: 30, second_dispatch_minutes: 30}", 1) +
			"platforms:\n  - {level: district, sources: [inspector], categories: [E0301], areas: [W]}\n"
	})
	edit("people.csv", func(s string) string {
		for id, name := range map[roster.PersonID]string{
			AcceptorW: "西区受理员", DispatcherE: "东区派遣员", DispatcherW1: "西一社区派遣员", DispatcherE1: "东一社区派遣员",
			GreenWest: "园林西站站长", GreenSquad: "西区绿化队长",
		} {
			s += string(id) + "," + name + ",+86 451 5551 9999,zh,\n"
		}
		return s
	})
	edit("posts.csv", func(s string) string {
		return s + ",area:W,acceptor,acceptor-w,1,,,\n,area:E,dispatcher,dispatcher-e,1,,,\n,area:W1,dispatcher,dispatcher-w1,1,,,\n" +
			",area:E1,dispatcher,dispatcher-e1,1,,,\n,department:GREEN-W,owner,green-west,1,,,\n,department:SQUAD-W,owner,green-squad,1,,,\n"
	})
	edit("departments.csv", func(s string) string {
		return s + "GREEN-W,园林局西站,Parks west,GREEN,W,+86 451 5550 0004\nSQUAD-W,西区绿化队,West squad,GREEN,W,+86 451 5550 0005\n"
	})
	d["rules.csv"] = []byte(`order,category,area,near,within_m,from,to,season,campaign,owner,co_owners,note,platform
10,C0101,,,30,,,,,component,,,
30,E0201,,,,,,,,line:WATER,platform:district(疏导交通),,
40,C0101,,,,,,,,line:WATER,,,
50,"E0301,E0401",,,,,,,,platform:district,,,
70,E0101,,,,,,,,block:grid,,,
110,E0301,,,,,,,,line:GREEN,,,district
120,E0401,,,,,,,,platform:community,,,district
190,*,,,,,,,,block:district,,,district
210,E0401,,,,,,,,block:grid,,,community
290,*,,,,,,,,block:community,,,community
9999,*,,,,,,,,block:city,,,
`)
	delete(d, city.ExpectationsFile)
	return d
}

// Platforms returns the compiled toy city with platforms; see PlatformsDirectory.
func Platforms(t testing.TB) *city.City {
	t.Helper()
	files := map[string]string{city.ExpectationsFile: ""}
	for name, data := range PlatformsDirectory() {
		files[name] = string(data)
	}
	return Varied(t, files)
}
