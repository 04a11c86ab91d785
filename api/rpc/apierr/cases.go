package apierr

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/protoadapt"

	"wangge/api/auth"
	"wangge/api/resource"
	"wangge/api/rpc/convert"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// requestErrors are about a field of a request.
var requestErrors = []mapping{
	as(func(t *telling, e *grid.OutsideError) error {
		near := t.City.UnitName(roster.Unit{Kind: roster.UnitArea, ID: string(e.NearestArea)})
		far := i18n.Metres(e.DistanceM)
		text := i18n.F("outside the city: %[1]s is %[3]s away, bearing %.0[5]f°", "位于城市之外：距%[2]s %[4]s，方位 %.0[5]f°", near.En, near.Zh,
			far.En, far.Zh, e.BearingDeg)
		if g := routing.GuessText(e.Likely); g.En != "" {
			text = i18n.Text{En: text.En + "; " + g.En, Zh: text.Zh + "；" + g.Zh}
		}
		return t.field("position", text)
	}),
	as(func(t *telling, e *grid.PositionError) error {
		return t.field("position", routing.PositionErrorText(e))
	}),
	as(func(t *telling, e *dispatch.UnknownCategoryError) error {
		return t.field("category", i18n.F("%[1]q is not in the table; nearest: %[2]s", "类别 %[1]q 不存在；相近的有：%[3]s", Clip(string(e.Code)),
			e.Names.En, e.Names.Zh))
	}),
	as(tellChoice),
	as(func(t *telling, e *dispatch.UnknownConditionError) error {
		return t.field("condition", i18n.F("%[1]s has no filing condition %[2]q; it has %[3]s", "%[1]s没有立案条件 %[2]q；可选：%[3]s",
			t.category(e.Code), Clip(e.Condition), t.conditions(e)))
	}),
}

// tellChoice lists the values from which a field is chosen, in words and for a form.
func tellChoice(t *telling, e *dispatch.ChoiceError) error {
	field := "act." + resource.Act(e.Act) + "." + e.Need.Field()
	if e.Act == dispatch.ActFile {
		field = t.prefix + e.Need.Field()
	}
	lang := auth.LanguageOf(t.ctx)
	shown := *e
	shown.Given = Clip(e.Given)
	shown.Choices = slices.Clone(e.Choices[:min(len(e.Choices), MaxListed)])
	for i := range shown.Choices {
		c := &shown.Choices[i]
		c.Text = i18n.Text{En: Clip(c.Text.En), Zh: Clip(c.Text.Zh)}
	}
	detail := &wanggev1.Choices{
		Field: field, TotalSize: int32(len(e.Choices)), Required: true, Choices: convert.Choices(shown.Choices, lang),
	}
	text := shown.Localized()
	if more := len(e.Choices) - MaxListed; more > 0 {
		text = i18n.F("%[1]s; and %[3]d more", "%[2]s；另有 %[3]d 项", text.En, text.Zh, more)
	}
	text = i18n.Text{En: field + ": " + text.En, Zh: field + "：" + text.Zh}
	return Fail(t.ctx, codes.InvalidArgument, "CHOICE_REQUIRED", text, map[string]string{"field": field},
		&errdetails.BadRequest{FieldViolations: []*Violation{{Field: field, Description: shown.Localized().In(lang)}}},
		protoadapt.MessageV1Of(detail))
}

