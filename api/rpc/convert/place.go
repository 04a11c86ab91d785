package convert

import (
	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// Place renders a place in full.
func (v Viewer) Place(p dispatch.Place) *wanggev1.Place {
	out := &wanggev1.Place{Latitude: p.Point.Lat, Longitude: p.Point.Lng}
	v.fillPlace(out, &p)
	return out
}

// Owner renders an owner and the person on duty, or nil when there is no owner.
func (v Viewer) Owner(o dispatch.Owner) *wanggev1.Owner {
	if out := (&wanggev1.Owner{}); v.fillOwner(out, o) {
		return out
	}
	return nil
}

// Owners renders owners.
func (v Viewer) Owners(owners []dispatch.Owner) []*wanggev1.Owner {
	var out []*wanggev1.Owner
	for _, o := range owners {
		out = append(out, v.Owner(o))
	}
	return out
}

// fillPlace adds what the full view says of a place.
func (v Viewer) fillPlace(out *wanggev1.Place, p *dispatch.Place) {
	if p.Located() {
		out.Cell, out.BorderM, out.Neighbour, out.Ambiguous = p.Cell.String(), p.BorderM, resource.Area(p.Neighbour), p.Ambiguous
	}
	refs := make([]wanggev1.AreaRef, len(p.Areas))
	out.Areas = make([]*wanggev1.AreaRef, len(p.Areas))
	for i, id := range p.Areas {
		v.fillArea(&refs[i], id)
		out.Areas[i] = &refs[i]
	}
	for _, id := range p.Sections {
		name := v.City.UnitName(roster.Unit{Kind: roster.UnitSection, ID: string(id)})
		ref := &wanggev1.SectionRef{Name: resource.Section(id), DisplayName: v.words(name)}
		if section := v.City.Sections[id]; section != nil {
			ref.Department = resource.Department(section.Department)
		}
		out.Sections = append(out.Sections, ref)
	}
}

func (v Viewer) fillArea(out *wanggev1.AreaRef, id grid.AreaID) {
	out.Name, out.DisplayName = resource.Area(id), string(id)
	if a := v.City.Areas[id]; a != nil {
		out.Level = v.City.Levels[a.Level]
		if out.DisplayName = a.Name; v.Language != "zh" && a.NameEn != "" {
			out.DisplayName = a.NameEn
		}
		return
	}
	out.DisplayName = v.words(v.City.UnitName(roster.Unit{Kind: roster.UnitArea, ID: string(id)}))
}

// fillOwner fills in an owner and the person on call there. It returns false when there is no owner.
func (v Viewer) fillOwner(out *wanggev1.Owner, o dispatch.Owner) bool {
	if o.Post == "" {
		return false
	}
	on, _ := v.City.OnCall(o.Unit, o.Post, v.Now) // off hours the person who stands in
	id := on.Person
	person, _ := v.City.Roster.Person(id)
	out.Kind, out.Unit, out.UnitDisplayName = wanggev1.OwnerKind(o.Kind), resource.Unit(o.Unit), v.words(v.City.UnitName(o.Unit))
	out.Post, out.Person, out.PersonDisplayName = resource.Post(o.Post), resource.Person(id), person.Name
	return true
}

// AreaRef renders the name of an area.
func (v Viewer) AreaRef(id grid.AreaID) *wanggev1.AreaRef {
	c := v.City
	name := c.UnitName(roster.Unit{Kind: roster.UnitArea, ID: string(id)})
	ref := &wanggev1.AreaRef{Name: resource.Area(id), DisplayName: v.words(name)}
	if a := c.Areas[id]; a != nil {
		ref.Level = c.Levels[a.Level]
	}
	return ref
}
