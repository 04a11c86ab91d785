package revise_test

import (
	"slices"
	"strings"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/revise"
)

// A revision gives a case to another unit. The handler, who loses the work, is told, but not a handler who holds no post any
// more: a person without a post may read no case, nor a notice of one. (Found by wangge sim --seed 17 --days 365.)
func TestEventOf_HandlerWithoutAPostIsNotTold(t *testing.T) {
	t.Parallel()
	was := citytest.Toy(t)
	at := casetest.At(was, "2026-11-17 09:00")
	var posts strings.Builder
	for row := range strings.Lines(string(citytest.ToyDirectory()["posts.csv"])) {
		if !slices.Contains(strings.Split(row, ","), string(citytest.WaterLeader)) {
			posts.WriteString(row)
		}
	}
	gone := citytest.Varied(t, map[string]string{"posts.csv": posts.String()})
	green := roster.Unit{Kind: roster.UnitDepartment, ID: "GREEN"}
	for _, is := range []*city.City{was, gone} {
		cs := casetest.FileToy(t, was, citytest.Flooding, dispatch.SourceInspector, at)
		cs.Stage, cs.Handler = dispatch.Handling, citytest.WaterLeader
		m, _ := revise.Compare(was, is, cs, city.Successors{}, at)
		m.Is = dispatch.Owner{Unit: green, Kind: city.OwnerKindOf(green), Post: roster.PostAt(green, roster.Owner)}
		e := revise.EventOf(was, is, cs, m, citytest.DutyChief, "", "", at)
		holds := len(is.Roster.PostsOf(citytest.WaterLeader, at)) > 0
		if got := slices.Contains(e.Notified, citytest.WaterLeader); got != holds || holds != (is == was) {
			t.Errorf("the former handler holds a post: %v, is told: %v; told are %v", holds, got, e.Notified)
		}
	}
}
