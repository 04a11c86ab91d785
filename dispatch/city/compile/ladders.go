package compile

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

// ladderSteps bounds the steps of a policy, repeats included.
const ladderSteps = 32

// Names of the built-in policies.
const (
	defaultLadder = "default"
	officeLadder  = "office"
)

// builtIn fills in the policies that ladders.yaml leaves out: the default one and, with it, one for the stages at which the
// owner does not act. Neither reaches the city leader: that takes a step of the city's own.
func (l *loader) builtIn() {
	if _, own := l.c.Policies[defaultLadder]; own {
		return
	}
	late := city.Step{AtPercent: 150, Light: "red", Recipients: []string{"deputy", "patron"}}
	steps := []city.Step{
		{AtPercent: 50, Light: "green", Recipients: []string{"owner"}},
		{AtPercent: 80, Light: "yellow", Recipients: []string{"owner"}},
		{AtPercent: 100, Light: "red", Recipients: []string{"owner", "unit_leader"}},
	}
	office := slices.Concat(steps[1:], []city.Step{{AtPercent: 150, Light: "red", Recipients: []string{"deputy"}}})
	if below := l.c.Levels[1:]; len(below) > 0 { // of the district, and of the street below where there is one
		late.Recipients = append(late.Recipients, "level:"+below[min(1, len(below)-1)])
		steps = append(steps, late, city.Step{AtPercent: 200, Light: "red", Recipients: []string{"level:" + below[0]}})
	} else {
		steps = append(steps, late)
	}
	l.c.Policies[defaultLadder] = city.EscalationPolicy{Name: defaultLadder, Steps: steps}
	if _, taken := l.c.Policies[officeLadder]; !taken {
		l.c.Policies[officeLadder] = city.EscalationPolicy{Name: officeLadder, For: city.PolicyCases{Stages: city.OfficeStages}, Steps: office}
		l.c.PolicyOrder = append(l.c.PolicyOrder, officeLadder)
	}
}

