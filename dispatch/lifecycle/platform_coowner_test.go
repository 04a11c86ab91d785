package lifecycle_test

import (
	"slices"
	"strings"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
)

// platformsWith is the toy city with platforms and some changed files.
func platformsWith(t *testing.T, change func(files map[string]string)) *city.City {
	t.Helper()
	files := map[string]string{city.ExpectationsFile: ""}
	for name, data := range citytest.PlatformsDirectory() {
		files[name] = string(data)
	}
	change(files)
	return citytest.Varied(t, files)
}

// The city makes the parks department of W the only co-owner of the platform of W, with a milestone of its own: when the platform
// gives the case to that department, its part and its milestone end, also in the case that the stored events make.
func TestPlatforms_OnlyCoOwnerBecomesOwner(t *testing.T) {
	t.Parallel()
	c := platformsWith(t, func(files map[string]string) {
		files["conditions.csv"] = "code,condition,name,severity,limit,limit_unit,closing,milestone,after,by\n" +
			"E0301,1,倒伏,B,1,work_days,清除,,,\nE0301,1,到场,B,2,work_hours,已到场,arrive,,owner co_owners\n"
		files["rules.csv"] = strings.Replace(files["rules.csv"], `50,"E0301,E0401",,,,,,,,platform:district,,,`,
			"45,E0301,,,,,,,,platform:district,line:GREEN(协助),,\n50,E0401,,,,,,,,platform:district,,,", 1)
	})
	d := &desk{t: t, c: c, at: casetest.At(c, "2026-04-08 09:00")}
	d.cs = casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, d.at)
	d.do(dispatch.ActAccept, citytest.Acceptor, func(cmd *dispatch.Command) { cmd.Condition = "1" })
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	green := roster.Unit{Kind: roster.UnitDepartment, ID: "GREEN-W"}
	hasMilestone := func(m dispatch.Milestone) bool { return m.Unit == green }
	if len(d.cs.CoOwners) != 1 || d.cs.CoOwners[0].Unit != green || !slices.ContainsFunc(d.cs.Milestones, hasMilestone) {
		t.Fatalf("after the first dispatch: co-owners %+v, milestones %+v; want %s with a milestone", d.cs.CoOwners, d.cs.Milestones, green)
	}
	d.later(10)
	d.do(dispatch.ActDispatch, citytest.DispatcherW, nil)
	if d.cs.Owner.Unit != green || len(d.cs.CoOwners) > 0 {
		t.Errorf("owner %s, co-owners %+v; want %s alone", d.cs.Owner.Unit, d.cs.CoOwners, green)
	}
	if slices.ContainsFunc(d.cs.Milestones, hasMilestone) {
		t.Errorf("the milestones are %+v; want none of the former co-owner", d.cs.Milestones)
	}
}
