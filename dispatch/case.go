package dispatch

import (
	"fmt"
	"slices"
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

// appendPadded writes n with at least as many digits as least has.
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

// Stage is how far a case has come. Values are stored; never renumber.
type Stage int

// Stages; zero is unset. The usual way runs from Reported to Closed; the others are side states.
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
	Returned           // 已回退（待重派）
	Arbitration        // 待裁定
	Suspended          // 挂账
	Rejected           // 不予立案
	Voided             // 作废
	Merged             // 合并
	SelfResolved       // 自行处置
)

// Source is where a report came from. City.FiledAtOnce says whether a report is filed at once or waits for an acceptor.
// Values are stored.
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

// Report is what a phone sent.
type Report struct {
	ClientID    string // the phone's own id, unique per reporter; makes filing idempotent
	Reporter    roster.PersonID
	Source      Source
	Category    catalog.Code
	Condition   string // filing condition id; "" = the only one, or one that the desk chooses
	Text        string
	Position    grid.Position // as sent, with its datum
	CapturedAt  time.Time     // the phone's clock
	ReceivedAt  time.Time     // the service's clock
	PhotoHashes []string      // sha-256, hex

	AfterPhotos []string // sha-256, hex: the reporter has already put a small matter right
	Joins       CaseID   // the case that the reporter takes for the same matter

	PhoneAt time.Time // the phone's clock when it sent the report; zero = the phone did not say

	Caller     Caller
	Address    string  // the place in words
	ExternalID string  // the report's number in the system of its source: of a hotline's order; unique per source
	Component  string  // code of an asset: see city.Point
	Building   string  // 楼栋
	UnitNo     string  // 单元
	Floor      string  // 楼层
	Confidence float64 // of a video recogniser, 0 to 1; 0 = unknown
}

// Caller is the person who called or wrote, when that is not the reporter (来电人). The zero Caller is none.
type Caller struct {
	Name, Phone  string
	Confidential bool // for acceptors and duty chiefs alone
}

// Place is where a case lies, as of its filing. A place without a cell has no position: Point, BorderM, Neighbour and
// Sections are then empty, and Areas holds what is known, at least the city. See Located.
type Place struct {
	Point     grid.Point
	Cell      grid.Cell
	Areas     []grid.AreaID    // city first
	Sections  []city.SectionID // most particular first: see city.SectionsAt
	BorderM   float64          // metres to the nearest border of the chain
	Neighbour grid.AreaID      // the area beyond that border; "" = none, the city ends there
	Ambiguous bool             // the position's accuracy reaches over that border
}

// Owner is the one accountable unit and the post that acts for it.
type Owner struct {
	Kind catalog.OwnerKind
	Unit roster.Unit
	Post roster.PostID
	Duty string // co-owners only: what they do. Example: "围挡现场"
}

// CoOwner is a unit that works on a case beside its lead owner, with a clock of its own (协办).
type CoOwner struct {
	Owner
	Clock  Clock // of its duty; it never runs without one, and stops when Done
	Done   time.Time
	DoneBy roster.PersonID

	Receipt Receipt // of its duty; zero without one

	From roster.Unit // the platform that gave its duty on to this unit; zero = the dispatch of the case gave the duty

	SecondDue    time.Time // of a platform: the limit within which it gives its duty on to a unit (二次派遣); zero = none
	SecondMissed bool      // it has not given its duty on in time: people were notified
}

// Open reports whether the co-owner has a duty that is not done.
func (o CoOwner) Open() bool { return o.Duty != "" && o.Done.IsZero() }

// Milestone is a part of the work of one party on a case, with a limit of its own; ids are unique within the case. Several
// parties may have a milestone of the same kind, each on a clock of its own. The clock is zero until it starts,
// and stops when the milestone is complete.
type Milestone struct {
	ID, Name, After string
	Closing         string // the condition under which it counts as complete
	Clock           Clock
	Reached         time.Time
	ReachedBy       roster.PersonID

	Party catalog.Party // whose milestone it is
	Unit  roster.Unit   // of a co-owner or inspector; zero = the owner's, whoever that is
	Post  roster.PostID // as Unit
}

// MilestoneOf stands in the id of a milestone between that of the condition and the unit or post whose milestone it is. An
// owner's milestone has the id of the condition alone.
const MilestoneOf = "@"

// Kind is the id of the milestone in its condition. Example: "arrive" for "arrive@department:GAS".
func (m *Milestone) Kind() string {
	kind, _, _ := strings.Cut(m.ID, MilestoneOf)
	return kind
}

// UnitOf is the unit whose milestone it is, on a case.
func (m *Milestone) UnitOf(cs *Case) roster.Unit {
	if m.Party == catalog.PartyOwner {
		return cs.Owner.Unit
	}
	return m.Unit
}

// RequestKind is what the open request of a case asks for. Values are stored.
type RequestKind int

// Requests; zero is none. A case has at most one.
const (
	NoRequest RequestKind = iota
	RequestExtension
	RequestSuspension
	RequestForceClose
	RequestAppeal
)

