package convert

import (
	"context"
	"time"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// Viewer renders for one caller. It holds what rendering needs beside the case: the revision of the city, the caller,
// the caller's language and the time, resolved once per call. Safe for concurrent use.
type Viewer struct {
	City     *city.City
	Person   roster.PersonID // the caller
	Language string          // "zh" or "en"
	Now      time.Time
	Basic    bool            // cases are shown in the basic view
	Scope    roster.PersonID // the person whose waits come first, also in the basic view; "" = nobody
}

// Under is the viewer of a list under the scope of a person; "" for that of a unit.
func (v Viewer) Under(person roster.PersonID) Viewer {
	v.Scope = person
	return v
}

// New returns a viewer for the caller of ctx, who asks for a view of cases.
func New(ctx context.Context, c *city.City, now time.Time, view wanggev1.CaseView) Viewer {
	return Viewer{
		City: c, Person: auth.PersonOf(ctx), Language: auth.LanguageOf(ctx), Now: now,
		Basic: view == wanggev1.CaseView_CASE_VIEW_BASIC,
	}
}

// At is the viewer at another instant.
func (v Viewer) At(t time.Time) Viewer {
	v.Now = t
	return v
}

// In is the viewer of another revision of the city.
func (v Viewer) In(c *city.City) Viewer {
	v.City = c
	return v
}

func (v Viewer) words(t i18n.Text) string { return t.In(v.Language) }
