package dispatch

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// CaseID is a case number: the city's local date of receipt and a sequence within that day.
// Its numeric order is time order. Example: 20261123-000417.
type CaseID uint64

// MaxDaySequence is the largest sequence within one day: nine decimal digits are kept for it.
const MaxDaySequence = 999_999_999

// NewCaseID builds the id of the seq-th case (from 1) of the local day of t.
func NewCaseID(t time.Time, seq uint64) CaseID {
	y, m, d := t.Date()
	return CaseID((uint64(y)*10000+uint64(m)*100+uint64(d))*1_000_000_000 + seq)
}

// Sequence returns the sequence within the day.
func (id CaseID) Sequence() uint64 { return uint64(id) % 1_000_000_000 }

// String is the case number as people write it.
func (id CaseID) String() string {
	var room [32]byte
	b := appendPadded(room[:0], uint64(id)/1_000_000_000, 10_000_000)
	return string(appendPadded(append(b, '-'), id.Sequence(), 100_000))
}

// appendPadded writes n with as many digits as least has, or more.
func appendPadded(b []byte, n, least uint64) []byte {
	for ; n < least && least > 1; least /= 10 {
		b = append(b, '0')
	}
	return strconv.AppendUint(b, n, 10)
}

// ParseCaseID reads what String wrote.
func ParseCaseID(s string) (CaseID, error) {
	day, seq, ok := strings.Cut(s, "-")
	if ok && len(day) == 8 && len(seq) >= 6 && len(seq) <= 9 {
		d, err1 := strconv.ParseUint(day, 10, 64)
		n, err2 := strconv.ParseUint(seq, 10, 64)
		if err1 == nil && err2 == nil && n > 0 {
			return CaseID(d*1_000_000_000 + n), nil
		}
	}
	return 0, fmt.Errorf("case number %q: want YYYYMMDD-NNNNNN, as in 20261123-000417", s)
}

// Stage is where a case stands. Values are stored; never renumber.
type Stage int

// Stages; zero is unset. The straight road is Reported to Closed; the others are side states.
const (
	StageUnknown Stage = iota
	Reported           // 待受理
	Verifying          // 核实中
	Accepted           // 待立案
	Filed              // 待派遣
	Dispatched         // 已派遣
	Handling           // 处置中
	Checking           // 待核查
	Closed             // 已结案
	Returned           // 回退
	Arbitration        // 争议
	Suspended          // 挂账
	Rejected           // 不予立案
	Voided             // 作废
	Merged             // 合并
	SelfResolved       // 自行处置
)

// Source is where a report came from. Inspectors' reports are filed at once; all others wait
// for an acceptor (domain §4.4, transition 2). Values are stored.
type Source int

// Sources; zero is unset.
const (
	SourceUnknown Source = iota
	SourceInspector
	SourceHotline
	SourcePublic
	SourceMedia
	SourceLeader
	SourceVideo
	SourceImport // a past record taken over from another system
)

// Report is what a phone sent, positions already in WGS-84.
type Report struct {
	ClientID    string // the phone's own id, unique per reporter; makes filing idempotent
	Reporter    roster.PersonID
	Source      Source
	Category    catalog.Code
	Condition   string // filing condition id; "" = the first
	Text        string
	Position    grid.Position // as sent, with its datum
	CapturedAt  time.Time     // the phone's clock
	ReceivedAt  time.Time     // ours
	PhotoHashes []string      // sha-256, hex

	AfterPhotos []string // sha-256, hex: the reporter has already put the small matter right
	Joins       CaseID   // the reporter says that it is the same matter as this case

	PhoneAt time.Time // the phone's clock when it sent the report; zero = the phone did not say
}

// Place is where a case lies, frozen when it was filed. A place without a cell has no position: Point, BorderM,
// Neighbour and Sections say nothing then, and Areas hold what is known, at least the city. See Located.
type Place struct {
	Point     grid.Point
	Cell      grid.Cell
	Areas     []grid.AreaID    // city first
	Sections  []city.SectionID // most particular first: see city.SectionsAt
	BorderM   float64          // metres to the nearest border of the chain
	Neighbour grid.AreaID      // who is next door there; "" = outside the city
	Ambiguous bool             // the position's accuracy reaches over that border
}

