package caseview

import (
	"cmp"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/i18n"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// Column is a column of a table of cases. Value is a string, an int64, a float64, or a time.Time in the zone of the words; nil for none.
// The texts of people in a value are not escaped.
type Column struct {
	Title i18n.Text
	Value func(Words, *wanggev1.Case) any
}

// Columns of a list. Those of ListColumns need the basic view of a case only.
var (
	number   = Column{i18n.F("number", "案件号"), func(_ Words, c *wanggev1.Case) any { return text(Number(c.GetName())) }}
	stage    = Column{i18n.F("stage", "阶段"), func(w Words, c *wanggev1.Case) any { return text(Stage(c.GetStage()).In(w.Lang)) }}
	severity = Column{i18n.F("severity", "等级"), func(_ Words, c *wanggev1.Case) any { return text(letter(c)) }}
	category = Column{i18n.F("category", "类别"), func(_ Words, c *wanggev1.Case) any { return text(c.GetCategoryDisplayName()) }}
	awaiting = Column{i18n.F("waits for", "等待"), func(w Words, c *wanggev1.Case) any { return text(joined(w.In("; ", "；"), w.awaited(c)...)) }}
	overdue  = Column{i18n.F("overdue", "超时"), func(w Words, c *wanggev1.Case) any { return text(w.late(c)) }}
)

// ListColumns are the columns of a list for the eye.
func ListColumns() []Column {
	return []Column{
		number, stage, severity, category,
		{i18n.F("place", "位置"), func(w Words, c *wanggev1.Case) any { return text(w.smallest(c.GetPlace())) }},
		{i18n.F("accountable", "责任单位"), func(w Words, c *wanggev1.Case) any { return text(w.owner(c.GetOwner())) }},
		{i18n.F("due", "截止"), func(w Words, c *wanggev1.Case) any { return text(w.Minute(dueFor(c))) }},
		overdue,
		{i18n.F("waits for", "等待"), func(w Words, c *wanggev1.Case) any {
			waits := []string{}
			for _, wait := range own(c) {
				waits = append(waits, w.wait(c, wait))
			}
			if len(waits) == 0 {
				waits = append(waits, w.Awaited(c))
			}
			return text(joined(w.In("; ", "；"), append(waits, w.lateParts(c)...)...))
		}},
	}
}

// SheetColumns are the columns of a list for a spreadsheet.
func SheetColumns() []Column {
	return []Column{
		number, stage, severity,
		{i18n.F("category code", "类别代码"), func(_ Words, c *wanggev1.Case) any { return text(c.GetCategory()) }},
		category,
		{i18n.F("condition", "立案条件"), func(_ Words, c *wanggev1.Case) any {
			return text(cmp.Or(c.GetConditionDisplayName(), c.GetCondition()))
		}},
		{i18n.F("source", "来源"), func(w Words, c *wanggev1.Case) any {
			return text(w.word(sources, c.GetReport().GetSource(), "SOURCE_"))
		}},
		{i18n.F("reported", "上报内容"), func(_ Words, c *wanggev1.Case) any { return text(c.GetReport().GetText()) }},
		{i18n.F("area", "属地"), func(_ Words, c *wanggev1.Case) any { return text(areas(c.GetPlace(), " > ")) }},
		{i18n.F("address", "地址"), func(_ Words, c *wanggev1.Case) any { return text(c.GetAddress()) }},
		{i18n.F("external number", "外部工单号"), func(_ Words, c *wanggev1.Case) any { return text(c.GetExternalId()) }},
		{i18n.F("latitude", "纬度"), func(_ Words, c *wanggev1.Case) any { return degrees(c, c.GetPlace().GetLatitude()) }},
		{i18n.F("longitude", "经度"), func(_ Words, c *wanggev1.Case) any { return degrees(c, c.GetPlace().GetLongitude()) }},
		{i18n.F("accountable", "责任单位"), func(_ Words, c *wanggev1.Case) any {
			return text(unit(c.GetOwner().GetUnitDisplayName(), c.GetOwner().GetUnit()))
		}},
		{i18n.F("on duty", "责任人"), func(w Words, c *wanggev1.Case) any {
			return text(w.person(c.GetOwner().GetPersonDisplayName(), c.GetOwner().GetPerson()))
		}},
		{i18n.F("handler", "处置人"), func(w Words, c *wanggev1.Case) any { return text(w.person(c.GetHandlerDisplayName(), c.GetHandler())) }},
		{i18n.F("received", "上报时间"), func(w Words, c *wanggev1.Case) any { return w.at(c.GetCreateTime()) }},
		{i18n.F("receipt due", "签收截止"), func(w Words, c *wanggev1.Case) any { return w.at(c.GetReceipt().GetDueTime()) }},
		{i18n.F("signed", "签收时间"), func(w Words, c *wanggev1.Case) any { return w.at(c.GetReceipt().GetAcknowledgeTime()) }},
		{i18n.F("due", "截止时间"), func(w Words, c *wanggev1.Case) any { return w.at(c.GetDueTime()) }},
		{i18n.F("overdue, minutes", "超时（分钟）"), func(_ Words, c *wanggev1.Case) any {
			if !c.GetOverdue() {
				return nil
			}
			return int64(c.GetLate().AsDuration() / time.Minute)
		}},
		awaiting,
		{i18n.F("returned", "回退次数"), func(_ Words, c *wanggev1.Case) any { return int64(c.GetReturns()) }},
		{i18n.F("checks failed", "返工次数"), func(_ Words, c *wanggev1.Case) any { return int64(c.GetReworks()) }},
		{i18n.F("closed", "结案时间"), func(w Words, c *wanggev1.Case) any { return w.at(c.GetCloseTime()) }},
		{i18n.F("outcome", "结案结果"), func(w Words, c *wanggev1.Case) any { return text(dispatch.Outcome(c.GetOutcome()).Text().In(w.Lang)) }},
	}
}

// text is a text, or nil for an empty one.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// at is an instant in the zone of the words, to the second, or nil for none.
func (w Words) at(t *timestamppb.Timestamp) any {
	if t == nil {
		return nil
	}
	return t.AsTime().In(w.Zone).Truncate(time.Second)
}

// degrees is a coordinate of the place of a case, or nil for a case without a position.
func degrees(c *wanggev1.Case, value float64) any {
	if c.GetPlace() == nil || c.GetPlace().GetUnlocated() {
		return nil
	}
	return value
}

// letter is the severity of a case as one letter; "" for none.
func letter(c *wanggev1.Case) string {
	if s := c.GetSeverity(); s != wanggev1.Severity_SEVERITY_UNSPECIFIED {
		return s.String()[len("SEVERITY_"):]
	}
	return ""
}
