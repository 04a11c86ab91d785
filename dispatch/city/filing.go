package city

import (
	"slices"

	"wangge/dispatch/city/catalog"
)

// FilingRule is one entry of filing in city.yaml: whether reports of some sources and categories are filed as they come
// in, or wait for the desk. Entries are tried in the order of the file; the first that matches decides.
type FilingRule struct {
	Sources    []string          // of reports, as in Source.String; none = every source but past records
	Categories []catalog.Pattern // none = every category
	Desk       bool              // the desk files: an acceptor takes the report up and chooses its condition
}

// MaxFilingRules bounds the entries of filing.
const MaxFilingRules = 100

// FiledAtOnce reports whether the city files a report of a source and category without the desk. Without an entry that
// matches: an inspector's report alone.
func (c *City) FiledAtOnce(source string, code catalog.Code) bool {
	cat := c.Categories[code]
	for i := range c.Filing {
		r := &c.Filing[i]
		if len(r.Sources) > 0 && !slices.Contains(r.Sources, source) {
			continue
		}
		if len(r.Categories) == 0 || cat != nil && slices.ContainsFunc(r.Categories, func(p catalog.Pattern) bool { return p.Covers(cat) }) {
			return !r.Desk
		}
	}
	return source == "inspector"
}
