package form

import (
	"slices"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
)

func TestMe_PostsGroundAndRights(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, c.Location)
	me := func(id roster.PersonID, at time.Time) Me {
		t.Helper()
		m, ok := MeOf(c, id, at)
		if !ok {
			t.Fatalf("there is no %s", id)
		}
		return m
	}
	inspector := me(citytest.InspectorW1A, noon)
	if len(inspector.Posts) != 1 || inspector.Posts[0].Ground != "W1A" || !inspector.OnDuty {
		t.Errorf("the inspector of W1A: %+v", inspector)
	}
	for act, want := range map[dispatch.Act]bool{
		dispatch.ActCheck: true, dispatch.ActConfirm: true, dispatch.ActSelfResolve: true, dispatch.ActComment: true, dispatch.ActClose: false, dispatch.ActStart: false,
	} {
		if got := slices.Contains(inspector.Posts[0].Acts, act); got != want {
			t.Errorf("an inspector may %s: %v, want %v", act, got, want)
		}
	}
	if !slices.Equal(inspector.CityActs, []dispatch.Act{dispatch.ActReview}) {
		t.Errorf("an inspector may %v", inspector.CityActs)
	}
	if office := me(citytest.GridOffice, noon); !slices.Contains(office.CityActs, dispatch.ActApply) || office.Posts[0].Ground != c.Root {
		t.Errorf("the grid office: %+v", office)
	}
	if keeper := me(citytest.GreenEast, noon); keeper.Posts[0].Ground != "E" {
		t.Errorf("the station of E works on %s", keeper.Posts[0].Ground)
	}
	if head := me(citytest.Headmaster, noon); head.Posts[0].Ground == c.Root {
		t.Errorf("the school lies on %s", head.Posts[0].Ground)
	}
	if leader := me(citytest.LeaderE, noon); slices.Contains(leader.Posts[0].Acts, dispatch.ActStart) == slices.Contains(inspector.Posts[0].Acts, dispatch.ActStart) {
		t.Error("a leader and an inspector may start the same work")
	}
}

// Whoever covers holds the post while the cover lasts and is on duty there; the absent colleague is not.
func TestMe_CoverAndShift(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	during, after := time.Date(2026, 11, 24, 12, 0, 0, 0, c.Location), time.Date(2026, 11, 26, 12, 0, 0, 0, c.Location)
	posts := func(id roster.PersonID, at time.Time) (out []string) {
		m, _ := MeOf(c, id, at)
		for _, p := range m.Posts {
			word := string(p.Post)
			if p.Covering {
				word += " covering"
			}
			if p.OnDuty {
				word += " on duty"
			}
			out = append(out, word)
		}
		return out
	}
	for _, tt := range []struct {
		id   roster.PersonID
		at   time.Time
		want []string
	}{
		{citytest.GridE1A, during, []string{"owner@area:E1A on duty", "owner@area:E1B covering on duty"}},
		{citytest.GridE1B, during, []string{"owner@area:E1B"}},
		{citytest.GridE1A, after, []string{"owner@area:E1A on duty"}},
		{citytest.GridE1B, after, []string{"owner@area:E1B on duty"}},
		{citytest.Acceptor, time.Date(2026, 11, 26, 23, 0, 0, 0, c.Location), []string{"acceptor@area:TOY"}},
	} {
		if got := posts(tt.id, tt.at); !slices.Equal(got, tt.want) {
			t.Errorf("%s at %s: %q, want %q", tt.id, tt.at.Format(time.DateTime), got, tt.want)
		}
	}
	if _, ok := MeOf(c, "nobody", during); ok {
		t.Error("a person whom the city does not have is somebody")
	}
}
