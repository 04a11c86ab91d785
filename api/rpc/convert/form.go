package convert

import (
	"cmp"

	"wangge/api/resource"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/form"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Category renders a category with its conditions and limits.
func (v Viewer) Category(x *form.Index, cat *catalog.Category) *wanggev1.Category {
	rules := x.LimitRules(cat)
	out := &wanggev1.Category{
		Code: string(cat.Code), DisplayName: v.words(x.City.CategoryName(cat.Code)), Kind: wanggev1.CategoryKind(cat.Kind),
		ClassDisplayName: v.words(i18n.Text{En: cmp.Or(cat.ClassEn, cat.Class), Zh: cat.Class}), Parent: string(cat.Parent),
		Severity: wanggev1.Severity(cat.Severity), Seasonal: form.Seasonal(rules),
	}
	for i := range cat.Conditions {
		out.Conditions = append(out.Conditions, v.filingCondition(cat, &cat.Conditions[i]))
	}
	out.ConditionRequired = cat.ConditionMatters()
	for s := dispatch.SourceInspector; s < dispatch.SourceImport; s++ {
		if x.City.FiledAtOnce(s.String(), cat.Code) {
			out.SourcesFiledAtOnce = append(out.SourcesFiledAtOnce, wanggev1.Source(s))
		}
	}
	for _, r := range rules {
		out.LimitRules = append(out.LimitRules, &wanggev1.LimitRule{
			Rule: r.ID, Condition: r.Condition, Severity: wanggev1.Severity(r.Severity), Tier: r.Tier, Area: resource.Area(r.Area),
			Season: r.Season.String(), StartTime: Stamp(r.From), EndTime: Stamp(r.To), Campaign: r.Campaign, Limit: Limit(r.Limit),
			Text: v.words(x.LimitText(r)), SectionTier: r.SectionTier, Grade: r.Grade,
		})
	}
	return out
}

func (v Viewer) filingCondition(cat *catalog.Category, k *catalog.Condition) *wanggev1.FilingCondition {
	out := &wanggev1.FilingCondition{
		Id: k.ID, Text: k.Name, Severity: wanggev1.Severity(k.Severity), Limit: Limit(k.Limit), LimitText: v.words(k.Limit.Text()),
		SelfResolvable: cat.SelfResolve.Allows(k.Severity),
	}
	out.ClosingConditions = k.Closings
	for i := range k.Milestones {
		m := &k.Milestones[i]
		out.Milestones = append(out.Milestones, &wanggev1.FormMilestone{
			Id: m.ID, DisplayName: m.Name, Limit: Limit(m.Limit), LimitText: v.words(m.Limit.Text()), After: m.After,
			ClosingCondition: m.Closing, Parties: parties(m.Parties),
		})
	}
	return out
}

func parties(list []catalog.Party) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.String()
	}
	return out
}

// PublicCategory renders a category with the units that are accountable for it.
func (v Viewer) PublicCategory(x *form.Index, cat *catalog.Category) *wanggev1.Category {
	out := v.Category(x, cat)
	for _, o := range x.Owners(cat) {
		out.Owners = append(out.Owners, &wanggev1.CategoryOwner{
			Unit: resource.Department(o.Department), Level: o.Level, DisplayName: v.words(o.Text), Text: v.words(o.When),
		})
	}
	return out
}

// Unit renders a unit without its people; a department with its duties.
func (v Viewer) Unit(x *form.Index, u roster.Unit) *wanggev1.Unit {
	c := x.City
	out := &wanggev1.Unit{Name: resource.Unit(u), DisplayName: v.words(c.UnitName(u)), Kind: wanggev1.UnitKind(u.Kind)}
	if up, ok := c.Parent(u); ok {
		out.Parent, out.ParentDisplayName = resource.Unit(up), v.words(c.UnitName(up))
	}
	switch u.Kind {
	case roster.UnitArea:
		out.Level = c.Levels[c.Areas[grid.AreaID(u.ID)].Level]
	case roster.UnitDepartment:
		d := c.Departments[u.ID]
		out.Area, out.Phone, out.Duties = resource.Area(d.Area), form.PublicPhone(d), v.duties(x.Duties(u))
	case roster.UnitPoint:
		out.Area = resource.Area(c.Point(u.ID).Area)
	case roster.UnitSection, roster.UnitUnknown:
	}
	return out
}