type stepYAML struct {
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

// mostLadders bounds the policies of a city.
const mostLadders = 100

// ladders reads ladders.yaml. Policies are tried in the order of the file, the default one last.
func (l *loader) ladders() {
	var y struct{ Ladders []ladderYAML }
	l.yaml(laddersFile, false, &y)
	if len(y.Ladders) > mostLadders {
		l.Add(laddersFile, 0, i18n.F("%[1]d ladders; at most %[2]d are read", "共 %[1]d 条升级规则，最多读取 %[2]d 个", len(y.Ladders), mostLadders), i18n.F("let one ladder serve more categories, stages or owners", "请让一条升级规则适用于更多类别、阶段或责任人"))
		y.Ladders = y.Ladders[:mostLadders]
	}
	var doc *yaml.Node
	if len(y.Ladders) > 0 {
		doc = l.document(laddersFile)
	}
	for i, in := range y.Ladders {
		at := position{l: l, doc: doc, name: in.Name, path: []any{"ladders", i}}
		out := city.EscalationPolicy{Name: in.Name, For: l.ladderCases(in, at.under("for")), Steps: l.steps(in.Steps, at.under("steps"))}
		if n, at := in.Nudge, at.under("nudge"); n.After != "" || n.Whom != "" || n.AtMost != 0 {
			out.Reminder = city.Reminder{
				After: span(n.After, at.under("after")), Recipients: l.recipients(n.Whom, at.under("whom")), AtMost: n.AtMost,
				WorkingTimeOnly: workingTimeOnly(n.Hold, at.under("hold")),
			}
			if n.AtMost < 1 || n.AtMost > ladderSteps {
				at.under("at_most").report(i18n.F("nudge: at_most %d is not within 1 to %d", "nudge：at_most %d 不在 1 到 %d 之间", n.AtMost, ladderSteps), i18n.F("write nudge: {after: 1 work_days, whom: owner, at_most: 3}", "请写 nudge: {after: 1 work_days, whom: owner, at_most: 3}"))
			}
		}
		if in.Name == "" {
			at.report(i18n.F("it has no name", "没有名称"), i18n.F("write name: default, or a name of its own", "请写 name: default 或其他名称"))
		}
		if len(in.Steps) == 0 {
			at.report(i18n.F("it has no steps", "没有级别"), i18n.F("write steps: [{at_percent: 100, light: red, whom: superior}]", "请写 steps: [{at_percent: 100, light: red, whom: superior}]"))
		}
		if _, twice := l.c.Policies[in.Name]; twice && in.Name != "" {
			at.under("name").report(i18n.F("its name is used twice", "名称重复"), i18n.F("give it a name of its own, or put its steps into the other one", "请另取名称，或并入同名升级规则"))
		}
		chosen := len(in.For.Categories)+len(in.For.Severities)+len(in.For.Stages)+len(in.For.Owners) > 0
		if chosen == (in.Name == defaultLadder) {
			at.under("for").report(i18n.F("it is used by nothing: the ladder for all cases is called default, any other says for which it is", "不会被使用：通用升级规则名为 default，其他升级规则须说明适用案件"),
				i18n.F("call it default without for, or write for: {severities: [A]}", "请命名为 default 且不写 for，或写 for: {severities: [A]}"))
		}
		l.c.Policies[in.Name] = out
		if in.Name != defaultLadder {
			l.c.PolicyOrder = append(l.c.PolicyOrder, in.Name)
		}
	}
	l.builtIn()
}

// position is a position in ladders.yaml, by keys and indexes, for diagnostics.
type position struct {
	l    *loader
	doc  *yaml.Node
	name string // name of the policy
	path []any
}

func (s position) under(path ...any) position {
	s.path = append(slices.Clip(s.path), path...)
	return s
}

// line is the line of the position; 0 while the file can't be parsed.
func (s position) line() int {
	if s.doc == nil {
		return 0
	}
	return diag.At(s.doc, s.path...)
}

func (s position) report(message, suggestion i18n.Text) {
	s.l.Add(laddersFile, s.line(), i18n.Text{En: "ladder " + s.name + ": " + message.En, Zh: "升级规则 " + s.name + "：" + message.Zh}, suggestion)
}

func (l *loader) ladderCases(in ladderYAML, at position) city.PolicyCases {
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
		for _, term := range p.Idle(l.c.Categories) {
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
		if !slices.Contains([]string{"block", "line", "point"}, o) && (err != nil || !l.c.Exists(u)) {
			bad("owners", i, "owner", o, i18n.F("write block, line, point, area:ID or department:ID", "请填写 block、line、point、area:编号 或 department:编号"))
		}
	}
	return out
}

// steps reads the steps of a policy with their repeats, up to the bound of a policy.
func (l *loader) steps(in []stepYAML, at position) (out []city.Step) {
	percent := -1
	for i, s := range in {
		at := at.under(i)
		if len(out) == ladderSteps {
			at.report(i18n.F("step %[1]d comes after %[2]d steps, repeats included; this and what follows is not read", "第 %[1]d 级之前（含重复）已有 %[2]d 级，此级及之后不再读取", i+1, len(out)),
				i18n.F("write at most %d steps: drop some, or lower at_most", "最多 %d 级：请删减级别或减小 at_most", ladderSteps))
			return out
		}
		out = append(out, l.step(s, i, at)...)
		if len(out) > ladderSteps {
			at.under("repeat", "at_most").report(i18n.F("%d steps with their repeats, at most %d", "含重复共 %d 级，最多 %d 级", len(out), ladderSteps), i18n.F("lower at_most", "请减小 at_most"))
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
func (l *loader) step(s stepYAML, i int, at position) []city.Step {
	out := city.Step{
		Light: s.Light, Recipients: l.recipients(s.Whom, at.under("whom")), Channels: items(s.By),
		WorkingTimeOnly: workingTimeOnly(s.Hold, at.under("hold")), Line: at.line(),
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
		n, out.After = n+1, span(s.After, at.under("after"))
	}
	if s.Overdue != "" {
		n, out.Overdue = n+1, span(s.Overdue, at.under("overdue_by"))
	}
	if n != 1 {
		at.report(i18n.F("step %[1]d says %[2]d times when it comes", "第 %[1]d 级的时间写了 %[2]d 次", i+1, n), i18n.F("write one of at_percent: 80, after: 4 work_hours, overdue_by: 24h", "请写 at_percent: 80、after: 4 work_hours、overdue_by: 24h 之一"))
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
		again.AtPercent, again.After, again.Overdue, again.Every = 0, city.Delay{}, city.Delay{}, span(s.Repeat.Every, at.under("every"))
		if s.Repeat.AtMost < 1 || s.Repeat.AtMost > ladderSteps {
			at.under("at_most").report(i18n.F("step %[1]d repeats without an end: at_most %[2]d", "第 %[1]d 级重复没有尽头：at_most %[2]d", i+1, s.Repeat.AtMost), i18n.F("write repeat: {every: 1 work_days, at_most: 5}", "请写 repeat: {every: 1 work_days, at_most: 5}"))
			return steps
		}
		for range s.Repeat.AtMost {
			steps = append(steps, again)
		}
	}
	return steps
}

func span(s string, at position) city.Delay {
	out, err := city.ParseDelay(s)
	if err != nil {
		at.report(i18n.F("%q is no span from one minute to ten years", "%q 不是一分钟至十年的时长", s), i18n.F("write 90m, 36h, 4 work_hours, 2 work_days or 3 days", "请写 90m、36h、4 work_hours、2 work_days 或 3 days"))
	}
	return out
}

func (l *loader) recipients(s string, at position) []string {
	out := items(s)
	for _, w := range out {
		if !l.c.ValidRecipient(w) {
			at.report(i18n.F("whom %q is unknown", "对象 %q 未知", w), i18n.F("write %s", "请填写 %s", city.RecipientForms))
		}
	}
	if len(out) == 0 {
		at.report(i18n.F("a step tells nobody", "有一级未指定对象"), i18n.F("write whom: owner", "请写 whom: owner"))
	}
	return out
}

// workingTimeOnly reads when a step may notify.
func workingTimeOnly(s string, at position) bool {
	if s != "" && s != "working_time" && s != "no" {
		at.report(i18n.F("hold %q is unknown", "hold %q 未知", s), i18n.F("write working_time, or no", "请填写 working_time 或 no"))
	}
	return s == "working_time"
}

// items splits a comma-separated list.
func items(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '，' || r == '、' })
}