// Owner is the one accountable unit and the post that acts for it.
type Owner struct {
	Kind catalog.OwnerKind
	Unit roster.Unit
	Post roster.PostID
	Duty string // co-owners only: what they do besides. Example: "围挡现场"
}

// CoOwner is a unit that works on the case beside its lead owner, on a clock of its own (协办).
type CoOwner struct {
	Owner
	Clock  Clock // of its duty; it never runs for one who stands by, and stops when Done
	Done   time.Time
	DoneBy roster.PersonID
}

// Open reports whether the co-owner has a duty that is not done.
func (o CoOwner) Open() bool { return o.Duty != "" && o.Done.IsZero() }

// Milestone is a stretch of the work of one case, with its own limit (domain §3). Its clock stands
// at zero until it starts, and stops when it is reached.
type Milestone struct {
	ID, Name, After string
	Closing         string // the condition under which it counts as reached
	Clock           Clock
	Reached         time.Time
	ReachedBy       roster.PersonID
}

// AskKind is what a case's open request asks for. Values are stored.
type AskKind int

// Requests; zero is none. A case has at most one.
const (
	AskNothing AskKind = iota
	AskExtension
	AskSuspension
	AskForceClose
	AskAppeal
)

// Asked is a request that waits for somebody's word.
type Asked struct {
	Kind  AskKind
	By    roster.PersonID
	Post  roster.PostID
	At    time.Time
	Until time.Time // AskSuspension: when the work goes on
	Level int       // how many have granted it already

	GrantedBy roster.PersonID // the first of them
}

// Verdict is what verification on the ground found. Values are stored.
type Verdict int

// Verdicts; zero is not verified.
const (
	NotVerified Verdict = iota
	Confirmed
	NotFound
)

// AppealState is what became of an appeal against an overtime. The overtime itself is a fact that
// stays visible. Values are stored.
type AppealState int

// Appeal states; zero is none.
const (
	NoAppeal AppealState = iota
	AppealFiled
	AppealUpheld // the overtime counts
	Exempted     // the overtime does not count in statistics
)

// Satisfaction is what the reporter said when asked back (回访). Values are stored.
type Satisfaction int

// Answers; zero is not asked.
const (
	NotAsked Satisfaction = iota
	VerySatisfied
	Satisfied
	Dissatisfied
	NotReached
)

// Case is the fold of its events.
type Case struct {
	ID                                       CaseID
	Seq                                      uint64 // number of the last event folded in; the etag
	Stage                                    Stage
	Report                                   Report
	Place                                    Place
	Category                                 catalog.Code
	Condition                                string
	Severity                                 catalog.Severity
	Owner                                    Owner // zero until dispatched
	CoOwners                                 []CoOwner
	Rule                                     string          // the rule that decided the owner
	LimitRule                                string          // the row of limits.csv that decided the limit; "" = the condition's own
	Clock                                    Clock           // the clock of the present stage
	Disposal                                 Clock           // the disposal clock as it stood when the owner's work was handed on or put off
	Ladder                                   string          // name of the ladder
	NextStep                                 int             // index of the next ladder step to fire
	Stands                                   []roster.PostID // told last since the clock began: on their step it stands
	QuietSince                               time.Time       // since when nobody has acted, or the last nudge
	Nudges                                   int             // since anybody acted
	NextAt                                   time.Time       // when the armed timer fires, the earliest of all that the case waits for; zero = it waits for none
	Returns                                  int
	Reworks                                  int
	Handler                                  roster.PersonID
	FixedBy                                  roster.PersonID // who reported the work done; may never check it
	CheckedBy                                roster.PersonID // who passed the check; zero until then
	Closing                                  string          // closing condition chosen
	Outcome                                  Outcome
	FiledAt, ResolvedAt, ClosedAt, UpdatedAt time.Time
	CityRevision                             string // the city revision of the last routing decision

	ReroutedAt   time.Time // to the present owner, on the clock of another; zero when the clock began with this owner
	Verified     Verdict
	Milestones   []Milestone
	Asked        Asked
	Refused      []roster.Unit // units that have handed the case back, in order
	Judge        roster.Unit   // Arbitration: who rules
	Suspensions  int
	ResumeAt     time.Time // Suspended: when the work goes on by itself
	Supervisions int
	Unanswered   bool // supervised, and nobody has answered since
	Appeal       AppealState
	Satisfaction Satisfaction

	Proposed   CaseID // the reporter says that it repeats this case; nobody has decided yet
	MergedInto CaseID // Merged: the case that this one repeats
	Before     Stage  // Merged: where it stood
	Held       Clock  // Merged: its clock as it stood
	Group      CaseID // the case of the mass event that this one is part of
	Reopens    CaseID // the closed case whose matter has come back
	ReopenedAs CaseID // Closed: the case that took the matter up again
}

