package city

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"wangge/dispatch/calendar"
	"wangge/dispatch/catalog"
	"wangge/dispatch/fault"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"
)

// Ladder is what happens while nobody acts: steps that tell people, each once, in order. It ends with
// its last step. After that the case stays on the list of whoever was told last, until it is closed,
// and nobody is told again.
type Ladder struct {
	Name  string
	For   LadderCases
	Steps []Step
	Nudge Nudge
}

// LadderCases says which cases a ladder is for. An empty list asks for nothing.
type LadderCases struct {
	Categories []catalog.Pattern
	Severities []catalog.Severity
	Stages     []string // the stage in which the clock begins: see LadderStages
	Owners     []string // "block", "line", "point", or a unit: itself and what lies below
}

// LadderStages are the stages whose clock a ladder may be for. Handling goes on with the clock, and
// so with the ladder, of dispatched.
var LadderStages = []string{"reported", "verifying", "accepted", "filed", "dispatched", "checking", "returned", "arbitration"}

// Step is one rung. Exactly one of AtPercent, After, Overdue and Every says when; a step is never
// before the one below it.
type Step struct {
	AtPercent int  // share of the limit, in the clock of the limit
	After     Span // since the clock began
	Overdue   Span // since the deadline
	Every     Span // since the step below
	Light     string
	Whom      []string // see Whoms; whoever of them is found is told
	By        []string // channels: see Channels; empty = each that a server has
	Hold      bool     // told in working time only, unless severity A
}

// Nudge reminds of a case that its owner has and nobody touches. The zero Nudge reminds of nothing.
type Nudge struct {
	After  Span // since anybody acted, or since the last nudge
	Whom   []string
	AtMost int // nudges in a row
	Hold   bool
}

// Span is a length of time: so long by the wall clock, or a limit of the calendar.
type Span struct {
	Wall  time.Duration
	Limit calendar.Limit
}

// Set reports whether the span is one.
func (s Span) Set() bool { return s != Span{} }

func (s Span) String() string {
	if s.Wall > 0 {
		return s.Wall.String()
	}
	return s.Limit.String()
}

// longest bounds a span: ten years.
const longest = 10 * 366 * 24 * time.Hour

// ParseSpan reads "90m", "36h" or a limit as in "4 work_hours", "2 work_days", "3 days".
func ParseSpan(s string) (Span, error) {
	n, unit, ok := strings.Cut(strings.TrimSpace(s), " ")
	if !ok {
		d, err := time.ParseDuration(s)
		if err != nil || d < time.Minute || d > longest {
			return Span{}, fmt.Errorf("%q is no span from one minute to ten years", s)
		}
		return Span{Wall: d}, nil
	}
	u, err := calendar.ParseUnit(unit)
	k, bad := strconv.Atoi(n)
	if err != nil || bad != nil || k < 1 || k > calendar.MaxN {
		return Span{}, fmt.Errorf("%q is no span of 1 to %d hours, work_hours, work_days or days", s, calendar.MaxN)
	}
	return Span{Limit: calendar.Limit{N: k, Unit: u}}, nil
}

// Whoms says what a step's whom may be, for messages.
const Whoms = "owner, handler, co_owners, superior, superior_2 … superior_9, city_leader, level:LEVEL, a role as in dispatcher, post:ROLE@UNIT"

// Channels are the ways a notice can go.
var Channels = []string{"log", "email", "webhook"}

// ladderSteps bounds a ladder, repeats included.
const ladderSteps = 32

// defaultSteps is the ladder of a city that has no ladders.yaml (domain §4.8).
var defaultSteps = []Step{
	{AtPercent: 50, Light: "green", Whom: []string{"owner"}},
	{AtPercent: 80, Light: "yellow", Whom: []string{"owner"}},
	{AtPercent: 100, Light: "red", Whom: []string{"superior"}},
	{AtPercent: 150, Light: "red", Whom: []string{"superior_2"}},
	{AtPercent: 200, Light: "red", Whom: []string{"city_leader"}},
}

