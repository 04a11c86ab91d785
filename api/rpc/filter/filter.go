// Package filter compiles the filter of a list (AIP-160) into a test of a case.
package filter

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.einride.tech/aip/filtering"
	"google.golang.org/genproto/googleapis/api/expr/v1alpha1"

	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/lookup"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// maxFilter bounds the text of a filter, and so what one case costs to test.
const maxFilter = 1000

// fields is what a filter may ask; the wire's documentation says the same.
var fields = []string{
	"stage", "severity", "category", "light", "escalation_step", "owner", "co_owner", "person", "handler", "reporter",
	"area", "section", "point", "create_time", "due_time", "overdue", "unlocated", "source", "supervised", "requested", "arbiter",
	"returns", "reworks", "group", "appeal", "outcome", "satisfaction", "close_time", "text", "external_id", "caller_phone",
	"reporter_phone",
}

// Fields returns the fields that a filter may ask.
func Fields() []string { return slices.Clone(fields) }

// Compile compiles the text of a filter of a person. The names in the filter are those of town, also those that a revision
// removed; overdue and person mean now, and so do the person's rights. A comparison of a phone holds of no case of which the
// person may not see the phone, so that no filter tells more than the case itself.
// wrong lists everything that is wrong with the filter, each with the number of its character; a filter with
// something wrong must not be used. An empty text keeps every case.
func Compile(town *city.City, person roster.PersonID, now time.Time, text string) (f view.Filter, wrong []i18n.Text) {
	if text == "" {
		return view.Filter{}, nil
	}
	if len(text) > maxFilter {
		return view.Filter{}, []i18n.Text{i18n.F("at most %d bytes", "最多 %d 字节", maxFilter)}
	}
	text = strings.TrimSpace(text)
	var p filtering.Parser
	p.Init(text)
	parsed, err := p.Parse()
	if err != nil {
		return view.Filter{}, []i18n.Text{unreadable(text, err)}
	}
	c := &compiler{city: town, by: person, text: text, positions: parsed.GetSourceInfo().GetPositions(), now: now}
	f = view.Filter{Text: text, Keep: c.test(parsed.GetExpr())}
	f.Contacts = c.contacts
	return f, c.faults
}

// unreadable says where a filter breaks off.
func unreadable(text string, err error) i18n.Text {
	at := 0
	for ; err != nil; err = errors.Unwrap(err) {
		if where, ok := err.(interface{ Position() filtering.Position }); ok {
			at = int(where.Position().Offset)
		}
	}
	rest := apierr.Clip(strings.TrimSpace(text[min(at, len(text)):]))
	if rest == "" {
		return i18n.F("can't be read: it breaks off; write for example: stage = handling AND severity = A",
			"无法解析：末尾不完整；例如：stage = handling AND severity = A")
	}
	character := utf8.RuneCountInString(text[:min(at, len(text))]) + 1
	return i18n.F(`can't be read from character %[1]d on: %[2]s; put a value with other signs than letters, digits and _ into quotes, `+
		`as in: owner = "departments/WATER" AND severity = A`,
		`从第 %[1]d 个字符起无法解析：%[2]s；含有字母、数字、_ 以外符号的值请加引号，例如：owner = "departments/WATER" AND severity = A`, character, rest)
}

// test says whether a case is kept.
type test = func(view.Attributes) bool

// compiler turns one filter into a test.
type compiler struct {
	city      *city.City
	by        roster.PersonID // whose filter it is
	now       time.Time
	text      string
	positions map[int64]int32
	at        int  // character of the filter that is compiled
	contacts  bool // the filter compares phones
	faults    []i18n.Text
}

// wrong notes a fault and where it is.
func (c *compiler) wrong(en, zh string, args ...any) test {
	c.fault(i18n.F(en, zh, args...))
	return func(view.Attributes) bool { return false }
}

func (c *compiler) fault(text i18n.Text) {
	c.faults = append(c.faults, i18n.F("character %[1]d: %[2]s", "第 %[1]d 个字符：%[3]s", c.at, text.En, text.Zh))
}

func (c *compiler) test(e *expr.Expr) test {
	if at, ok := c.positions[e.GetId()]; ok {
		c.at = utf8.RuneCountInString(c.text[:min(int(at), len(c.text))]) + 1
	}
	call := e.GetCallExpr()
	if call == nil {
		return c.wrong("%q compares nothing; write a field, an operator and a value", "%q 没有比较；请写字段、运算符和值", apierr.Clip(word(e)))
	}
	var args []test
	switch call.GetFunction() {
	case filtering.FunctionAnd, filtering.FunctionFuzzyAnd, filtering.FunctionOr, filtering.FunctionNot:
		for _, a := range call.GetArgs() {
			args = append(args, c.test(a))
		}
	}
	switch call.GetFunction() {
	case filtering.FunctionAnd, filtering.FunctionFuzzyAnd:
		return func(f view.Attributes) bool { return args[0](f) && args[1](f) }
	case filtering.FunctionOr:
		return func(f view.Attributes) bool { return args[0](f) || args[1](f) }
	case filtering.FunctionNot:
		return func(f view.Attributes) bool { return !args[0](f) }
	}
	if !slices.Contains(comparisons, call.GetFunction()) || len(call.GetArgs()) != 2 {
		return c.wrong("there is no %q; write one of %s", "没有 %q；可用 %s", apierr.Clip(call.GetFunction()), strings.Join(comparisons, " "))
	}
	field := word(call.GetArgs()[0])
	if call.GetArgs()[1].GetCallExpr() != nil {
		return c.wrong("one value at a time; write %[1]s = A OR %[1]s = B", "一次只能写一个值；请写 %[1]s = A OR %[1]s = B", apierr.Clip(field))
	}
	return c.compare(field, call.GetFunction(), word(call.GetArgs()[1]))
}

