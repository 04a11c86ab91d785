package request

import (
	"strings"

	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/filter"
	"wangge/api/rpc/lookup"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/i18n"
)

// MaxCases is the most cases on a page.
const MaxCases = 200

// Query reads which cases a list holds and how, without its stage and category.
func (f *Reader) Query(req *wanggev1.ListCasesRequest) view.Query {
	state := req.GetState()
	if _, ok := wanggev1.CaseState_name[int32(state)]; !ok {
		f.Add("state", i18n.F("%d is no state; write CASE_STATE_OPEN, CASE_STATE_OVERDUE, or leave it out for all cases",
			"%d 不是状态；请填写未结（CASE_STATE_OPEN）、超时（CASE_STATE_OVERDUE），或省略以查询全部案件", state))
	}
	queue := f.Queue("queue", req.GetQueue())
	open := state != wanggev1.CaseState_CASE_STATE_UNSPECIFIED || queue != view.NoQueue
	q := view.Query{
		Open: open, Queue: queue, Order: f.order(req.GetOrderBy(), open), Filter: f.filter("filter", req.GetFilter()),
		PageSize: f.PageSize(req.GetPageSize(), MaxCases), Token: req.GetPageToken(),
	}
	if view.CheckToken(q.Token) != nil {
		f.Add("page_token", notAToken)
	}
	switch req.GetScopeBy() {
	case wanggev1.ScopeBy_SCOPE_BY_UNSPECIFIED:
	case wanggev1.ScopeBy_SCOPE_BY_GROUND:
		if q.Ground = true; !open {
			f.Add("scope_by", i18n.F("by ground only open cases are listed; list the open or the overdue ones (state), or list the area without scope_by and filter by section or point",
				"按属地查询仅限未结案件；请查询未结或超时案件（state），或改为查询区域并用 section 或 point 过滤"))
		}
	default:
		f.Add("scope_by", i18n.F("%d is none; write SCOPE_BY_GROUND, or leave it out", "%d 无效；请填写按属地（SCOPE_BY_GROUND）或省略", req.GetScopeBy()))
	}
	if q.Scope, q.Person = f.Whose(req.GetScope()); isPerson(req.GetScope()) {
		if !open {
			f.Add("scope", i18n.F("only open cases wait for a person; list the open or the overdue ones (state), or list a unit and filter by person or handler",
				"只有未结案件才等待某人处理；请查询未结或超时案件（state），或改为查询单位并用 person 或 handler 过滤"))
		}
		if q.Ground {
			f.Add("scope_by", i18n.F("a person has no ground; name a unit as the scope", "该人员没有责任区域；请以单位为查询范围"))
		}
	}
	return q
}

func isPerson(name string) bool {
	_, ok := resource.ParsePerson(name)
	return ok
}

// EscalationsToken checks the form of a page token of ListEscalations. The desk compares its scope.
func (f *Reader) EscalationsToken(text string) {
	if view.CheckByPostToken(text) != nil {
		f.Add("page_token", notAToken)
	}
}

// Scope reads the name of a unit of this city, or of one that a revision removed: its cases stay listable.
func (f *Reader) Scope(name string) roster.Unit {
	u, wrong := lookup.Listable(f.City, name)
	f.note("scope", wrong)
	return u
}

// KnownUnit reads the name of a unit of the city.
func (f *Reader) KnownUnit(at, name string) roster.Unit {
	u, wrong := lookup.Unit(f.City, name)
	f.note(at, wrong)
	return u
}

// KnownPerson reads the name of a person of the city.
func (f *Reader) KnownPerson(at, name string) roster.PersonID {
	p, wrong := lookup.Person(f.City, name)
	f.note(at, wrong)
	return p
}

// filter reads a filter.
func (f *Reader) filter(at, text string) view.Filter {
	out, wrong := filter.Compile(f.City, f.Person, f.Now, text)
	for _, w := range wrong {
		f.Add(at, w)
	}
	return out
}

// orders are the values of order_by (AIP-132).
var orders = map[string]view.Order{
	"": view.Usual, "due_time": view.DueFirst, "due_time desc": view.DueLast,
	"create_time": view.OldestFirst, "create_time desc": view.NewestFirst,
}

// order reads an order of cases.
func (f *Reader) order(text string, open bool) view.Order {
	by, ok := orders[strings.TrimSuffix(strings.Join(strings.Fields(text), " "), " asc")]
	switch {
	case !ok:
		f.Add("order_by", i18n.F("%q is no order; write due_time, due_time desc, create_time or create_time desc",
			"%q 不是排序方式；请填写 due_time、due_time desc、create_time 或 create_time desc", apierr.Clip(text)))
	case !open && (by == view.DueFirst || by == view.DueLast):
		f.Add("order_by", i18n.F("only open cases have a deadline; list the open or the overdue ones (state), or write create_time or create_time desc",
			"只有未结案件有时限；请查询未结或超时案件（state），或填写 create_time、create_time desc"))
	}
	return by
}