// Outcome tells how a case ended. Fixed and closed-without-a-fix are never one figure.
type Outcome int

// Outcomes; zero while open.
const (
	OutcomeNone Outcome = iota
	OutcomeFixed
	OutcomeNotFixed
)

// Open reports whether somebody still has to act.
func (c *Case) Open() bool {
	switch c.Stage {
	case Closed, Rejected, Voided, Merged, SelfResolved, StageUnknown:
		return false
	case Reported, Verifying, Accepted, Filed, Dispatched, Handling, Checking, Returned, Arbitration, Suspended:
	}
	return true
}

// Overdue reports whether the present stage's deadline has passed at now.
func (c *Case) Overdue(now time.Time) bool {
	return c.Open() && c.Clock.Running() && now.After(c.Clock.Due)
}

// Late is by how much the owner's work overran its limit; 0 when it did not, or is still under way.
func (c *Case) Late() time.Duration {
	if c.ResolvedAt.IsZero() || c.Disposal.Due.IsZero() {
		return 0
	}
	return max(0, c.ResolvedAt.Sub(c.Disposal.Due))
}

// CountsLate reports whether statistics count the case as overtime: an exempted one does not.
func (c *Case) CountsLate() bool { return c.Late() > 0 && c.Appeal != Exempted }

// Clock keeps a limit as budget and consumed time; the due instant is derived from both and never
// edited by hand. It runs while Running.
//
// A case put off on Friday at 16:30 with a limit of four work hours, of which half an hour was used,
// goes on from the date agreed with three and a half. Made urgent meanwhile, its limit becomes two
// hours round the clock, and what it has used is what such a clock would have counted: it was kept
// all along, in Spent.
type Clock struct {
	Limit    calendar.Limit
	Consumed time.Duration // used up before Since, in the clock of the limit
	Since    time.Time     // running since; zero when stopped
	Due      time.Time     // derived; zero when it never ran

	Provisional bool          // Due reaches a year whose holidays are not published yet
	Extended    int           // how often the limit was granted once more (延期)
	Step        int           // the next ladder step, of a clock that is not the case's present one
	Length      time.Duration // budget of a stage clock that was paused once
	Spent       Spent
	Passed      Rungs // fired, where the ladder does not begin with them or the clock is held; "" = as the step says
}

// Spent is what was used up before Since on the clock of each unit: so a change of the unit loses
// nothing.
type Spent struct{ Hours, WorkHours, WorkDays, Days time.Duration }

// On is what was used up on the clock of a unit.
func (s *Spent) On(u calendar.Unit) *time.Duration {
	switch u {
	case calendar.Hours:
		return &s.Hours
	case calendar.WorkHours:
		return &s.WorkHours
	case calendar.WorkDays:
		return &s.WorkDays
	case calendar.Days, calendar.UnitUnknown:
	}
	return &s.Days
}

// Running reports whether the clock runs.
func (c Clock) Running() bool { return !c.Since.IsZero() }

// Located reports whether the place has a position. Every report has one; a past record may have none.
func (p *Place) Located() bool { return p.Cell != 0 }

// Rungs are the first rungs of a ladder by their instants alone, whoever is told, from the lowest on, as in
// "50%, 80%, overdue 4 work_hours, every 1 days". They stand in records: every word here is kept readable.
// A clock carries them where the number of a step says too little, because the ladder that it counts on
// may be gone. "" is none.
type Rungs string
