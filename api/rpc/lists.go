package rpc

import (
	"context"
	"maps"
	"slices"
	"strings"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// maxCases is the most cases on a page.
const maxCases = 200

// listing is what ListCases and ListOverdueCases ask alike.
type listing interface {
	GetScope() string
	GetScopeBy() wanggev1.ScopeBy
	GetFilter() string
	GetOrderBy() string
	GetPageSize() int32
	GetPageToken() string
}

// query checks a listing; open says that it is of open cases.
func (s *server) query(ctx context.Context, f *faults, req listing, open bool) view.Query {
	q := view.Query{
		Open: open, Order: order(ctx, f, req.GetOrderBy(), open), Filter: s.filter(ctx, f, "filter", req.GetFilter()),
		PageSize: pageSize(ctx, f, req.GetPageSize(), maxCases), Token: req.GetPageToken(),
	}
	if view.CheckToken(q.Token) != nil {
		f.add(ctx, "page_token", notAToken)
	}
	switch req.GetScopeBy() {
	case wanggev1.ScopeBy_SCOPE_BY_UNSPECIFIED:
	case wanggev1.ScopeBy_SCOPE_BY_GROUND:
		if q.Ground = true; !open {
			f.add(ctx, "scope_by", i18n.F("by ground only open cases are listed; set open, or list the area without it and filter by section or point", "按地面查询仅限未结案件；请设置 open，或改为查询区域并用 section 或 point 过滤"))
		}
	default:
		f.add(ctx, "scope_by", i18n.F("%d is none; write SCOPE_BY_GROUND, or leave it out", "%d 无效；请填写 SCOPE_BY_GROUND 或省略", req.GetScopeBy()))
	}
	if id, ok := strings.CutPrefix(req.GetScope(), "person:"); ok {
		q.Person = s.person(ctx, f, "scope", id)
		if !open {
			f.add(ctx, "scope", i18n.F("only open cases wait for a person; set open, or list a unit and filter by person or handler", "只有未结案件才等待某人处理；请设置 open，或改为查询单位并用 person 或 handler 过滤"))
		}
		if q.Ground {
			f.add(ctx, "scope_by", i18n.F("a person has no ground; name a unit as the scope", "人员没有地面；请以单位为查询范围"))
		}
		return q
	}
	q.Scope = s.scope(ctx, f, req.GetScope())
	return q
}

var notAToken = i18n.F("it is not a page token; send back next_page_token as it was, or nothing to start again", "不是分页令牌；请原样传回 next_page_token，或留空从头开始")

// scope reads a unit of this city.
func (s *server) scope(ctx context.Context, f *faults, text string) roster.Unit {
	return s.knownUnit(ctx, f, "scope", text)
}

// knownUnit reads a unit and checks that the city has it.
func (s *server) knownUnit(ctx context.Context, f *faults, at, text string) roster.Unit {
	u, fault := s.unitOf(text)
	if fault.En != "" {
		f.add(ctx, at, fault)
	}
	return u
}

// unitOf reads a unit, and says what is wrong with it.
func (s *server) unitOf(text string) (roster.Unit, i18n.Text) {
	u, err := roster.ParseUnit(text)
	if err != nil {
		return u, i18n.F("%q: write area:ID, department:ID, section:ID or point:ID", "%q：请写成 area:编号、department:编号、section:编号 或 point:编号", clip(text))
	}
	c := s.desk.City()
	known, candidates := false, []string{}
	switch u.Kind {
	case roster.UnitArea:
		known, candidates = has(c.Areas, u.ID)
	case roster.UnitDepartment:
		known, candidates = has(c.Departments, u.ID)
	case roster.UnitSection:
		known, candidates = has(c.Sections, u.ID)
	default:
		if known = c.Point(u.ID) != nil; !known {
			for i := range c.Points {
				candidates = append(candidates, c.Points[i].ID)
			}
		}
	}
	if known {
		return u, i18n.Text{}
	}
	kind, _, _ := strings.Cut(u.String(), ":")
	return u, unknown(i18n.F("this city has no %s %q", "本市没有 %s %q", kind, clip(u.ID)), u.ID, candidates)
}

// has reports whether a table has an id, and all of its ids when it has not.
func has[K ~string, V any](table map[K]V, id string) (bool, []string) {
	if _, ok := table[K(id)]; ok {
		return true, nil
	}
	var all []string
	for k := range maps.Keys(table) {
		all = append(all, string(k))
	}
	slices.Sort(all)
	return false, all
}

// maxOffered bounds how many ids are offered for one that does not exist.
const maxOffered = 5

// unknown says what may have been meant.
func unknown(what i18n.Text, id string, candidates []string) i18n.Text {
	if len([]rune(id)) > maxQuoted || len(candidates) == 0 {
		return what
	}
	instead := diag.Meant(id, candidates)
	if near := diag.Closest(id, candidates); near == "" || diag.Edits(id, near) > 1+len([]rune(near))/2 {
		list := strings.Join(candidates[:min(maxOffered, len(candidates))], ", ")
		instead = i18n.F("it has %s and so on", "例如 %s", list)
	}
	return i18n.Text{En: what.En + "; " + instead.En, Zh: what.Zh + "；" + instead.Zh}
}

// person checks that the city knows somebody.
func (s *server) person(ctx context.Context, f *faults, at, id string) roster.PersonID {
	if _, ok := s.desk.City().Roster.Person(roster.PersonID(id)); !ok {
		f.add(ctx, at, nobody(id))
	}
	return roster.PersonID(id)
}

func nobody(id string) i18n.Text {
	return i18n.F("%q is not a person of this city; write an id of people.csv", "%q 不是本市人员；请填写 people.csv 中的编号", clip(id))
}

// orders by the words of AIP-132.
var orders = map[string]view.Order{"": view.Usual, "due_time": view.DueFirst, "due_time desc": view.DueLast, "create_time": view.OldestFirst, "create_time desc": view.NewestFirst}

func order(ctx context.Context, f *faults, text string, open bool) view.Order {
	by, ok := orders[strings.TrimSuffix(strings.Join(strings.Fields(text), " "), " asc")]
	switch {
	case !ok:
		f.add(ctx, "order_by", i18n.F("%q is no order; write due_time, due_time desc, create_time or create_time desc", "%q 不是排序方式；请填写 due_time、due_time desc、create_time 或 create_time desc", clip(text)))
	case !open && (by == view.DueFirst || by == view.DueLast):
		f.add(ctx, "order_by", i18n.F("only open cases have a deadline; set open, or write create_time or create_time desc", "只有未结案件有时限；请设置 open，或填写 create_time、create_time desc"))
	}
	return by
}

// counted is a total for the wire.
func counted(total int) *int32 {
	if total < 0 {
		return nil
	}
	n := int32(total)
	return &n
}