// KnownWhom reports whether text says whom a step may tell in this city.
func (c *City) KnownWhom(text string) bool {
	switch text {
	case "owner", "handler", "co_owners", "superior", "city_leader":
		return true
	}
	if n, ok := strings.CutPrefix(text, "superior_"); ok {
		return len(n) == 1 && n[0] >= '2' && n[0] <= '9'
	}
	if level, ok := strings.CutPrefix(text, "level:"); ok {
		return slices.Contains(c.Levels, level)
	}
	if post, ok := strings.CutPrefix(text, "post:"); ok {
		return len(c.Roster.Holdings(roster.PostID(post))) > 0
	}
	return slices.Contains(roster.Roles, roster.Role(text))
}

type stepYAML struct {
	AtPercent int `yaml:"at_percent"`
	After     string
	Overdue   string `yaml:"overdue_by"`
	Light     string
	Whom      string
	By        string
	Hold      string
	Repeat    struct {
		Every  string
		AtMost int `yaml:"at_most"`
	}
	Note string
}

type ladderYAML struct {
	Name  string
	Note  string
	For   struct{ Categories, Severities, Stages, Owners []string }
	Steps []stepYAML
	Nudge struct {
		After  string
		Whom   string
		AtMost int `yaml:"at_most"`
		Hold   string
	}
}

const laddersFile = "ladders.yaml"

// ladders reads ladders.yaml. Ladders are tried in the order of the file, the default one last.
func (l *loader) ladders() {
	var y struct{ Ladders []ladderYAML }
	l.yaml(laddersFile, false, &y)
	for _, in := range y.Ladders {
		out := Ladder{Name: in.Name, For: l.ladderCases(in)}
		say1 := func(message, suggestion say.Text) {
			l.Add(laddersFile, 0, say.Text{En: "ladder " + in.Name + ": " + message.En, Zh: "阶梯 " + in.Name + "：" + message.Zh}, suggestion)
		}
		for i, s := range in.Steps {
			out.Steps = append(out.Steps, l.step(s, i, say1)...)
		}
		if n := in.Nudge; n.After != "" || n.Whom != "" || n.AtMost != 0 {
			out.Nudge = Nudge{After: l.span(n.After, say1), Whom: l.whoms(n.Whom, say1), AtMost: n.AtMost, Hold: hold(n.Hold, say1)}
			if n.AtMost < 1 || n.AtMost > ladderSteps {
				say1(say.F("nudge: at_most %d is not within 1 to %d", "nudge：at_most %d 不在 1 到 %d 之间", n.AtMost, ladderSteps), say.F("write nudge: {after: 1 work_days, whom: owner, at_most: 3}", "请写 nudge: {after: 1 work_days, whom: owner, at_most: 3}"))
			}
		}
		l.rising(out, say1)
		if len(out.Steps) > ladderSteps {
			say1(say.F("%d steps with their repeats, at most %d", "含重复共 %d 级，最多 %d 级", len(out.Steps), ladderSteps), say.F("lower at_most", "请减小 at_most"))
		}
		if _, twice := l.c.Ladders[in.Name]; twice || len(out.Steps) == 0 || in.Name == "" {
			say1(say.F("it has no steps, no name, or its name is used twice", "没有级别、没有名称或名称重复"), say.F("write steps: [{at_percent: 100, light: red, whom: superior}]", "请写 steps: [{at_percent: 100, light: red, whom: superior}]"))
		}
		if chosen := len(in.For.Categories)+len(in.For.Severities)+len(in.For.Stages)+len(in.For.Owners) > 0; chosen == (in.Name == "default") {
			say1(say.F("it is used by nothing: the ladder for all cases is called default, any other says for which it is", "不会被使用：通用阶梯名为 default，其他阶梯须说明适用案件"),
				say.F("call it default without for, or write for: {severities: [A]}", "请命名为 default 且不写 for，或写 for: {severities: [A]}"))
		}
		l.c.Ladders[in.Name] = out
		if in.Name != "default" {
			l.c.LadderOrder = append(l.c.LadderOrder, in.Name)
		}
	}
	if _, ok := l.c.Ladders["default"]; !ok {
		l.c.Ladders["default"] = Ladder{Name: "default", Steps: defaultSteps}
	}
}

