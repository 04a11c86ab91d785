// Package city is one compiled, immutable, versioned city: areas, categories, rules, people, calendars and escalation
// policies, and the queries of routing, deadlines and escalation. Package compile makes a City from a directory of
// plain files. Package city is pure: no clock, no files.
package city

import (
	"time"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// City is a compiled city directory. A City never changes and is safe for concurrent use. All fields are read only.
type City struct {
	Revision           string // content hash of the directory, and the edition of the precedents. Example: "c-5f3a9c21d0b4+p3"
	Name, NameEn, Code string
	TableVersion       string
	Language           string // of people without a language of their own: "zh" or "en"
	Public             bool   // the public part may be read without a token; see package form
	Location           *time.Location
	Levels             []string // level names from the top; Levels[0] is the whole city
	Resolution         int      // H3 resolution of a cell
	Defaults           Defaults

	Index       *grid.Index
	OldCodes    []OldCode
	Defects     []Defect // of the drawn areas; a loaded city has accepted ones only, unless compile.Accepted
	Root        grid.AreaID
	Areas       map[grid.AreaID]*Area
	Departments map[string]*Department
	Sections    map[SectionID]*Section
	Points      []Point // ascending ID
	Categories  map[catalog.Code]*catalog.Category
	Filing      []FilingRule   // filing of city.yaml, in its order
	Rules       []catalog.Rule // in the order of trial: by Rank, then Order; the last one is a block for every category
	Intakes     []Intake       // the platforms at which cases arrive; the first that matches
	// PlatformRules decide the dispatch by the platforms below the city, in the order of trial: by level, then as Rules.
	PlatformRules []catalog.Rule

	Roster      *roster.Roster
	Calendar    *calendar.Calendar                 // the city's own; a unit's is CalendarOf
	Calendars   map[roster.Unit]*calendar.Calendar // of units with hours of their own
	Limits      []catalog.LimitRule                // limits.csv, in its order
	Tiers       map[grid.AreaID]string             // tiers.csv
	Campaigns   map[CampaignID]*Campaign           // campaigns.csv
	Runs        []CampaignRun                      // of campaigns; see WithRuns
	RunsEdition uint64                             // see WithRuns
	Policies    map[string]EscalationPolicy        // by name; always one called default
	PolicyOrder []string                           // the others, in the order of trial
	Formats     map[string]ImportFormat
	Channels    []string    // of the service of the city, by city.yaml; empty = not said
	Quiet       QuietHours  // in which alarms are held
	OffHours    []OffHours  // who answers for a unit without an on-call person; the first that fits
	Precedents  []Precedent // the latest first; see WithPrecedents

	Expectations []Expectation // the expected results of the city's rules, as tests of them

	Former Former // what only earlier revisions had; see WithFormer

	ruled map[catalog.Code][]*Precedent

	SectionList      []*Section // ascending ID; sectionIndex refers to these positions
	sectionIndex     *grid.Patches
	pointByID        map[string]int
	pointByComponent map[string]int
	pointIndex       *grid.Patches

	Columns          map[string][]string     // header of each table that was read, by file
	RefusedShifts    map[string]int          // line of each shift that has a diagnostic; only in a draft
	MissingAreas     []roster.Unit           // areas that posts name and that do not exist; only in a draft
	GroundM2         map[grid.AreaID]float64 // size of the ground in which each area is the smallest; see grid.Survey
	RepeatedVertices []Defect                // of drawn areas; no answer depends on them

	lookups
}

// Defaults holds the stage limits and distances of city.yaml.
type Defaults struct {
	AcceptMinutes   int
	DispatchMinutes int
	CheckHours      int
	ReturnHours     int
	NearBorderM     float64

	// The following are optional in city.yaml; the compiler fills in the defaults.
	VerifyMinutes  int      // limit of verifying a report on site
	ArbitrateHours int      // limit of an arbitration
	ReopenDays     int      // reopening is possible for so long after closing
	AppealDays     int      // an appeal is possible for so long after closing
	SuspendDays    int      // longest suspension
	ExtendPercent  int      // an extension to a chosen time adds at most this share of the limit
	DuplicateM     float64  // largest distance between two reports of one matter
	DuplicateHours int      // how long before the report of an open case a report of the same matter may have been seen
	RecentHours    int      // how long a closed case remains a candidate
	CheckWithinM   float64  // a checker must be in the cell of the case or this near; 0 asks for no position
	CheckPhotos    bool     // a check, passed or failed, needs a photo
	VerifySources  []string // sources whose reports must be verified before they are accepted
	UrgentByDay    bool     // severity A counts working hours too; else around the clock

	ReceiptMinutes ReceiptMinutes // limits within which an owner acknowledges its work

	Arbitrate    calendar.Limit // limit of a ruling, in place of ArbitrateHours; zero = not set
	JointMeeting JointMeeting   // rules in place of the arbiter when a ruling is contested; zero = the same arbiter

	SecondDispatchMinutes int // limit within which a platform dispatches a case that it was given; 0 = none
}

// JointMeeting is the unit whose arbiter, else leader, rules when a unit returns a case that a ruling gave it (联席会议).
type JointMeeting struct {
	Unit  string         `yaml:"unit"`  // text form. Example: "department:CGW"; "" = the city has none
	Limit calendar.Limit `yaml:"limit"` // zero = that of the first ruling
}

// ReceiptMinutes says, for each severity, within how many minutes an owner acknowledges work that was given to the owner
// (签收): minutes of any time for severity A, of the owner's working time for the others. 0 asks for no receipt.
type ReceiptMinutes struct {
	A int `yaml:"A"`
	B int `yaml:"B"`
	C int `yaml:"C"`
}

// MaxReceiptMinutes bounds the minutes of a receipt: a week.
const MaxReceiptMinutes = 7 * 24 * 60

// Of is the limit of a severity in minutes; 0 for no severity.
func (m ReceiptMinutes) Of(s catalog.Severity) int {
	switch s {
	case catalog.SeverityA:
		return m.A
	case catalog.SeverityB:
		return m.B
	case catalog.SeverityC:
		return m.C
	case catalog.SeverityUnknown:
	}
	return 0
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
	SizeM2       float64        // size of Ground
}

// Department is a node of the line tree. A department with an Area is a station: in that area the station answers for
// its parent.
type Department struct {
	ID, Parent, Name, NameEn, Phone string
	PhonePublic                     bool // anybody may know Phone
	Area                            grid.AreaID
}

// ImportFormat describes another system's CSV of past records.
type ImportFormat struct {
	Name        string
	Columns     map[string]string // our field -> the column of the file; see ImportFields
	Datum       grid.Datum
	TimeLayouts []string          // layouts of package time, in the city's zone; the first that parses a cell wins
	NoAddress   []grid.Point      // positions that mean "address unknown"; the first stands for a record without a position
	Owners      map[string]string // department name of the file -> our unit
}

// ImportFields are the fields of a past record:
//   - id, opened and category are required;
//   - lat and lng are given together, or neither is: a format without them is of records without a position;
//   - datum is the datum of the record's position, where it differs from the format's;
//   - district is the recorded area of the level below the city; due, department and district are compared with what
//     the city decides, and not stored;
//   - source is stored as the note of the first event;
//   - external_id is the record's number in a third system, where id is not that number; one record has it;
//   - confidential is yes, true, 1 or 是 for a caller whom only the office may see.
var ImportFields = []string{
	"id", "opened", "closed", "due", "category", "lat", "lng", "department", "district", "source", "text", "datum",
	"caller_name", "caller_phone", "confidential", "address", "external_id", "component_id", "building", "unit_no", "floor",
}
