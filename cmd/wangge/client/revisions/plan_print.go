package revisions

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/i18n"

	wanggev1 "wangge/api/wangge/v1"
)

// printPlan prints a plan as its messages arrive. It returns cli.ErrFound for a plan that opens a gap, leaves a case to nobody or
// was made against a revision that is no longer active.
func printPlan(c *remote.Server, w io.Writer, next func() (*wanggev1.PlanCityResponse, error), zone *time.Location, limit int) error {
	p := planPrinter{w: w, lang: c.Options.Lang, zone: zone, limit: limit, counts: map[string]int{}}
	stale, removals := false, false
	for {
		m, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		stale = stale || len(m.GetMissed()) > 0
		if c.Options.JSON {
			err = remote.PrintMessage(w, m, zone)
		} else {
			p.message(m)
		}
		if err != nil {
			return err
		}
		removals = removals || len(m.GetRemovals()) > 0
		if t := m.GetTotals(); t != nil && (t.GetOpened() > 0 || undecided(t, removals) > 0 || stale) {
			return cli.ErrFound
		}
	}
}

// undecided is how many open cases a plan leaves to nobody. A server that does not know of successors names no removals: then
// every lost case is undecided.
func undecided(t *wanggev1.PlanTotals, removals bool) int64 {
	if removals {
		return t.GetUndecided()
	}
	return t.GetLost()
}

// planPrinter prints a plan for people: rows under the headings of their lists, then the totals.
type planPrinter struct {
	w        io.Writer
	lang     string
	zone     *time.Location
	limit    int            // most rows of a list
	counts   map[string]int // rows of each list, by its heading in English
	removals bool           // the plan names removals
	moves    []string       // rows of movesHeading, kept back: they arrive between rows of other lists
}

// movesHeading is the heading of the open cases that change.
var movesHeading = i18n.F("open cases that would move", "将变动的未结案件")

// row prints a row of a list, under the heading if it is the first, or counts it if the list is full.
func (p *planPrinter) row(heading i18n.Text, format string, args ...any) {
	if p.counts[heading.En]++; p.counts[heading.En] == 1 {
		fmt.Fprintln(p.w, heading.In(p.lang))
	}
	if p.counts[heading.En] > p.limit {
		return
	}
	for i, a := range args {
		if text, ok := a.(string); ok {
			args[i] = i18n.OneLine(text)
		}
	}
	fmt.Fprintf(p.w, "  "+format+"\n", args...)
}

// message prints the rows of one message, and the totals, which come last.
func (p *planPrinter) message(m *wanggev1.PlanCityResponse) {
	if m.GetCityRevisionBefore() != "" {
		fmt.Fprintf(p.w, "%s -> %s\n", m.GetCityRevisionBefore(), m.GetCityRevisionAfter())
	}
	for _, r := range m.GetMissed() {
		p.row(i18n.F("applied since you planned", "您预览之后已启用"), "%s", revisionLine(r, p.zone, p.lang))
	}
	for _, x := range m.GetChanges() {
		p.row(i18n.F("changes", "变更"), "%s:%d: %s", x.GetFile(), x.GetLine(), x.GetText())
	}
	for _, x := range m.GetGround() {
		p.row(i18n.F("ground", "地界"), "%s", x.GetText())
	}
	for _, x := range m.GetOpened() {
		heading := i18n.F("gaps that open", "新出现的责任空白")
		if x.GetReason() == wanggev1.GapReason_GAP_REASON_UNMET_EXPECTATION {
			heading = i18n.F("expectations that are not met", "未达到的预期")
		}
		p.row(heading, "%s -> %s", x.GetText(), x.GetFix())
	}
	for _, x := range m.GetClosed() {
		p.row(i18n.F("gaps that close", "消除的责任空白"), "%s", x.GetText())
	}
	for _, x := range m.GetChangedGaps() {
		p.row(i18n.F("gaps that stay, of other categories", "仍存在、仅类别有变的责任空白"), "%s -> %s", x.GetText(), x.GetFix())
	}
	for _, x := range m.GetReturnedGaps() {
		p.row(i18n.F("gaps that come back; they stood when this revision decided", "随该版本恢复的责任空白（当时即已存在）"), "%s -> %s", x.GetText(), x.GetFix())
	}
	for _, x := range m.GetIdle() {
		posts := make([]string, len(x.GetPreviousPosts()))
		for i, name := range x.GetPreviousPosts() {
			posts[i] = remote.PostID(name)
		}
		p.row(i18n.F("people left without duty", "不再有职责的人员"), "%s (%s) %s", x.GetDisplayName(), remote.PersonID(x.GetPerson()), strings.Join(posts, " "))
	}
	for _, x := range m.GetRemovals() {
		p.removals = true
		p.removal(x)
	}
	for _, x := range m.GetMoves() {
		lost := x.GetUndecided()
		if !p.removals {
			lost = x.GetLost()
		}
		if len(lost) > 0 {
			p.row(i18n.F("open cases that would be left to nobody", "将无人负责的未结案件"), "%s  %s", x.GetCase(), strings.Join(lost, "; "))
		}
		if line := moveLine(x, p.zone, p.lang); line != "" {
			if p.counts[movesHeading.En]++; p.counts[movesHeading.En] <= p.limit {
				p.moves = append(p.moves, line)
			}
		}
	}
	if t := m.GetTotals(); t != nil {
		p.totals(t)
	}
}

