package citytools

import (
	"math"
	"strconv"
	"time"

	"wangge/api/resource"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// areaRefJSON is wanggev1.AreaRef, and the id of the city directory.
type areaRefJSON struct {
	Name        string `json:"name"` // areas/ID
	Level       string `json:"level"`
	ID          string `json:"id"`
	DisplayName string `json:"display_name"` // in the language of --lang
}

// areaJSON is an area by its id, and a name besides: for route the name of the city directory, for the others display_name.
type areaJSON struct {
	Level       string `json:"level"`
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"` // in the language of --lang
}

// placeJSON is wanggev1.Place.
type placeJSON struct {
	Latitude  float64          `json:"latitude"` // WGS-84, whatever datum was typed
	Longitude float64          `json:"longitude"`
	Cell      string           `json:"cell"`
	Areas     []areaRefJSON    `json:"areas"`              // the city first
	BorderM   *float64         `json:"border_m,omitempty"` // left out on ground without a border
	Neighbour string           `json:"neighbour"`          // empty: outside the city
	Ambiguous bool             `json:"ambiguous"`
	Sections  []sectionRefJSON `json:"sections"`
	Unlocated bool             `json:"unlocated"` // false: a position was asked for
}

// sectionRefJSON is wanggev1.SectionRef with ids of the city directory.
type sectionRefJSON struct {
	Name        string `json:"name"` // sections/ID
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	Department  string `json:"department"`
}

// ownerJSON is wanggev1.Owner with the ids of the city directory; kind is block, line or point.
type ownerJSON struct {
	Kind              string `json:"kind"`
	Unit              string `json:"unit"`
	Post              string `json:"post"`
	Person            string `json:"person"` // empty: nobody is on duty
	UnitDisplayName   string `json:"unit_display_name"`
	PersonDisplayName string `json:"person_display_name"`
}

// onCallJSON is wanggev1.OnCall and a name besides.
type onCallJSON struct {
	Unit              string `json:"unit"`
	Post              string `json:"post"`
	Person            string `json:"person"`
	Name              string `json:"name"`
	UnitDisplayName   string `json:"unit_display_name"`
	PersonDisplayName string `json:"person_display_name"` // the same as name
}

// dutyJSON is wanggev1.DutyConsidered and a name besides.
type dutyJSON struct {
	Person            string `json:"person"`
	Name              string `json:"name"`
	PersonDisplayName string `json:"person_display_name"` // the same as name
	Rank              int    `json:"rank"`
	Shift             string `json:"shift"`
	OnCall            bool   `json:"on_call"`
	Why               string `json:"why"`

	id roster.PersonID
}

// intervalJSON is wanggev1.Interval beside the names that deadline promises.
type intervalJSON struct {
	From      time.Time `json:"from"` // the same as start_time
	To        time.Time `json:"to"`   // the same as end_time
	Why       string    `json:"why"`  // the same as reason
	StartTime time.Time `json:"start_time"`
	EndTime   time.Time `json:"end_time"`
	Reason    string    `json:"reason"`            // empty where the clock ran
	Counted   string    `json:"counted,omitempty"` // a duration that counts although no time passed: the clocks were put forward

	CountedSeconds int64 `json:"counted_seconds"` // counted, as a number
}

// intervalOf is an interval in which a clock ran.
func intervalOf(from, to time.Time) intervalJSON {
	return intervalJSON{From: from, To: to, StartTime: from, EndTime: to}
}

// skippedOf is an interval in which a clock was paused.
func skippedOf(o *cli.Options, s calendar.Skip) intervalJSON {
	out := intervalOf(s.From, s.To)
	out.Why = i18n.Text{En: s.Why, Zh: s.WhyZh}.In(o.Lang)
	out.Reason, out.CountedSeconds = out.Why, int64(s.Counts/time.Second)
	if s.Counts > 0 {
		out.Counted = durationText(s.Counts)
	}
	return out
}

// durationText is a duration as JSON of the wire has it: "5400s".
func durationText(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s" }

// cityView describes the units and people of a city in one language.
type cityView struct {
	c    *city.City
	lang string
}

// viewOf describes a city in the language of --lang.
func viewOf(o *cli.Options, c *city.City) cityView { return cityView{c, o.Lang} }

// unitName is the name of a unit.
func (v cityView) unitName(u roster.Unit) string { return v.c.UnitName(u).In(v.lang) }

func (v cityView) areas(ids []grid.AreaID) []areaRefJSON {
	out := make([]areaRefJSON, len(ids))
	for i, id := range ids {
		out[i] = areaRefJSON{resource.Area(id), v.c.Levels[v.c.Areas[id].Level], string(id), v.areaName(id)}
	}
	return out
}

func (v cityView) place(p dispatch.Place) *placeJSON {
	out := &placeJSON{
		Latitude: p.Point.Lat, Longitude: p.Point.Lng, Cell: p.Cell.String(), Areas: v.areas(p.Areas),
		BorderM: finiteOrNil(p.BorderM), Neighbour: string(p.Neighbour), Ambiguous: p.Ambiguous,
		Sections: []sectionRefJSON{},
	}
	for _, id := range p.Sections {
		out.Sections = append(out.Sections, sectionRefJSON{
			resource.Section(id), string(id), v.unitName(roster.Unit{Kind: roster.UnitSection, ID: string(id)}), v.c.Sections[id].Department,
		})
	}
	return out
}

func (v cityView) owner(is dispatch.Owner, at time.Time) ownerJSON {
	s, _ := v.c.OnCall(is.Unit, is.Post, at)
	p, _ := v.c.Roster.Person(s.Person)
	return ownerJSON{ownerKinds[is.Kind], is.Unit.String(), string(is.Post), string(s.Person), v.unitName(is.Unit), p.Name}
}

func (v cityView) onCall(u roster.Unit, post roster.PostID, id roster.PersonID) onCallJSON {
	p, _ := v.c.Roster.Person(id)
	return onCallJSON{resource.Unit(u), resource.Post(post), resource.Person(id), p.Name, v.unitName(u), p.Name}
}

func (v cityView) duty(rows []roster.Considered) []dutyJSON {
	out := []dutyJSON{}
	for _, k := range rows {
		p, _ := v.c.Roster.Person(k.Person)
		out = append(out, dutyJSON{resource.Person(k.Person), p.Name, p.Name, k.Rank, k.Shift, k.OnCall, k.Why.In(v.lang), k.Person})
	}
	return out
}

// finiteOrNil is m, or nil for an infinity or NaN, which JSON lacks.
func finiteOrNil(m float64) *float64 {
	if math.IsInf(m, 0) || math.IsNaN(m) {
		return nil
	}
	return &m
}

// ownerKinds are the kinds of owners on the wire.
var ownerKinds = map[catalog.OwnerKind]string{catalog.OwnerBlock: "block", catalog.OwnerLine: "line", catalog.OwnerPoint: "point"}

// areaName is the name of an area; its id if the city has no such area.
func (v cityView) areaName(id grid.AreaID) string {
	if a := v.c.Areas[id]; a != nil && (v.lang == "zh" || a.NameEn == "") {
		return a.Name
	} else if a != nil {
		return a.NameEn
	}
	return string(id)
}

// stringsOf returns a list of ids as strings; never nil, so that JSON has an empty list.
func stringsOf[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// namesOf returns the resource names of a list; never nil.
func namesOf[T any](list []T, name func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = name(v)
	}
	return out
}

// cellTexts returns cells as strings; never nil.
func cellTexts(cells []grid.Cell) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = c.String()
	}
	return out
}
