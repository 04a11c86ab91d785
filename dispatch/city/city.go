// Package city is one compiled, immutable, versioned city: its areas, categories, rules, people, calendar and ladders,
// and the questions that routing, deadlines and escalation ask of them. Package compile makes a City from a directory
// of plain files. Package city is pure: it reads no clock and no file.
package city

import (
	"time"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// City is a compiled city directory. It does not change once it is compiled, and is safe for concurrent use. All fields
// are read only.
type City struct {
	Revision           string // content hash of the directory, and the edition of the precedents. Example: "c-5f3a9c21d0b4+p3"
	Name, NameEn, Code string
	TableVersion       string
	Location           *time.Location
	Levels             []string // level names from the top; Levels[0] is the whole city
	Resolution         int      // H3 resolution of a cell
	Defaults           Defaults

	Index       *grid.Index
	OldCodes    []OldCode
	Defects     []Defect // of the drawn areas; those of a loaded city are all accepted, but see compile.Kept
	Root        grid.AreaID
	Areas       map[grid.AreaID]*Area
	Departments map[string]*Department
	Sections    map[SectionID]*Section
	Points      []Point // ascending ID
	Categories  map[catalog.Code]*catalog.Category
	Rules       []catalog.Rule // as they are tried: by Rank, then Order; the last one is a block for every category
	Roster      *roster.Roster
	Calendar    *calendar.Calendar                 // the city's own; a unit's is CalendarOf
	Calendars   map[roster.Unit]*calendar.Calendar // of units that keep other hours
	Limits      []catalog.LimitRule                // limits.csv, in its order
	Tiers       map[grid.AreaID]string             // tiers.csv
	Ladders     map[string]Ladder                  // by name; always one called default
	LadderOrder []string                           // the others, in the order in which they are tried
	Formats     map[string]ImportFormat
	OffHours    []OffHours  // who answers when nobody stands at a post; the first that fits
	Precedents  []Precedent // the latest first; see WithPrecedents

	Expectations []Expectation // what the city expects of its own rules

	Former map[catalog.Code]i18n.Text // names of categories that only earlier revisions had; see WithFormer

	ruled map[catalog.Code][]*Precedent

	SectionList  []*Section // ascending ID, as sectionIndex counts them
	sectionIndex *grid.Patches
	pointByID    map[string]int
	pointIndex   *grid.Patches

	Columns          map[string][]string     // header of each table that was read, by file
	RefusedShifts    map[string]int          // line of each shift that has a diagnostic; only a draft has some
	MissingAreas     []roster.Unit           // areas that posts name and that do not exist; only a draft has some
	GroundM2         map[grid.AreaID]float64 // ground of which each area is the smallest; see grid.Survey
	RepeatedVertices []Defect                // of drawn areas; no answer depends on them

	lookups
}

// Defaults are the stage limits and distances of city.yaml.
type Defaults struct {
	AcceptMinutes   int
	DispatchMinutes int
	CheckHours      int
	ReturnHours     int
	NearBorderM     float64

	// What follows may be left out of city.yaml; the compiler fills in the defaults.
	VerifyMinutes  int      // for a report to be verified on the ground
	ArbitrateHours int      // for a ruling on who answers
	ReopenDays     int      // after closing
	AppealDays     int      // after closing
	SuspendDays    int      // longest suspension
	DuplicateM     float64  // how far apart two reports of one matter may lie
	DuplicateHours int      // and how long one after the other
	RecentHours    int      // how long a closed case is still shown as a candidate
	CheckWithinM   float64  // a checker stands in the cell or this near; 0 asks for no position
	VerifySources  []string // reports that must be verified before they are accepted
	UrgentByDay    bool     // severity A keeps to working hours too; else it runs through nights
}

// Area is a node of the block tree.
type Area struct {
	ID           grid.AreaID
	Parent       grid.AreaID
	Level        int
	Name, NameEn string
	Note         string
	Children     []grid.AreaID  // sorted by id
	Ground       []grid.Polygon // nil: the union of its children; read only
	SizeM2       float64        // of Ground
}

// Department is a node of the line tree. One with an Area is a station: there it answers for its
// parent.
type Department struct {
	ID, Parent, Name, NameEn, Phone string
	Area                            grid.AreaID
}

// ImportFormat says how to read another system's CSV of past records.
type ImportFormat struct {
	Name        string
	Columns     map[string]string // ours -> theirs; see ImportFields
	Datum       grid.Datum
	TimeLayouts []string          // Go's reference layouts, in the city's time zone; the first that fits a cell reads it
	NoAddress   []grid.Point      // positions that mean "no address known"; the first stands for a record without a position
	Owners      map[string]string // what their department column says -> our unit
}

// ImportFields are the fields of a past record:
//   - id, opened and category are required;
//   - lat and lng are given together, or neither is: a format without them is of records without a position;
//   - datum is the datum of the record's position, where it differs from the format's;
//   - district is the recorded area of the level below the city; due, department and district are compared with what
//     the city decides, and not stored;
//   - source is stored as the note of the first event.
var ImportFields = []string{"id", "opened", "closed", "due", "category", "lat", "lng", "department", "district", "source", "text", "datum"}
