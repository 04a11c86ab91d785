package city

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch/i18n"
	"wangge/grid"
)

// OldCode is a code that an area had for a time. Example: 230106 was 香坊区 until 2006.
type OldCode struct {
	Code     string
	Area     grid.AreaID
	From, To time.Time // [From, To); zero = open
}

func (l *loader) codes() {
	const file = "codes.csv"
	for _, r := range l.rows(file) {
		c := OldCode{Code: r.Get("code"), Area: grid.AreaID(r.Get("area")), From: r.Day("valid_from"), To: r.Day("valid_to")}
		if c.Code == "" || l.c.Areas[grid.AreaID(c.Code)] != nil {
			r.Report("code", i18n.F("code %q is empty or the id of an area today", "代码 %q 为空或为现行区域编号", c.Code), i18n.F("write only codes that are used no more", "只填写已停用的代码"))
		}
		if l.c.Areas[c.Area] == nil {
			r.Report("area", i18n.F("area %q does not exist", "区域 %q 不存在", c.Area), i18n.F("write an id of areas.geojson", "请填写 areas.geojson 中的编号"))
		}
		r.Order("valid_from", "valid_to", c.From, c.To)
		for _, o := range l.c.OldCodes {
			if o.Code == c.Code && (o.To.IsZero() || c.From.Before(o.To)) && (c.To.IsZero() || o.From.Before(c.To)) {
				r.Report("code", i18n.F("code %s means two areas at one time", "代码 %s 在同一时间对应两个区域", c.Code), i18n.F("let one row end where the next begins", "请使前一行的结束日为后一行的起始日"))
			}
		}
		l.c.OldCodes = append(l.c.OldCodes, c)
	}
}

// AreaOfCode finds the area that a code means: one of today, or one that it meant at an instant; the
// zero instant is any time.
func (c *City) AreaOfCode(code string, at time.Time) (grid.AreaID, bool) {
	if c.Areas[grid.AreaID(code)] != nil {
		return grid.AreaID(code), true
	}
	for _, o := range c.OldCodes {
		if o.Code == code && (at.IsZero() || (o.From.IsZero() || !at.Before(o.From)) && (o.To.IsZero() || at.Before(o.To))) {
			return o.Area, true
		}
	}
	return "", false
}

// codeAt is the code that an area had at an instant: an old one that was valid then, or its id.
func (c *City) codeAt(id grid.AreaID, at time.Time) string {
	i := slices.IndexFunc(c.OldCodes, func(o OldCode) bool {
		return o.Area == id && !at.IsZero() && !o.To.IsZero() && at.Before(o.To) && (o.From.IsZero() || !at.Before(o.From))
	})
	if i < 0 {
		return string(id)
	}
	return c.OldCodes[i].Code
}

// digits reports a code of n digits.
func digits(s string, n int) bool { return len(s) == n && strings.Trim(s, "0123456789") == "" }