var comparisons = []string{
	filtering.FunctionEquals, filtering.FunctionNotEquals, filtering.FunctionLessThan, filtering.FunctionLessEquals,
	filtering.FunctionGreaterThan, filtering.FunctionGreaterEquals,
	filtering.FunctionHas,
}

// word is a name or a literal as it was written: department.WATER, -5, "2026-03-04T09:00:00+08:00".
func word(e *expr.Expr) string {
	switch {
	case e.GetIdentExpr() != nil:
		return e.GetIdentExpr().GetName()
	case e.GetSelectExpr() != nil:
		return word(e.GetSelectExpr().GetOperand()) + "." + e.GetSelectExpr().GetField()
	case e.GetConstExpr() != nil:
		switch k := e.GetConstExpr().GetConstantKind().(type) {
		case *expr.Constant_StringValue:
			return k.StringValue
		case *expr.Constant_Int64Value:
			return strconv.FormatInt(k.Int64Value, 10)
		case *expr.Constant_DoubleValue:
			return strconv.FormatFloat(k.DoubleValue, 'f', -1, 64)
		case *expr.Constant_BoolValue:
			return strconv.FormatBool(k.BoolValue)
		}
	}
	return ""
}

func (c *compiler) compare(field, op, value string) test {
	switch field {
	case "stage":
		for st := dispatch.Reported; st <= dispatch.SelfResolved; st++ {
			if strings.EqualFold(strings.TrimPrefix(value, "STAGE_"), st.String()) {
				return equal(c, op, st, func(f view.Attributes) dispatch.Stage { return f.Stage })
			}
		}
		return c.wrong("%q is not a stage; write for example dispatched or handling", "%q 不是阶段；例如 dispatched 或 handling", apierr.Clip(value))
	case "severity":
		if i := slices.Index([]string{"A", "B", "C"}, strings.TrimPrefix(value, "SEVERITY_")); i >= 0 {
			return equal(c, op, catalog.SeverityA+catalog.Severity(i), func(f view.Attributes) catalog.Severity { return f.Severity })
		}
		return c.wrong("%q is not a severity; write A, B or C", "%q 不是等级；请写 A、B 或 C", apierr.Clip(value))
	case "category":
		if prefix, ok := strings.CutSuffix(value, "*"); ok && op == filtering.FunctionEquals {
			return func(f view.Attributes) bool { return strings.HasPrefix(string(f.Category), prefix) }
		}
		code := catalog.Code(value)
		if _, former := c.city.Former.Categories[code]; !former {
			var bad i18n.Text
			if code, bad = lookup.Category(c.city, value); bad != (i18n.Text{}) {
				c.fault(bad)
			}
		}
		return equal(c, op, code, func(f view.Attributes) catalog.Code { return f.Category })
	case "light":
		light := strings.ToLower(strings.TrimPrefix(value, "LIGHT_"))
		if !slices.Contains([]string{"green", "yellow", "red"}, light) {
			return c.wrong("%q is not a light; write green, yellow or red", "%q 不是督办灯；请写 green、yellow 或 red", apierr.Clip(value))
		}
		return equal(c, op, light, func(f view.Attributes) string { return f.Light })
	case "owner":
		u := c.unit(value)
		return equal(c, op, true, func(f view.Attributes) bool { return f.Owner == u || f.WasOf(u) })
	case "co_owner":
		u := c.unit(value)
		return equal(c, op, true, func(f view.Attributes) bool { return slices.Contains(f.CoOwners, u) || f.WasOf(u) })
	case "area":
		area, town := grid.AreaID(c.unitOf(roster.UnitArea, value).ID), c.city
		return equal(c, op, true, func(f view.Attributes) bool { return f.LiesIn(town, area) })
	case "section":
		u := c.unitOf(roster.UnitSection, value)
		return equal(c, op, true, func(f view.Attributes) bool {
			return slices.Contains(f.Sections, city.SectionID(u.ID)) || f.WasOf(u)
		})
	case "point":
		u := c.unitOf(roster.UnitPoint, value)
		return equal(c, op, true, func(f view.Attributes) bool { return slices.Contains(f.Points, u.ID) || f.WasOf(u) })
	case "person":
		return c.person(op, value)
	case "handler":
		return equal(c, op, c.somebody(value), func(f view.Attributes) roster.PersonID { return f.Handler })
	case "reporter":
		reporter, ok := resource.ParsePerson(value) // the city need not have the person any more
		if !ok {
			c.fault(lookup.PersonForm(value))
		}
		return equal(c, op, reporter, func(f view.Attributes) roster.PersonID { return f.Reporter })
	case "escalation_step":
		return c.number(op, value, func(f view.Attributes) int { return f.Step })
	case "create_time", "due_time", "close_time":
		t, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return c.wrong(`%q is not a time; write "2026-03-04T09:00:00+08:00"`, `%q 不是时间；请写 "2026-03-04T09:00:00+08:00"`, apierr.Clip(value))
		}
		if field == "create_time" {
			return ordered(c, op, func(f view.Attributes) int { return f.Created.Compare(t) })
		}
		if field == "close_time" {
			closed := ordered(c, op, func(f view.Attributes) int { return f.Course().Closed.Compare(t) })
			return func(f view.Attributes) bool { return !f.Course().Closed.IsZero() && closed(f) }
		}
		due := ordered(c, op, func(f view.Attributes) int { return f.Due.Compare(t) })
		return func(f view.Attributes) bool { return !f.Due.IsZero() && due(f) }
	case "overdue", "unlocated", "supervised":
		want, err := strconv.ParseBool(value)
		if err != nil {
			return c.wrong("%q is neither true nor false; write one of these", "%q 既不是 true 也不是 false；请写其中之一", apierr.Clip(value))
		}
		switch field {
		case "unlocated":
			return equal(c, op, want, func(f view.Attributes) bool { return f.Unlocated })
		case "supervised":
			return equal(c, op, want, func(f view.Attributes) bool { return f.Course().Supervised })
		}
		return equal(c, op, want, func(f view.Attributes) bool { return !f.DueFirst.IsZero() && f.DueFirst.Before(c.now) })
	default:
		if t := c.course(field, op, value); t != nil {
			return t
		}
		all := i18n.List(fields...)
		if near := diag.Closest(field, fields); len(field) <= apierr.MaxQuoted && diag.Edits(field, near) <= 1+len(near)/3 {
			all = i18n.Text{En: near, Zh: near}
		}
		return c.wrong("%[1]q is not a field; write %[2]s", "%[1]q 不是字段；请写 %[2]s", apierr.Clip(field), all)
	}
}