// ApprovalRequest is a request that waits for a decision.
type ApprovalRequest struct {
	Kind  RequestKind
	By    roster.PersonID
	Post  roster.PostID
	At    time.Time
	Until time.Time // AskSuspension: when the work resumes
	Level int       // how many people have granted it already

	GrantedBy roster.PersonID // the first of those people
}

// Verdict is the result of verification at the place. Values are stored.
type Verdict int

// Verdicts; zero is not verified.
const (
	NotVerified Verdict = iota
	Confirmed
	NotFound
)

// AppealState is what became of an appeal against an overtime. The overtime itself is a fact that stays visible.
// Values are stored.
type AppealState int

// Appeal states; zero is none.
const (
	NoAppeal AppealState = iota
	AppealFiled
	AppealUpheld // the overtime counts
	Exempted     // the overtime does not count in statistics
)

// Satisfaction is the reporter's answer when called back (回访). Values are stored.
type Satisfaction int

// Answers; zero is not asked.
const (
	NotAsked Satisfaction = iota
	VerySatisfied
	Satisfied
	Dissatisfied
	NotReached
	MostlySatisfied // between satisfied and dissatisfied
)

// Case is the fold of its events.
type Case struct {
	ID                                       CaseID
	Seq                                      uint64 // number of the last event folded in; the etag
	Stage                                    Stage
	Report                                   Report
	Place                                    Place
	Category                                 catalog.Code
	Condition                                string // "" = nobody has chosen one yet
	Severity                                 catalog.Severity
	Judged                                   bool  // a person has judged Severity, in place of that of the condition
	Owner                                    Owner // zero until dispatched
	CoOwners                                 []CoOwner
	Rule                                     string          // the rule that decided the owner
	LimitRule                                string          // the row of limits.csv that decided the limit; "" = the condition's own
	Clock                                    Clock           // the clock of the present stage
	Disposal                                 Clock           // the disposal clock while it is paused, or as it ended
	EscalationPolicy                         string          // name of the ladder
	NextStep                                 int             // index of the next ladder step to fire
	NotifiedPosts                            []roster.PostID // that were notified last since the clock began
	Alarms                                   []Alarm         // of the ladder since the clock of the stage began
	LastActivity                             time.Time       // when somebody acted last, or was reminded
	Reminders                                int             // reminders since somebody acted
	NextAt                                   time.Time       // when the armed timer fires, the earliest of the case; zero = none is armed
	Returns                                  int
	Reworks                                  int
	Handler                                  roster.PersonID
	FixedBy                                  roster.PersonID // the person who reported the work done, and may never check it
	CheckedBy                                roster.PersonID // the person who passed the check; zero until then
	Closing                                  string          // closing condition chosen
	Outcome                                  Outcome
	FiledAt, ResolvedAt, ClosedAt, UpdatedAt time.Time
	CityRevision                             string // the city revision of the last routing decision

	ReroutedAt   time.Time // to the present owner, on the clock of another; zero when the clock began with this owner
	Verified     Verdict
	Milestones   []Milestone
	Request      ApprovalRequest
	Refused      []roster.Unit // units that have returned the case, in order
	Arbiter      roster.Unit   // Arbitration: the unit that rules
	Suspensions  int
	ResumeAt     time.Time // Suspended: when the work resumes by itself
	Supervisions int
	Unanswered   bool            // supervised, and nobody has answered since
	Supervisor   roster.PersonID // who supervised it last
	SupervisedAt roster.PostID   // the post from which
	Supervised   []Supervision   // of other people before Supervisor, unanswered too
	Appeal       AppealState
	Satisfaction Satisfaction

	Proposed    CaseID // the case that it may repeat, while nobody has decided
	MergedInto  CaseID // Merged: the case that this one repeats
	StageBefore Stage  // Merged: the stage before
	MergedClock Clock  // Merged: its paused clock
	Group       CaseID // the case of the mass event that this one is part of
	Reopens     CaseID // the closed case whose matter has come back
	ReopenedAs  CaseID // Closed: the case that took the matter up again

	Rulings        int               // how often an arbiter has named the owner
	Receipt        Receipt           // of the owner, for the work as it was given last
	GoneUnits      []roster.Unit     // units that had the case and that a revision removed: it stays in their lists; see MaxGoneUnits
	Campaign       CampaignMark      // what a campaign of the city did to the clocks of the work last
	FormerHandlers []roster.PersonID // former workers, each once, whom no other field names; see MaxFormerHandlers

	Platform roster.Unit // at which the case arrived: it accepts, files and closes the case; zero = the city's own
	Chain    []ChainLink // the dispatches, in order; empty while only the city's own platform has dispatched
}

// Supervision is a demand of an answer: by whom, and from which post.
type Supervision struct {
	Person roster.PersonID
	Post   roster.PostID
}

// Alarm is a light of the ladder that a person has been notified of.
type Alarm struct {
	Light  string
	Person roster.PersonID
}

