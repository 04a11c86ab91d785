package apierr

import (
	"cmp"
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	"wangge/api/auth"
	"wangge/dispatch/desk/campaigns"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/i18n"
)

// cityErrors are about revisions of the city and precedents.
var cityErrors = []mapping{
	as(func(t *telling, e *revision.FaultsError) error {
		f := For(t.ctx)
		for _, b := range e.Faults {
			f.Add(fmt.Sprintf("%s:%d", b.File, b.Line), i18n.Text{
				En: b.Message.En + "; " + b.Suggestion.En,
				Zh: b.Message.Zh + "；" + b.Suggestion.Zh,
			})
		}
		return f.Err()
	}),
	as(func(t *telling, e *rollout.ProposalError) error {
		f := For(t.ctx)
		for i, text := range e.Faults {
			f.Add("proposal."+e.Fields[i], text)
		}
		return f.Err()
	}),
	as(func(t *telling, e *campaigns.BadChangeError) error {
		f := For(t.ctx)
		f.Add(e.Field, e.Why)
		return f.Err()
	}),
	is(codes.NotFound, "NO_CAMPAIGN", i18n.F("there is no such campaign; campaign list shows those of the city", "没有该专项行动，可用 campaign list 查看本市的专项行动"), 0, campaigns.ErrNoCampaign),
	as(func(t *telling, e *rollout.BadPrecedentError) error {
		f := For(t.ctx)
		for _, text := range e.Faults {
			f.Add(cmp.Or(e.Field, "precedent"), text)
		}
		return f.Err()
	}),
	as(tellMovedOn),
	as(func(t *telling, e *rollout.PendingRevisionError) error {
		r := e.Revision
		from := r.EffectiveFrom.In(t.City.Location).Format("2006-01-02 15:04")
		return Fail(t.ctx, codes.FailedPrecondition, "REVISION_WAITS",
			i18n.F("revision %[1]s of %[2]s waits for %[3]s (number %[4]d); withdraw it first, or apply from a later instant",
				"%[2]s提交的版本 %[1]s 将于 %[3]s 生效（第 %[4]d 号）；请先撤回，或选择更晚的生效时间", r.Base, t.City.Person(r.Person), from, r.Number), nil)
	}),
	as(tellGaps),
	as(tellLost),
	is(codes.NotFound, "NO_REVISION",
		i18n.F("no such revision is kept, or it does not wait; city log lists them", "没有该版本或其不在等待中，可用 city log 查看"), 0, revision.ErrNoRevision),
	is(codes.NotFound, "NO_PRECEDENT", i18n.F("there is no such precedent; precedent list shows them", "没有该权属认定，可用 precedent list 查看"), 0, rollout.ErrNoPrecedent),
}

// Bounds of what a refusal names.
const (
	maxNamed   = 5 // cases in the sentence; the details name more
	maxChanges = 5 // changes of one revision
)

// tellMovedOn says which revisions were applied since the caller's plan.
func tellMovedOn(t *telling, e *rollout.StaleRevisionError) error {
	lang := auth.LanguageOf(t.ctx)
	var applied []string
	brackets := i18n.Text{En: "(%s)", Zh: "（%s）"}
	for _, r := range e.Since[:min(len(e.Since), MaxListed)] {
		rows := Texts(r.Changes[:min(len(r.Changes), maxChanges)], lang)
		if more := len(r.Changes) - len(rows); more > 0 {
			rows = append(rows, fmt.Sprintf("… %d", more))
		}
		at := r.At.In(t.City.Location).Format("2006-01-02 15:04")
		applied = append(applied, fmt.Sprintf("%s %s %s "+brackets.In(lang), at, t.City.Person(r.Person).In(lang), r.Base, joined(lang, rows)))
	}
	return Fail(t.ctx, codes.Aborted, "CITY_MOVED_ON",
		i18n.F("the city is at %[1]s, not at %[2]s; applied meanwhile: %[3]s; plan again", "城市已是版本 %[1]s，而非 %[2]s；其间启用：%[3]s；请重新预览",
			e.Have, Clip(e.Want), joined(lang, applied)), map[string]string{"revision": e.Have})
}

// tellGaps lists the gaps of responsibility that a revision would open.
func tellGaps(t *telling, e *rollout.GapsError) error {
	lang := auth.LanguageOf(t.ctx)
	var details []*errdetails.PreconditionFailure_Violation
	var lines []string
	for _, g := range e.Gaps[:min(len(e.Gaps), MaxListed)] {
		details = append(details, &errdetails.PreconditionFailure_Violation{Type: "GAP", Description: g.Text.In(lang) + " → " + g.Add.In(lang)})
		lines = append(lines, g.Text.In(lang))
	}
	gaps := i18n.F("%d {gap|gaps}", "%d 处责任空白", len(e.Gaps))
	if len(e.Gaps) == 1 {
		gaps.En = "1 gap"
	}
	return Fail(t.ctx, codes.FailedPrecondition, "OPENS_GAPS",
		i18n.F("it opens %[1]s: %[2]s; close what is open, or waive it with a reason", "将出现 %[1]s：%[2]s；请补齐，或说明理由予以豁免",
			gaps, joined(lang, lines)), nil, &errdetails.PreconditionFailure{Violations: details})
}

// tellLost lists the open cases that a revision would leave without an owner.
func tellLost(t *telling, e *rollout.LostError) error {
	lang := auth.LanguageOf(t.ctx)
	var details []*errdetails.PreconditionFailure_Violation
	var lines []string
	for _, l := range e.Cases[:min(len(e.Cases), MaxListed)] {
		line := i18n.F("%[1]s: %[2]s", "%[1]s：%[2]s", l.Case, strings.Join(Texts(l.Why, lang), i18n.Text{En: ", ", Zh: "，"}.In(lang))).In(lang)
		details = append(details, &errdetails.PreconditionFailure_Violation{
			Type: "LOST_CASE", Subject: "cases/" + l.Case.String(),
			Description: line,
		})
		lines = append(lines, line)
	}
	cases := i18n.F("%d open {case|cases}", "%d 件未结案件", e.Count)
	if e.Count == 1 {
		cases.En = "1 open case"
	}
	return Fail(t.ctx, codes.FailedPrecondition, "LEAVES_OPEN_CASES",
		i18n.F("it leaves %[1]s to nobody: %[2]s; name successors of what it removes, or say that these cases are moved "+
			"(open_cases move) or all by the new rules (reroute); a category always needs a successor",
			"将有 %[1]s无人负责：%[2]s；请为撤销的单位、人员、类别指定承接者（successors），或选择移交这些案件（open_cases 填 move）、"+
				"全部按新规则重新派遣（reroute）；撤销的类别必须指定承接类别",
			cases, joined(lang, lines[:min(len(lines), maxNamed)])), nil, &errdetails.PreconditionFailure{Violations: details})
}

// joined lists sentences in one language.
func joined(lang string, list []string) string {
	return strings.Join(list, i18n.Text{En: "; ", Zh: "；"}.In(lang))
}

// Texts is a list of texts in one language.
func Texts(list []i18n.Text, lang string) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = t.In(lang)
	}
	return out
}
