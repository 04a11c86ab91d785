package written

import (
	"fmt"
	"strings"
)

// Matters writes the categories of a city, and the conditions of those that have milestones. The zero value is ready for use.
type Matters struct {
	categories, conditions strings.Builder
	n                      int
	last                   [5]any // the condition of the last category, until a milestone asks for it: code, number, severity, limit, unit
	named                  bool
}

// Add adds a category with its limit. off says that nobody puts the matter right on the spot.
func (m *Matters) Add(code, severity string, limit int, unit string, off bool) {
	spot := ""
	if off {
		spot = "no"
	}
	fmt.Fprintf(&m.categories, "%s,event,类,Class,事%d,Matter %d,%s,%d,%s,done,,%s\n", code, m.n, m.n, severity, limit, unit, spot)
	m.last, m.named = [5]any{code, m.n, severity, limit, unit}, false
	m.n++
}

// AddMilestone adds a milestone of the last category: it begins with the dispatch, or after another one.
func (m *Matters) AddMilestone(id, after string, limit int, unit string) {
	if !m.named {
		fmt.Fprintf(&m.conditions, "%s,1,事%d,%s,%d,%s,done,,\n", m.last[:]...)
		m.named = true
	}
	fmt.Fprintf(&m.conditions, "%s,1,%s,%s,%d,%s,done,%s,%s\n", m.last[0], id, m.last[2], limit, unit, id, after)
}

// Files are categories.csv and conditions.csv.
func (m *Matters) Files() (categories, conditions []byte) {
	return []byte("code,kind,class,class_en,name,name_en,severity,limit,limit_unit,closing,parent,self_resolve\n" + m.categories.String()),
		[]byte("code,condition,name,severity,limit,limit_unit,closing,milestone,after\n" + m.conditions.String())
}