// removal prints something that is removed, a post without a holder, or a successor that decides nothing.
func (p *planPrinter) removal(x *wanggev1.Removal) {
	heading := i18n.F("removed, and open cases name it", "撤销对象及其未结案件")
	what := x.GetName() + " " + x.GetDisplayName()
	switch {
	case x.GetCases() == 0:
		p.row(i18n.F("successors that decide nothing", "不起作用的承接指定"), "%s -> %s: %s", what, x.GetSuccessor(), x.GetText())
		return
	case x.GetFix() != "":
		heading = i18n.F("posts without a holder, platforms and arbiters that are gone, and their open cases", "无人任职的岗位、已撤销的平台和裁定单位及其未结案件")
	}
	text := i18n.F("%[1]s: %[2]d open {case|cases}, %[3]d undecided", "%[1]s：%[2]d 件未结案件，%[3]d 件尚未决定去向", what, x.GetCases(), x.GetUndecided()).In(p.lang)
	if x.GetSuccessor() != "" {
		text += i18n.F(", successor %s", "，由 %s 承接", strings.TrimPrefix(x.GetSuccessor(), "people/")).In(p.lang)
	}
	if x.GetFix() != "" {
		text += i18n.F("; %[1]s -> %[2]s", "；%[1]s -> %[2]s", x.GetText(), x.GetFix()).In(p.lang)
	}
	p.row(heading, "%s", text)
}

// totals prints the moves, how many rows each list has beyond the limit, and the totals.
func (p *planPrinter) totals(t *wanggev1.PlanTotals) {
	if len(p.moves) > 0 {
		fmt.Fprintln(p.w, movesHeading.In(p.lang))
	}
	for _, line := range p.moves {
		fmt.Fprintln(p.w, " ", i18n.OneLine(line))
	}
	for _, heading := range slices.Sorted(maps.Keys(p.counts)) {
		if more := p.counts[heading] - p.limit; more > 0 {
			fmt.Fprintf(p.w, "%s: +%d (--limit)\n", heading, more)
		}
	}
	line := func(en, zh string, args ...any) { fmt.Fprintln(p.w, i18n.F(en, zh, args...).In(p.lang)) }
	line("%[1]d {change|changes}; %[2]d {gap opens|gaps open}, %[3]d {closes|close}; %[4]d {person|people} without duty; %[5]d open {case moves|cases move} (%[6]d {owner|owners}, %[7]d {deadline|deadlines}, %[8]d {ladder|ladders}, %[9]d stuck)",
		"%[1]d 处变更；新增空白 %[2]d、消除 %[3]d；%[4]d 人无职责；%[5]d 件未结案件变动（责任单位 %[6]d、时限 %[7]d、升级规则 %[8]d、无法派遣 %[9]d）",
		t.GetChanges(), t.GetOpened(), t.GetClosed(), t.GetIdle(), t.GetCases(),
		t.GetOwnerMoves(), t.GetDeadlineMoves(), t.GetEscalationMoves(), t.GetStuck())
	if n := undecided(t, p.removals); n > 0 {
		line("%d open {case|cases} would be left to nobody: name a --successor, or apply with --open-cases move or reroute", "%d 件未结案件将无人负责：请用 --successor 指定承接者，或用 --open-cases move 或 reroute", n)
	}
	if n := t.GetExpectations(); n > 0 {
		line("%[1]d {expectation|expectations}, %[2]d not met; the last rule takes %[3]d (%.1[4]f %%)", "%[1]d 条预期，%[2]d 条未达到；兜底规则承接 %[3]d 条（%.1[4]f %%）",
			n, t.GetUnmet(), t.GetFallback(), 100*float64(t.GetFallback())/float64(n))
	}
}

// byHand is the word of the wire for an owner whom a dispatcher chose.
const byHand = "by hand"

// decidedBy is the row that chose the new owner of a case, or "by hand" in words.
func decidedBy(m *wanggev1.CaseMove) i18n.Text {
	if rule := remote.RuleText(m); rule != byHand {
		return i18n.Text{En: rule, Zh: rule}
	}
	return i18n.Text{En: byHand, Zh: "人工派遣"}
}

// moveLine says what would change of a case; "" when nothing would, as for a case that is only lost.
func moveLine(m *wanggev1.CaseMove, zone *time.Location, lang string) string {
	name := func(o *wanggev1.Owner) string {
		if o == nil {
			return "-"
		}
		return o.GetUnitDisplayName()
	}
	if m.GetStuck() != "" {
		return m.GetCase() + "  " + m.GetStuck()
	}
	out := ""
	if m.GetOwnerMoves() {
		was, is := name(m.GetOwnerBefore()), name(m.GetOwnerAfter())
		if b, a := m.GetOwnerBefore(), m.GetOwnerAfter(); b.GetUnit() == a.GetUnit() { // the post alone is another one
			was, is = was+" "+remote.PostID(b.GetPost()), is+" "+remote.PostID(a.GetPost())
		}
		out += i18n.F("  %[1]s -> %[2]s (%[3]s)", "  %[1]s → %[2]s（%[3]s）", was, is, decidedBy(m)).In(lang)
	}
	if m.GetDeadlineMoves() {
		const short = "2006-01-02 15:04"
		out += i18n.F("  due %s -> %s", "  时限 %s → %s", m.GetDueTimeBefore().AsTime().In(zone).Format(short), m.GetDueTimeAfter().AsTime().In(zone).Format(short)).In(lang)
	}
	if m.GetEscalationMoves() {
		out += i18n.F("  ladder", "  升级规则").In(lang)
	}
	if out == "" {
		return ""
	}
	return m.GetCase() + out
}