func (c *compiler) unit(name string) roster.Unit {
	u, bad := lookup.Listable(c.city, name)
	if bad.En != "" {
		c.fault(bad)
	}
	return u
}

// unitOf reads the name of a unit of one kind.
func (c *compiler) unitOf(kind roster.UnitKind, name string) roster.Unit {
	u, bad := lookup.ListableOf(c.city, kind, name)
	if bad.En != "" {
		c.fault(bad)
	}
	return u
}

func (c *compiler) somebody(name string) roster.PersonID {
	p, bad := lookup.Somebody(c.city, name)
	if bad != (i18n.Text{}) {
		c.fault(bad)
	}
	return p
}

// person keeps the cases whose owner's post the person holds now.
func (c *compiler) person(op, name string) test {
	who, r := c.somebody(name), c.city.Roster
	var posts []roster.PostID
	for _, h := range r.PostsOf(who, c.now) {
		posts = append(posts, h.Post)
	}
	return equal(c, op, true, func(f view.Attributes) bool { return slices.Contains(posts, f.Post) })
}

func equal[T comparable](c *compiler, op string, want T, of func(view.Attributes) T) test {
	switch op {
	case filtering.FunctionEquals, filtering.FunctionHas:
		return func(f view.Attributes) bool { return of(f) == want }
	case filtering.FunctionNotEquals:
		return func(f view.Attributes) bool { return of(f) != want }
	default:
		return c.wrong("%q does not fit this field; write = or !=", "此字段不支持 %q；请用 = 或 !=", op)
	}
}

func ordered(c *compiler, op string, compare func(view.Attributes) int) test {
	switch op {
	case filtering.FunctionEquals:
		return func(f view.Attributes) bool { return compare(f) == 0 }
	case filtering.FunctionNotEquals:
		return func(f view.Attributes) bool { return compare(f) != 0 }
	case filtering.FunctionLessThan:
		return func(f view.Attributes) bool { return compare(f) < 0 }
	case filtering.FunctionLessEquals:
		return func(f view.Attributes) bool { return compare(f) <= 0 }
	case filtering.FunctionGreaterThan:
		return func(f view.Attributes) bool { return compare(f) > 0 }
	case filtering.FunctionGreaterEquals:
		return func(f view.Attributes) bool { return compare(f) >= 0 }
	default:
		return c.wrong("%q does not fit this field; write =, !=, <, <=, > or >=", "此字段不支持 %q；请用 =、!=、<、<=、> 或 >=", op)
	}
}