// caseErrors are about a case and an act.
var caseErrors = []mapping{
	as(func(t *telling, e *dispatch.RefusedError) error {
		name := resource.Case(e.Case)
		return Fail(t.ctx, codes.FailedPrecondition, "ACT_REFUSED", e.Why,
			map[string]string{"case": name, "stage": e.Stage.String(), "possible": wireActs(e.Instead)},
			&errdetails.PreconditionFailure{Violations: []*errdetails.PreconditionFailure_Violation{
				{Type: "STAGE", Subject: name, Description: e.Why.In(auth.LanguageOf(t.ctx))},
			}})
	}),
	as(func(t *telling, e *dispatch.NotAllowedError) error {
		return Fail(t.ctx, codes.PermissionDenied, "NOT_ALLOWED", e.Why, map[string]string{"act": resource.Act(e.Act)})
	}),
	as(tellStale),
	as(func(t *telling, e *ledger.ReusedIDError) error {
		names := slices.Clone(e.Differs)
		for i := range names {
			if e.Report {
				names[i] = t.prefix + names[i]
			}
		}
		differs := strings.Join(names, ", ")
		said := i18n.List(names...)
		if e.Number && e.Case == 0 {
			return Fail(t.ctx, codes.AlreadyExists, "EXTERNAL_ID_TAKEN",
				i18n.F("another case has the external number %q of this source already; ask the city's office", "该来源的外部编号 %q 已属于其他案件，请联系市级指挥中心", e.ID), nil)
		}
		if e.Number {
			return Fail(t.ctx, codes.AlreadyExists, "EXTERNAL_ID_TAKEN",
				i18n.F("case %[3]s has the external number %[1]q of this source already, with other content; different: %[2]s",
					"该来源的外部编号 %[1]q 已属于案件 %[3]s，且内容不同；不同之处：%[2]s", e.ID, said, e.Case),
				map[string]string{"case": resource.Case(e.Case), "differs": differs})
		}
		return Fail(t.ctx, codes.AlreadyExists, "ID_REUSED",
			i18n.F("id %[1]q was used before with other content; different: %[2]s", "编号 %[1]q 已用于其他内容；不同之处：%[2]s", e.ID, said),
			map[string]string{"case": resource.Case(e.Case), "differs": differs})
	}),
	as(func(t *telling, e *calendar.YearError) error {
		return Fail(t.ctx, codes.FailedPrecondition, "HOLIDAYS_MISSING",
			i18n.F("no holidays are loaded for %[1]d; the grid office must add holidays/%[1]d.json",
				"尚未载入 %[1]d 年节假日，请网格办添加 holidays/%[1]d.json", e.Year), nil)
	}),
	func(t *telling, err error) error {
		if !errors.Is(err, ledger.ErrNoScope) {
			return nil
		}
		return Fail(t.ctx, codes.NotFound, "NOT_FOUND", t.yours(auth.PersonOf(t.ctx)), nil)
	},
	is(codes.NotFound, "NOT_FOUND", i18n.F("no such case, or it is not yours to see", "案件不存在或无权查看"), 0, ledger.ErrNoCase),
}

// wireActs lists acts by their names on the wire, divided by commas.
func wireActs(acts []dispatch.Act) string {
	names := make([]string, len(acts))
	for i, act := range acts {
		names[i] = resource.Act(act)
	}
	return strings.Join(names, ", ")
}

// tellStale says who acted since the caller read the case.
func tellStale(t *telling, e *ledger.StaleError) error {
	last := e.Last.Kind.Text()
	at := e.Last.At.In(t.City.Location).Format("2006-01-02 15:04")
	text := i18n.F("the case has moved on by %[4]d {event|events}: last %[3]s, %[1]s at %[2]s; read it again",
		"案件已有 %[4]d 条新动态：最近一条为%[3]s于 %[2]s %[1]s；请重新读取",
		last, at, t.displayName(e.Last.Actor), e.Since)
	return Fail(t.ctx, codes.Aborted, "STALE_ETAG", text,
		map[string]string{"etag": fmt.Sprint(e.Have), "actor": resource.Person(e.Last.Actor), "event": e.Last.Kind.String()})
}

// maxUnits bounds the units that are named to a caller.
const maxUnits = 5

// yours names the units that a person may ask for, where the unit asked for is out of reach.
func (t *telling) yours(person roster.PersonID) i18n.Text {
	var units []roster.Unit
	for _, h := range t.City.Roster.PostsOf(person, t.Now) {
		if !slices.Contains(units, h.Unit) {
			units = append(units, h.Unit)
		}
	}
	if units == nil {
		return i18n.F("this scope is not yours to see: you hold no post today", "无权查看该范围：您当前没有任何岗位")
	}
	units = units[:min(len(units), maxUnits)]
	en, zh := make([]string, len(units)), make([]string, len(units))
	for i, u := range units {
		en[i], zh[i] = t.City.Unit(u).En, t.City.Unit(u).Zh
	}
	list := i18n.Text{En: i18n.List(en...).En, Zh: i18n.List(zh...).Zh}
	return i18n.F("this scope is not yours to see; ask for a unit at or below one where you hold a post: %s", "无权查看该范围；请查询您任职的单位或其下级：%s", list)
}

// displayName is the name of the actor of an event, or the service for an event without an actor.
func (t *telling) displayName(id roster.PersonID) i18n.Text {
	if id == "" {
		return i18n.F("the service", "系统")
	}
	return t.City.Person(id)
}

// category is a category by its name, with the code as typed; the bare code when the city has no name of it.
func (t *telling) category(code catalog.Code) i18n.Text {
	if n := t.City.CategoryName(code); n.Zh != string(code) {
		return i18n.F("%[1]s (%[2]s)", "%[1]s（%[2]s）", n, code)
	}
	return i18n.Text{En: string(code), Zh: string(code)}
}

// conditions are the filing conditions of a category in words; the bare ids when the city lacks the category.
func (t *telling) conditions(e *dispatch.UnknownConditionError) i18n.Text {
	cat := t.City.Categories[e.Code]
	if cat == nil {
		return i18n.List(e.Have...)
	}
	choices := dispatch.ConditionChoices(cat)
	return dispatch.ChoiceList(choices[:min(len(choices), MaxListed)])
}