// LevelDuties renders the duties of the areas of every level.
func (v Viewer) LevelDuties(x *form.Index) []*wanggev1.LevelDuties {
	out := make([]*wanggev1.LevelDuties, len(x.City.Levels))
	for i, level := range x.City.Levels {
		out[i] = &wanggev1.LevelDuties{
			Level: level, DisplayName: v.words(dispatch.LevelText(level)), AreaCount: int32(x.LevelCount(i)), Duties: v.duties(x.LevelDuties(i)),
		}
	}
	return out
}

func (v Viewer) duties(list []form.Duty) []*wanggev1.UnitDuty {
	var out []*wanggev1.UnitDuty
	for _, d := range list {
		duty := &wanggev1.UnitDuty{Lead: d.Lead, Text: d.Text, Condition: v.words(d.When)}
		for _, code := range d.Categories {
			duty.Categories = append(duty.Categories, string(code))
		}
		out = append(out, duty)
	}
	return out
}

// Area renders an area at or near a position.
func (v Viewer) Area(near form.NearArea) *wanggev1.Area {
	ref := v.AreaRef(near.Area)
	a := v.City.Areas[near.Area]
	out := &wanggev1.Area{
		Name: ref.GetName(), DisplayName: ref.GetDisplayName(), Level: ref.GetLevel(),
		ChildCount: int32(len(a.Children)), DistanceM: near.DistanceM,
	}
	if a.Parent != "" {
		up := v.AreaRef(a.Parent)
		out.Parent, out.ParentDisplayName = up.GetName(), up.GetDisplayName()
	}
	return out
}

// Me renders the caller.
func (v Viewer) Me(me *form.Me) *wanggev1.Me {
	out := &wanggev1.Me{
		Person: resource.Person(me.ID), DisplayName: me.Name, Language: me.Language, OnDuty: me.OnDuty, CityRevision: v.City.Revision,
	}
	for _, act := range me.CityActs {
		out.CityActs = append(out.CityActs, resource.Act(act))
	}
	for _, p := range me.Posts {
		out.Posts = append(out.Posts, &wanggev1.HeldPost{
			Post: resource.Post(p.Post), Role: string(p.Role), RoleDisplayName: v.role(p.Role),
			Unit: resource.Unit(p.Unit), UnitDisplayName: v.words(v.City.UnitName(p.Unit)), Ground: v.AreaRef(p.Ground),
			Covering: p.Covering, OnDuty: p.OnDuty, Shift: p.Shift, Acts: Acts(p.Acts),
		})
	}
	return out
}

// role is a role in the caller's language: in English its word.
func (v Viewer) role(r roster.Role) string { return v.words(r.Text()) }

// Acts renders acts on a case.
func Acts(list []dispatch.Act) []wanggev1.Act {
	out := make([]wanggev1.Act, len(list))
	for i, act := range list {
		out[i] = Act(act)
	}
	return out
}

// Process renders the stages of a case with the limits of the office.
func (v Viewer) Process() []*wanggev1.StageLimit {
	var out []*wanggev1.StageLimit
	for _, s := range form.Process(v.City) {
		stage := &wanggev1.StageLimit{Stage: wanggev1.Stage(s.Stage), DisplayName: v.words(s.Stage.Text()), Limit: Lasting(s.Limit)}
		switch {
		case s.Limit > 0:
			stage.LimitText = v.words(i18n.Lasting(s.Limit))
		case s.Work.N > 0:
			stage.LimitText = v.words(s.Work.Text())
		}
		out = append(out, stage)
	}
	return out
}