type sayFault func(message, suggestion say.Text)

func (l *loader) ladderCases(in ladderYAML) LadderCases {
	out := LadderCases{Stages: in.For.Stages, Owners: in.For.Owners}
	bad := func(what, value string, suggestion say.Text) {
		l.Add(laddersFile, 0, say.F("ladder %[1]s: %[2]s %[3]q is unknown", "阶梯 %[1]s：%[2]s %[3]q 未知", in.Name, what, value), suggestion)
	}
	for _, text := range in.For.Categories {
		p, err := catalog.ParsePattern(text)
		if err != nil {
			bad("category", text, say.F("%v", "%v", err))
			continue
		}
		for _, term := range p.Idle(l.c.Categories) {
			bad("category", term, say.F("write a code, PREFIX*, class:NAME or *", "请填写代码、前缀*、class:名称 或 *"))
		}
		out.Categories = append(out.Categories, p)
	}
	for _, s := range in.For.Severities {
		i := slices.Index([]string{"A", "B", "C"}, s)
		if i < 0 {
			bad("severity", s, say.F("write A, B or C", "请填写 A、B 或 C"))
			continue
		}
		out.Severities = append(out.Severities, catalog.SeverityA+catalog.Severity(i))
	}
	for _, s := range out.Stages {
		if !slices.Contains(LadderStages, s) {
			bad("stage", s, fault.Meant(s, LadderStages))
		}
	}
	for _, o := range out.Owners {
		u, err := roster.ParseUnit(o)
		if !slices.Contains([]string{"block", "line", "point"}, o) && (err != nil || !l.c.exists(u)) {
			bad("owner", o, say.F("write block, line, point, area:ID or department:ID", "请填写 block、line、point、area:编号 或 department:编号"))
		}
	}
	return out
}

// step reads one step and its repeats.
func (l *loader) step(s stepYAML, i int, note sayFault) []Step {
	out := Step{AtPercent: s.AtPercent, Light: s.Light, Whom: l.whoms(s.Whom, note), By: items(s.By), Hold: hold(s.Hold, note)}
	n := 0
	if s.AtPercent != 0 {
		n++
		if s.AtPercent < 1 || s.AtPercent > calendar.MaxPercent {
			note(say.F("step %[1]d at %[2]d %%", "第 %[1]d 级为 %[2]d %%", i+1, s.AtPercent), say.F("write a share from 1 to %d", "请填写 1 至 %d 的比例", calendar.MaxPercent))
		}
	}
	if s.After != "" {
		n, out.After = n+1, l.span(s.After, note)
	}
	if s.Overdue != "" {
		n, out.Overdue = n+1, l.span(s.Overdue, note)
	}
	if n != 1 {
		note(say.F("step %[1]d says %[2]d times when it comes", "第 %[1]d 级的时间写了 %[2]d 次", i+1, n), say.F("write one of at_percent: 80, after: 4 work_hours, overdue_by: 24h", "请写 at_percent: 80、after: 4 work_hours、overdue_by: 24h 之一"))
	}
	if !slices.Contains([]string{"green", "yellow", "red"}, s.Light) {
		note(say.F("light %q is unknown", "灯色 %q 未知", s.Light), say.F("write green, yellow or red", "请填写 green、yellow 或 red"))
	}
	for _, ch := range out.By {
		if !slices.Contains(Channels, ch) {
			note(say.F("channel %q is unknown", "渠道 %q 未知", ch), fault.Meant(ch, Channels))
		}
	}
	steps := []Step{out}
	if s.Repeat.Every != "" || s.Repeat.AtMost != 0 {
		again := out
		again.AtPercent, again.After, again.Overdue, again.Every = 0, Span{}, Span{}, l.span(s.Repeat.Every, note)
		if s.Repeat.AtMost < 1 || s.Repeat.AtMost > ladderSteps {
			note(say.F("step %[1]d repeats without an end: at_most %[2]d", "第 %[1]d 级重复没有尽头：at_most %[2]d", i+1, s.Repeat.AtMost), say.F("write repeat: {every: 1 work_days, at_most: 5}", "请写 repeat: {every: 1 work_days, at_most: 5}"))
			return steps
		}
		for range s.Repeat.AtMost {
			steps = append(steps, again)
		}
	}
	return steps
}

