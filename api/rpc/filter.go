package rpc

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/catalog"
	"wangge/dispatch/desk"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"

	"go.einride.tech/aip/filtering"
	expr "google.golang.org/genproto/googleapis/api/expr/v1alpha1"
)

// maxFilter bounds the text of a filter, and so what one case costs to test.
const maxFilter = 1000

// filterFields is what a filter may ask; the wire's documentation says the same.
var filterFields = []string{"stage", "severity", "category", "light", "ladder_step", "owner", "person", "reporter", "create_time", "due_time", "overdue"}

// filter compiles the text of a filter (AIP-160) into a test of a case.
func (s *server) filter(ctx context.Context, f *faults, at, text string) desk.Filter {
	if text == "" {
		return desk.Filter{}
	}
	if len(text) > maxFilter {
		f.add(ctx, at, say.F("at most %d bytes", "最多 %d 字节", maxFilter))
		return desk.Filter{}
	}
	var p filtering.Parser
	p.Init(text)
	parsed, err := p.Parse()
	if err != nil {
		f.add(ctx, at, say.F("can't be read: %[1]s; write for example: stage = handling AND severity = A", "无法解析：%[1]s；例如：stage = handling AND severity = A", clip(err.Error())))
		return desk.Filter{}
	}
	c := &compiler{s: s, ctx: ctx, f: f, at: at, now: s.now()}
	return desk.Filter{Text: text, Keep: c.test(parsed.GetExpr())}
}

// test says whether a case is kept.
type test = func(desk.Facts) bool

type compiler struct {
	s   *server
	ctx context.Context
	f   *faults
	at  string
	now time.Time
}

func (c *compiler) wrong(en, zh string, args ...any) test {
	c.f.add(c.ctx, c.at, say.F(en, zh, args...))
	return func(desk.Facts) bool { return false }
}

func (c *compiler) test(e *expr.Expr) test {
	call := e.GetCallExpr()
	if call == nil {
		return c.wrong("%q compares nothing; write a field, an operator and a value", "%q 没有比较；请写字段、运算符和值", clip(word(e)))
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
		return func(f desk.Facts) bool { return args[0](f) && args[1](f) }
	case filtering.FunctionOr:
		return func(f desk.Facts) bool { return args[0](f) || args[1](f) }
	case filtering.FunctionNot:
		return func(f desk.Facts) bool { return !args[0](f) }
	}
	if len(call.GetArgs()) != 2 {
		return c.wrong("%q is not an operator here", "此处不支持运算符 %q", call.GetFunction())
	}
	return c.compare(word(call.GetArgs()[0]), call.GetFunction(), word(call.GetArgs()[1]))
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
				return equal(c, op, st, func(f desk.Facts) dispatch.Stage { return f.Stage })
			}
		}
		return c.wrong("%q is not a stage; write for example dispatched or handling", "%q 不是阶段；例如 dispatched 或 handling", clip(value))
	case "severity":
		if i := slices.Index([]string{"A", "B", "C"}, strings.TrimPrefix(value, "SEVERITY_")); i >= 0 {
			return equal(c, op, catalog.SeverityA+catalog.Severity(i), func(f desk.Facts) catalog.Severity { return f.Severity })
		}
		return c.wrong("%q is not a severity; write A, B or C", "%q 不是等级；请写 A、B 或 C", clip(value))
	case "category":
		if prefix, ok := strings.CutSuffix(value, "*"); ok && op == filtering.FunctionEquals {
			return func(f desk.Facts) bool { return strings.HasPrefix(string(f.Category), prefix) }
		}
		code := c.s.needCategory(c.ctx, c.f, c.at, value)
		return equal(c, op, code, func(f desk.Facts) catalog.Code { return f.Category })
	case "light":
		if !slices.Contains([]string{"green", "yellow", "red"}, value) {
			return c.wrong("%q is not a light; write green, yellow or red", "%q 不是督办灯；请写 green、yellow 或 red", clip(value))
		}
		return equal(c, op, value, func(f desk.Facts) string { return f.Light })
	case "owner":
		return equal(c, op, unit(c.ctx, c.f, c.at, value), func(f desk.Facts) roster.Unit { return f.Owner })
	case "person":
		return c.person(op, roster.PersonID(value))
	case "reporter":
		return equal(c, op, roster.PersonID(value), func(f desk.Facts) roster.PersonID { return f.Reporter })
	case "ladder_step":
		n, err := strconv.Atoi(value)
		if err != nil {
			return c.wrong("%q is not a number", "%q 不是数字", clip(value))
		}
		return ordered(c, op, func(f desk.Facts) int { return f.Step - n })
	case "create_time", "due_time":
		t, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return c.wrong(`%q is not a time; write "2026-03-04T09:00:00+08:00"`, `%q 不是时间；请写 "2026-03-04T09:00:00+08:00"`, clip(value))
		}
		if field == "create_time" {
			return ordered(c, op, func(f desk.Facts) int { return f.Created.Compare(t) })
		}
		due := ordered(c, op, func(f desk.Facts) int { return f.Due.Compare(t) })
		return func(f desk.Facts) bool { return !f.Due.IsZero() && due(f) }
	case "overdue":
		want, err := strconv.ParseBool(value)
		if err != nil {
			return c.wrong("%q is neither true nor false", "%q 既不是 true 也不是 false", clip(value))
		}
		return equal(c, op, want, func(f desk.Facts) bool { return !f.Due.IsZero() && f.Due.Before(c.now) })
	default:
		return c.wrong("%[1]q is not a field; write one of %[2]s", "%[1]q 不是字段；可用：%[2]s", clip(field), strings.Join(filterFields, ", "))
	}
}

// person keeps the cases whose owner's post the person holds now.
func (c *compiler) person(op string, who roster.PersonID) test {
	r := c.s.desk.City().Roster
	if _, ok := r.Person(who); !ok {
		return c.wrong("%q is not a person of this city", "%q 不是本市人员", clip(string(who)))
	}
	var posts []roster.PostID
	for _, h := range r.PostsOf(who, c.now) {
		posts = append(posts, h.Post)
	}
	return equal(c, op, true, func(f desk.Facts) bool { return slices.Contains(posts, f.Post) })
}

func equal[T comparable](c *compiler, op string, want T, of func(desk.Facts) T) test {
	switch op {
	case filtering.FunctionEquals, filtering.FunctionHas:
		return func(f desk.Facts) bool { return of(f) == want }
	case filtering.FunctionNotEquals:
		return func(f desk.Facts) bool { return of(f) != want }
	default:
		return c.wrong("%q does not fit this field; write = or !=", "此字段不支持 %q；请用 = 或 !=", op)
	}
}

func ordered(c *compiler, op string, compare func(desk.Facts) int) test {
	switch op {
	case filtering.FunctionEquals:
		return func(f desk.Facts) bool { return compare(f) == 0 }
	case filtering.FunctionNotEquals:
		return func(f desk.Facts) bool { return compare(f) != 0 }
	case filtering.FunctionLessThan:
		return func(f desk.Facts) bool { return compare(f) < 0 }
	case filtering.FunctionLessEquals:
		return func(f desk.Facts) bool { return compare(f) <= 0 }
	case filtering.FunctionGreaterThan:
		return func(f desk.Facts) bool { return compare(f) > 0 }
	case filtering.FunctionGreaterEquals:
		return func(f desk.Facts) bool { return compare(f) >= 0 }
	default:
		return c.wrong("%q does not fit this field; write =, !=, <, <=, > or >=", "此字段不支持 %q；请用 =、!=、<、<=、> 或 >=", op)
	}
}
