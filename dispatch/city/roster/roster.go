// Package roster answers who is on duty: people, their posts by shift, absences and covers, and the chain of
// superiors. The package is pure: every query takes the instant.
package roster

import (
	"regexp"
	"time"

	"wangge/dispatch/city/calendar"
)

// PersonID names a person. Example: "p-230102-01".
type PersonID string

// PostID names a duty at a unit. Example: "dispatcher@area:230102".
type PostID string

// UnitKind is the kind of a unit.
type UnitKind int

// Unit kinds; zero is unset.
const (
	UnitUnknown UnitKind = iota
	UnitArea
	UnitDepartment
	UnitSection
	UnitPoint
)

// Unit is an area, department, section or point. Text form: "area:230102", "department:GREEN".
type Unit struct {
	Kind UnitKind
	ID   string
}

// Role is a duty. The set is closed: see Roles.
type Role string

// Roles of the trade.
const (
	Leader     Role = "leader"      // 领导
	Owner      Role = "owner"       // 责任人
	DutyChief  Role = "duty_chief"  // 值班长
	Acceptor   Role = "acceptor"    // 受理员
	Dispatcher Role = "dispatcher"  // 派遣员
	Handler    Role = "handler"     // 处置人员
	Inspector  Role = "inspector"   // 监督员
	Checker    Role = "checker"     // 核查员
	Patron     Role = "patron"      // 包保领导: a person of the unit above who answers for this unit
	Deputy     Role = "deputy"      // 分管领导: the deputy in charge of the matters of a unit
	Arbiter    Role = "arbiter"     // 裁定员: rules which unit is accountable, when units dispute
	GridOffice Role = "grid_office" // 网格办: maintains the city directory; at the city itself only
)

// Person can hold posts and be notified.
type Person struct {
	ID                    PersonID
	Name, Phone, Language string
	Email                 string    // "" = none
	WeCom                 string    // user id in the city's WeCom (企业微信); "" = none
	ActiveFrom, ActiveTo  time.Time // [from, to); zero = open
}

// phone matches common ways to write a number.
var phone = regexp.MustCompile(`^\+?[0-9][0-9 ()-]{4,20}$`)

// ValidPhone reports whether a phone number is usable.
func ValidPhone(number string) bool { return phone.MatchString(number) }

// weCom matches the user ids that WeCom allows. "|" separates ids there and "@all" means everybody: neither matches.
var weCom = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$`)

// ValidWeCom reports whether a text is the WeCom user id of one person.
func ValidWeCom(id string) bool { return weCom.MatchString(id) }

// Holding is one row of posts.csv: a person at a post, by rank and shift.
type Holding struct {
	Post     PostID
	Unit     Unit
	Role     Role
	Person   PersonID
	Rank     int    // 1 first; substitutes follow in ascending order
	Shift    string // "" = always
	From, To time.Time
}

// Shift is a weekly pattern of duty within a season. A shift whose To is not after From crosses midnight: its early
// hours belong to the day on which the shift began. If From and To are equal, the shift lasts 24 hours. Example: on
// duty from 08:30 of Saturday to 08:30 of Sunday.
type Shift struct {
	ID       string
	Weekdays [7]bool       // time.Weekday order
	From, To time.Duration // since midnight, wall clock of the city
	Season   calendar.Season
}

// Absence takes a person off every post for [From, To). Cover takes over these posts in the shifts of the absent
// person and before any substitute, unless Cover is inactive or absent, too.
type Absence struct {
	Person   PersonID
	From, To time.Time
	Reason   string
	Cover    PersonID // "" = the next by rank
}
