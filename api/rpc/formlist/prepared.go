// Package formlist pages the lists of the form service, and prepares a revision of a city for them.
package formlist

import (
	"sync"

	"wangge/api/rpc/convert"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/form"
	"wangge/dispatch/i18n"
)

// Prepared is the revision that was asked about last, prepared for search, and its public part in each language. Revisions
// with other precedents share it. Safe for concurrent use; what it returns is read only.
type Prepared struct {
	mu     sync.Mutex
	base   string
	index  *form.Index
	public map[string]*PublicPart // by language
}

// PublicPart is the public part of a city in one language; read only.
type PublicPart struct {
	Head       *wanggev1.PublicCity // without units and categories
	Units      []*wanggev1.Unit
	Categories []*wanggev1.Category
}

// Of returns the index of a city. Callers of the same revision wait while the first prepares it.
func (p *Prepared) Of(c *city.City) *form.Index {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.indexOf(c)
}

func (p *Prepared) indexOf(c *city.City) *form.Index {
	if base := c.Base(); p.base != base {
		p.base, p.index, p.public = base, form.New(c), map[string]*PublicPart{}
	}
	return p.index
}

// PublicOf returns the public part of the viewer's city, in the viewer's language.
func (p *Prepared) PublicOf(v convert.Viewer) *PublicPart {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.indexOf(v.City)
	if part := p.public[v.Language]; part != nil {
		return part
	}
	c := x.City
	part := &PublicPart{Head: &wanggev1.PublicCity{
		Code: c.Code, DisplayName: i18n.Text{En: c.NameEn, Zh: c.Name}.In(v.Language), CityRevision: c.Base(), TableVersion: c.TableVersion,
		Stages: v.Process(), Levels: v.LevelDuties(x), ReopenDays: int32(c.Defaults.ReopenDays),
		TimeZone: c.Location.String(),
	}}
	for _, u := range x.Units("", roster.UnitDepartment, roster.Unit{}) {
		part.Units = append(part.Units, v.Unit(x, u))
	}
	for _, cat := range x.Categories("", catalog.KindUnknown) {
		part.Categories = append(part.Categories, v.PublicCategory(x, cat))
	}
	p.public[v.Language] = part
	return part
}