// MaxGoneUnits bounds GoneUnits. The oldest is dropped first.
const MaxGoneUnits = 16

// MaxFormerHandlers bounds the former workers that a case keeps: the first ones are forgotten first.
const MaxFormerHandlers = 16

// Outcome is how a case ended. Cases that were fixed and cases that were closed without a fix are never counted
// together.
type Outcome int

// Outcomes; zero while open.
const (
	OutcomeNone Outcome = iota
	OutcomeFixed
	OutcomeNotFixed
	OutcomeMisfiled // voided after dispatch: the case should not have been filed
)

// Open reports whether the case waits for somebody to act.
func (c *Case) Open() bool {
	switch c.Stage {
	case Closed, Rejected, Voided, Merged, SelfResolved, StageUnknown:
		return false
	case Reported, Verifying, Accepted, Filed, Dispatched, Handling, Checking, Returned, Arbitration, Suspended:
	}
	return true
}

// WorkedOn reports whether a person did some of the work on the case, under its present owner or an earlier one: as its
// handler, as the person who reported it done, who completed a milestone, or for a co-owner.
func (c *Case) WorkedOn(person roster.PersonID) bool {
	return person != "" && (person == c.FixedBy || person == c.Handler || slices.Contains(c.FormerHandlers, person) ||
		slices.ContainsFunc(c.CoOwners, func(o CoOwner) bool { return o.DoneBy == person }) ||
		slices.ContainsFunc(c.Milestones, func(m Milestone) bool { return m.ReachedBy == person }))
}

// Workers lists the people of WorkedOn, some of them twice.
func (c *Case) Workers() []roster.PersonID {
	out := append([]roster.PersonID{c.FixedBy, c.Handler}, c.FormerHandlers...)
	for _, o := range c.CoOwners {
		out = append(out, o.DoneBy)
	}
	for _, m := range c.Milestones {
		out = append(out, m.ReachedBy)
	}
	return out
}

// AskedOrGranted reports whether a person has asked for what the open request is about, or has granted the request already:
// somebody else decides.
func (c *Case) AskedOrGranted(person roster.PersonID) bool {
	return person != "" && (person == c.Request.By || person == c.Request.GrantedBy)
}

// Waits reports whether somebody must act on the case: it is open, or it is closed and an appeal waits for its decision.
func (c *Case) Waits() bool {
	return c.Open() || c.Stage == Closed && c.Request.Kind == RequestAppeal
}

// Overdue reports whether the present stage's deadline has passed at now.
func (c *Case) Overdue(now time.Time) bool {
	return c.Open() && c.Clock.Running() && now.After(c.Clock.Due)
}

// Late is how long the owner's work overran its limit; 0 when it did not, or is still under way.
func (c *Case) Late() time.Duration {
	if c.ResolvedAt.IsZero() || c.Disposal.Due.IsZero() {
		return 0
	}
	return max(0, c.ResolvedAt.Sub(c.Disposal.Due))
}

// Clock keeps a limit as a budget and the time used; the deadline is derived from both and never edited.
//
// Example: a case with a limit of four work hours, of which half an hour was used, is suspended on Friday at 16:30 and
// continues on the agreed date with three and a half. If it is made urgent meanwhile, its limit becomes two hours of
// any time, and the time used is what such a clock would have counted: Spent keeps it for every unit.
type Clock struct {
	Limit    calendar.Limit
	Consumed time.Duration // used before Since, in the unit of the limit
	Since    time.Time     // running since; zero when stopped
	Due      time.Time     // derived; zero = it never ran

	Provisional bool          // Due reaches a year whose holidays are not published yet
	Extended    int           // how many extensions were granted (延期): each is the limit once more, but for those in Chosen
	Chosen      int           // how many of them were granted to a chosen time
	Granted     time.Duration // what those have added together, in the unit of the limit
	Step        int           // the next ladder step, of a clock that is not the case's present one
	Length      time.Duration // budget of a stage clock that was paused once
	Spent       Spent
	Fired       FiredSteps // steps that have fired, where Step does not tell; "" = the first steps of the ladder, up to Step
}

// Spent is the time used before Since, counted in each unit, so that a change of the unit loses nothing.
type Spent struct{ Hours, WorkHours, WorkDays, Days time.Duration }

// On is the time used, counted in a unit.
func (s *Spent) On(u calendar.Unit) *time.Duration {
	switch u {
	case calendar.Hours, calendar.Minutes:
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

// FiredSteps is the stored form of the steps of a ladder that have fired, from the lowest on, by their times alone.
// Example: "50%, 80%, overdue 4 work_hours, every 1 days". A clock carries it when the index of the next step says too
// little, because the ladder that the index counts on may be gone. "" is none. Records hold it: every form that was
// ever written stays readable.
type FiredSteps string

// Case.Rule of an owner that no rule of the city decided.
const (
	ByHand      = "by hand"     // a dispatcher chose the owner
	Recorded    = "as recorded" // a past record without a position names the owner
	BySuccessor = "revision"    // the successor of an owner that a revision of the city removed
)
