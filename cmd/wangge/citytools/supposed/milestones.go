package supposed

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
)

// Text is a sentence.
type Text struct {
	Text string `json:"text"`
}

// Milestone is wanggev1.Milestone of a case that is only supposed.
type Milestone struct {
	ID      string     `json:"id"`
	Name    string     `json:"display_name"`
	After   string     `json:"after"` // empty: it begins with the dispatch
	Closing string     `json:"closing"`
	Unit    string     `json:"unit"`
	Post    string     `json:"post"`               // empty: the owner's
	Limit   string     `json:"limit"`              // in words
	Due     *time.Time `json:"due_time,omitempty"` // absent: not begun
}

// Milestones are the milestones of a case of an owner, each with the party that must reach it.
func Milestones(list []dispatch.Milestone, owner dispatch.Owner, lang string) []Milestone {
	out := []Milestone{}
	for i := range list {
		m := &list[i]
		one := Milestone{
			ID: m.ID, Name: m.Name, After: m.After, Closing: m.Closing, Post: string(m.Post), Limit: m.Clock.Limit.Text().In(lang),
			Unit: m.UnitOf(&dispatch.Case{Owner: owner}).String(),
		}
		if !m.Clock.Due.IsZero() {
			one.Due = &m.Clock.Due
		}
		out = append(out, one)
	}
	return out
}

// PrintMilestones prints the milestones of a case of an owner: what must be reached by whom, within which limit, and until when.
func PrintMilestones(w io.Writer, c *city.City, list []dispatch.Milestone, owner dispatch.Owner, lang string) {
	label := i18n.F("milestone  ", "节点       ").In(lang)
	for i := range list {
		m := &list[i]
		who := c.UnitName(m.UnitOf(&dispatch.Case{Owner: owner}))
		if h := c.Roster.Holdings(m.Post); m.Post != "" && len(h) > 0 {
			who = i18n.F("%s %s", "%s %s", who, h[0].Role.Text())
		}
		when := i18n.F("due %s", "截止 %s", m.Clock.Due.In(c.Location).Format("2006-01-02 15:04"))
		if m.Clock.Due.IsZero() {
			when = i18n.F("after %s", "在 %s 之后起算", name(list, m.After))
		}
		line := i18n.F("%[1]s, %[2]s: %[3]s, %[4]s", "%[1]s，%[2]s：%[3]s，%[4]s", m.Name, who, m.Clock.Limit.Text(), when)
		fmt.Fprintf(w, "%s%s\n", label, line.In(lang))
	}
}

// name is the name of a milestone by its id.
func name(list []dispatch.Milestone, id string) string {
	for i := range list {
		if list[i].ID == id {
			return cmp.Or(list[i].Name, id)
		}
	}
	return id
}