// rising checks that steps of one kind follow each other.
func (l *loader) rising(out Ladder, note sayFault) {
	percent := 0
	for i, s := range out.Steps {
		if s.AtPercent == 0 {
			continue
		}
		if s.AtPercent <= percent {
			note(say.F("step %[1]d at %[2]d %% does not rise", "第 %[1]d 级 %[2]d %% 未递增", i+1, s.AtPercent), say.F("write rising shares from 1 to %d", "请填写 1 至 %d 之间递增的比例", calendar.MaxPercent))
		}
		percent = s.AtPercent
	}
}

func (l *loader) span(s string, note sayFault) Span {
	out, err := ParseSpan(s)
	if err != nil {
		note(say.F("%v", "%v", err), say.F("write 90m, 36h, 4 work_hours, 2 work_days or 3 days", "请写 90m、36h、4 work_hours、2 work_days 或 3 days"))
	}
	return out
}

func (l *loader) whoms(s string, note sayFault) []string {
	out := items(s)
	for _, w := range out {
		if !l.c.KnownWhom(w) {
			note(say.F("whom %q is unknown", "对象 %q 未知", w), say.F("write %s", "请填写 %s", Whoms))
		}
	}
	if len(out) == 0 {
		note(say.F("a step tells nobody", "有一级未指定对象"), say.F("write whom: owner", "请写 whom: owner"))
	}
	return out
}

// hold reads when a step may disturb.
func hold(s string, note sayFault) bool {
	if s != "" && s != "working_time" && s != "no" {
		note(say.F("hold %q is unknown", "hold %q 未知", s), say.F("write working_time, or no", "请填写 working_time 或 no"))
	}
	return s == "working_time"
}

// items splits a list with commas.
func items(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '，' || r == '、' })
}

// LadderFor chooses the ladder of a clock that begins: the first that is for such a case.
func (c *City) LadderFor(code catalog.Code, severity catalog.Severity, stage string, kind catalog.OwnerKind, owner roster.Unit) string {
	cat := c.Categories[code]
	for _, name := range c.LadderOrder {
		f := c.Ladders[name].For
		if (len(f.Categories) == 0 || cat != nil && slices.ContainsFunc(f.Categories, func(p catalog.Pattern) bool { return p.Covers(cat) })) &&
			(len(f.Severities) == 0 || slices.Contains(f.Severities, severity)) &&
			(len(f.Stages) == 0 || slices.Contains(f.Stages, stage)) &&
			(len(f.Owners) == 0 || slices.ContainsFunc(f.Owners, func(o string) bool { return c.owned(o, kind, owner) })) {
			return name
		}
	}
	return "default"
}

// owned reports whether an owner is of a kind, or lies in a unit.
func (c *City) owned(text string, kind catalog.OwnerKind, owner roster.Unit) bool {
	if i := slices.Index([]string{"block", "line", "point"}, text); i >= 0 {
		return kind == catalog.OwnerBlock+catalog.OwnerKind(i)
	}
	u, err := roster.ParseUnit(text)
	for ok := err == nil && owner != (roster.Unit{}); ok; owner, ok = c.Parent(owner) {
		if owner == u {
			return true
		}
	}
	return false
}
