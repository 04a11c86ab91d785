// Package ladders compiles ladders.yaml of a city directory: who is told, step by step, when a case takes too long.
package ladders

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// File is the file of the escalation policies.
const File = "ladders.yaml"

// Bounds: the policies of a city, and the steps of a policy, repeats included.
const (
	mostLadders = 100
	mostSteps   = 32
)

// Names of the built-in policies.
const (
	byDefault = "default"
	inOffice  = "office"
)

// Ladder is the form of a city.EscalationPolicy in ladders.yaml.
type Ladder struct {
	Name  string
	Note  string
	For   struct{ Categories, Severities, Stages, Owners []string }
	Steps []Step
	Nudge struct {
		After  string
		Whom   string
		AtMost int `yaml:"at_most"`
		Hold   string
	}
}

// Step is a step of a Ladder.
type Step struct {
	AtPercent share `yaml:"at_percent"`
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

// share is a share of a limit in percent, or none: 0 is a share, too.
type share struct {
	percent int
	given   bool
}

// UnmarshalYAML reads a number. A value of another type is no share.
func (s *share) UnmarshalYAML(node *yaml.Node) error {
	err := node.Decode(&s.percent)
	s.given = err == nil
	return err
}

// Policies compiles the ladders into the policies of c, with a diagnostic in list for everything that cannot be used. c holds
// the categories, areas and departments; doc is ladders.yaml, for the lines of diagnostics, and may be nil.
// Policies are tried in the order of the file, the default one last.
func Policies(c *city.City, ladders []Ladder, doc *yaml.Node, list *diag.List) {
	if len(ladders) > mostLadders {
		list.Add(File, 0, i18n.F("%[1]d ladders; at most %[2]d are read", "共 %[1]d 条升级规则，最多读取 %[2]d 个", len(ladders), mostLadders),
			i18n.F("let one ladder serve more categories, stages or owners", "请让一条升级规则适用于更多类别、阶段或责任人"))
		ladders = ladders[:mostLadders]
	}
	for i, in := range ladders {
		at := position{c: c, list: list, doc: doc, name: in.Name, path: []any{"ladders", i}}
		out := city.EscalationPolicy{Name: in.Name, For: at.under("for").cases(&in), Steps: at.under("steps").steps(in.Steps)}
		if n, at := in.Nudge, at.under("nudge"); n.After != "" || n.Whom != "" || n.AtMost != 0 {
			out.Reminder = city.Reminder{
				After: at.under("after").span(n.After), Recipients: at.under("whom").recipients(n.Whom), AtMost: n.AtMost,
				WorkingTimeOnly: at.under("hold").workingTimeOnly(n.Hold),
			}
			if n.AtMost < 1 || n.AtMost > mostSteps {
				at.under("at_most").report(i18n.F("nudge: at_most %d is not within 1 to %d", "nudge：at_most %d 不在 1 到 %d 之间", n.AtMost, mostSteps), i18n.F("write nudge: {after: 1 work_days, whom: owner, at_most: 3}", "请写 nudge: {after: 1 work_days, whom: owner, at_most: 3}"))
			}
		}
		if in.Name == "" {
			at.report(i18n.F("it has no name", "没有名称"), i18n.F("write name: default, or a name of its own", "请写 name: default 或其他名称"))
		}
		if len(in.Steps) == 0 {
			at.report(i18n.F("it has no steps", "没有级别"), i18n.F("write steps: [{at_percent: 100, light: red, whom: superior}]", "请写 steps: [{at_percent: 100, light: red, whom: superior}]"))
		}
		if _, twice := c.Policies[in.Name]; twice && in.Name != "" {
			at.under("name").report(i18n.F("its name is used twice", "名称重复"), i18n.F("give it a name of its own, or put its steps into the other one", "请另取名称，或并入同名升级规则"))
		}
		chosen := len(in.For.Categories)+len(in.For.Severities)+len(in.For.Stages)+len(in.For.Owners) > 0
		if chosen == (in.Name == byDefault) {
			at.under("for").report(i18n.F("it is used by nothing: the ladder for all cases is called default, any other says for which it is", "不会被使用：通用升级规则名为 default，其他升级规则须说明适用案件"),
				i18n.F("call it default without for, or write for: {severities: [A]}", "请命名为 default 且不写 for，或写 for: {severities: [A]}"))
		}
		c.Policies[in.Name] = out
		if in.Name != byDefault {
			c.PolicyOrder = append(c.PolicyOrder, in.Name)
		}
	}
	builtIn(c)
}

// builtIn fills in the policies that ladders.yaml leaves out: the default one and, with it, one for the stages at which the
// owner does not act. Neither reaches the city leader: that takes a step of the city's own.
func builtIn(c *city.City) {
	if _, own := c.Policies[byDefault]; own {
		return
	}
	late := city.Step{AtPercent: 150, Light: "red", Recipients: []string{"deputy", "patron"}}
	steps := []city.Step{
		{AtPercent: 50, Light: "green", Recipients: []string{"owner"}},
		{AtPercent: 80, Light: "yellow", Recipients: []string{"owner"}},
		{AtPercent: 100, Light: "red", Recipients: []string{"owner", "unit_leader"}},
	}
	office := slices.Concat(steps[1:], []city.Step{{AtPercent: 150, Light: "red", Recipients: []string{"deputy"}}})
	if below := c.Levels[1:]; len(below) > 0 { // of the district, and of the street below where there is one
		late.Recipients = append(late.Recipients, "level:"+below[min(1, len(below)-1)])
		steps = append(steps, late, city.Step{AtPercent: 200, Light: "red", Recipients: []string{"level:" + below[0]}})
	} else {
		steps = append(steps, late)
	}
	c.Policies[byDefault] = city.EscalationPolicy{Name: byDefault, Steps: steps}
	if _, taken := c.Policies[inOffice]; !taken {
		c.Policies[inOffice] = city.EscalationPolicy{Name: inOffice, For: city.PolicyCases{Stages: city.OfficeStages}, Steps: office}
		c.PolicyOrder = append(c.PolicyOrder, inOffice)
	}
}

// position is a position in ladders.yaml, by keys and indexes, for diagnostics.
type position struct {
	c    *city.City
	list *diag.List
	doc  *yaml.Node
	name string // name of the policy
	path []any
}

func (at position) under(path ...any) position {
	at.path = append(slices.Clip(at.path), path...)
	return at
}

// line is the line of the position; 0 while the file can't be parsed.
func (at position) line() int {
	if at.doc == nil {
		return 0
	}
	return diag.At(at.doc, at.path...)
}

func (at position) report(message, suggestion i18n.Text) {
	at.list.Add(File, at.line(), i18n.Text{En: "ladder " + at.name + ": " + message.En, Zh: "升级规则 " + at.name + "：" + message.Zh}, suggestion)
}

// cases reads for which cases a policy is.
func (at position) cases(in *Ladder) city.PolicyCases {
	out := city.PolicyCases{Stages: in.For.Stages, Owners: in.For.Owners}
	bad := func(key string, i int, what, value string, suggestion i18n.Text) {
		at.under(key, i).report(i18n.F("%[1]s %[2]q is unknown", "%[1]s %[2]q 未知", what, value), suggestion)
	}
	for i, text := range in.For.Categories {
		p, err := catalog.ParsePattern(text)
		if err != nil {
			bad("categories", i, "category", text, i18n.F("write a code, PREFIX*, class:NAME or *", "请填写代码、前缀*、class:名称 或 *"))
			continue
		}
		for _, term := range p.Idle(at.c.Categories) {
			bad("categories", i, "category", term, i18n.F("write a code, PREFIX*, class:NAME or *", "请填写代码、前缀*、class:名称 或 *"))
		}
		out.Categories = append(out.Categories, p)
	}
	for i, s := range in.For.Severities {
		n := slices.Index([]string{"A", "B", "C"}, s)
		if n < 0 {
			bad("severities", i, "severity", s, i18n.F("write A, B or C", "请填写 A、B 或 C"))
			continue
		}
		out.Severities = append(out.Severities, catalog.SeverityA+catalog.Severity(n))
	}
	for i, s := range out.Stages {
		if !slices.Contains(city.PolicyStages, s) {
			bad("stages", i, "stage", s, diag.Suggest(s, city.PolicyStages))
		}
	}
	for i, o := range out.Owners {
		u, err := roster.ParseUnit(o)
		if !slices.Contains([]string{"block", "line", "point"}, o) && (err != nil || !at.c.Exists(u)) {
			bad("owners", i, "owner", o, i18n.F("write block, line, point, area:ID or department:ID", "请填写 block、line、point、area:编号 或 department:编号"))
		}
	}
	return out
}

// steps reads the steps of a policy with their repeats, up to the bound of a policy.
func (at position) steps(in []Step) (out []city.Step) {
	percent := -1
	for i, s := range in {
		at := at.under(i)
		if len(out) == mostSteps {
			at.report(i18n.F("step %[1]d comes after %[2]d steps, repeats included; this and what follows is not read", "第 %[1]d 级之前（含重复）已有 %[2]d 级，此级及之后不再读取", i+1, len(out)),
				i18n.F("write at most %d steps: drop some, or lower at_most", "最多 %d 级：请删减级别或减小 at_most", mostSteps))
			return out
		}
		out = append(out, at.step(s, i)...)
		if len(out) > mostSteps {
			at.under("repeat", "at_most").report(i18n.F("%d steps with their repeats, at most %d", "含重复共 %d 级，最多 %d 级", len(out), mostSteps), i18n.F("lower at_most", "请减小 at_most"))
			return out
		}
		if !s.AtPercent.given {
			continue
		}
		if s.AtPercent.percent <= percent {
			at.under("at_percent").report(i18n.F("step %[1]d at %[2]d %% does not rise", "第 %[1]d 级 %[2]d %% 未递增", i+1, s.AtPercent.percent), i18n.F("write rising shares from 0 to %d", "请填写 0 至 %d 之间递增的比例", calendar.MaxPercent))
		}
		percent = max(percent, s.AtPercent.percent)
	}
	return out
}

// step reads one step and its repeats.
func (at position) step(s Step, i int) []city.Step {
	out := city.Step{
		Light: s.Light, Recipients: at.under("whom").recipients(s.Whom), Channels: items(s.By),
		WorkingTimeOnly: at.under("hold").workingTimeOnly(s.Hold), Line: at.line(),
	}
	n := 0
	if s.AtPercent.given {
		n, out.AtPercent = n+1, s.AtPercent.percent
		if out.AtPercent < 0 || out.AtPercent > calendar.MaxPercent {
			at.under("at_percent").report(i18n.F("step %[1]d at %[2]d %%", "第 %[1]d 级为 %[2]d %%", i+1, out.AtPercent), i18n.F("write a share from 0 to %d; 0 is at once", "请填写 0 至 %d 的比例，0 表示立即", calendar.MaxPercent))
		}
		if out.AtPercent == 0 && i > 0 {
			at.under("at_percent").report(i18n.F("step %d at 0 %% comes after another step", "第 %d 级为 0 %%，却排在其他级之后", i+1), i18n.F("write the step at 0 %% first: it fires when the clock starts", "请把 0 %% 的一级写在最前：计时开始时即触发"))
		}
	}
	if s.After != "" {
		n, out.After = n+1, at.under("after").span(s.After)
	}
	if s.Overdue != "" {
		n, out.Overdue = n+1, at.under("overdue_by").span(s.Overdue)
	}
	if n != 1 {
		at.report(i18n.F("step %[1]d says %[2]d {time|times} when it comes", "第 %[1]d 级的时间写了 %[2]d 次", i+1, n), i18n.F("write one of at_percent: 80, after: 4 work_hours, overdue_by: 24h", "请写 at_percent: 80、after: 4 work_hours、overdue_by: 24h 之一"))
	}
	if !slices.Contains([]string{"green", "yellow", "red"}, s.Light) {
		at.under("light").report(i18n.F("light %q is unknown", "灯色 %q 未知", s.Light), i18n.F("write green, yellow or red", "请填写 green、yellow 或 red"))
	}
	for _, ch := range out.Channels {
		if !slices.Contains(city.Channels, ch) {
			at.under("by").report(i18n.F("channel %q is unknown", "渠道 %q 未知", ch), diag.Suggest(ch, city.Channels))
		}
	}
	steps := []city.Step{out}
	if at := at.under("repeat"); s.Repeat.Every != "" || s.Repeat.AtMost != 0 {
		again := out
		again.AtPercent, again.After, again.Overdue, again.Every = 0, city.Delay{}, city.Delay{}, at.under("every").span(s.Repeat.Every)
		if s.Repeat.AtMost < 1 || s.Repeat.AtMost > mostSteps {
			at.under("at_most").report(i18n.F("step %[1]d repeats without an end: at_most %[2]d", "第 %[1]d 级重复没有尽头：at_most %[2]d", i+1, s.Repeat.AtMost), i18n.F("write repeat: {every: 1 work_days, at_most: 5}", "请写 repeat: {every: 1 work_days, at_most: 5}"))
			return steps
		}
		for range s.Repeat.AtMost {
			steps = append(steps, again)
		}
	}
	return steps
}

// span reads a length of time.
func (at position) span(s string) city.Delay {
	out, err := city.ParseDelay(s)
	if err != nil {
		at.report(i18n.F("%q is no span from one minute to ten years", "%q 不是一分钟至十年的时长", s), i18n.F("write 90m, 36h, 4 work_hours, 2 work_days or 3 days", "请写 90m、36h、4 work_hours、2 work_days 或 3 days"))
	}
	return out
}

// recipients reads whom a step tells.
func (at position) recipients(s string) []string {
	out := items(s)
	for _, w := range out {
		if !at.c.ValidRecipient(w) {
			at.report(i18n.F("whom %q is unknown", "对象 %q 未知", w), i18n.F("write %s", "请填写 %s", city.RecipientForms))
		}
	}
	if len(out) == 0 {
		at.report(i18n.F("a step tells nobody", "有一级未指定对象"), i18n.F("write whom: owner", "请写 whom: owner"))
	}
	return out
}

// workingTimeOnly reads when a step may notify.
func (at position) workingTimeOnly(s string) bool {
	if s != "" && s != "working_time" && s != "no" {
		at.report(i18n.F("hold %q is unknown", "hold %q 未知", s), i18n.F("write working_time, or no", "请填写 working_time 或 no"))
	}
	return s == "working_time"
}

// items splits a comma-separated list.
func items(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '，' || r == '、' })
}
