package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// Printer writes lines for people.
type Printer struct {
	W    io.Writer
	Lang string
	Zone *time.Location
}

// Line prints a line in the language of the printer, with the same arguments in either; an argument may be an i18n.Text. Line ends inside
// arguments are replaced, so that texts of people stay on their line.
func (p Printer) Line(en, zh string, args ...any) {
	if p.Lang == "zh" {
		en = zh
	}
	for i, a := range args {
		switch a := a.(type) {
		case i18n.Text:
			args[i] = i18n.OneLine(a.In(p.Lang))
		case string:
			args[i] = i18n.OneLine(a)
		}
	}
	fmt.Fprintf(p.W, i18n.Plural(en, args...)+"\n", args...)
}

// In is a text in the language of the printer.
func (p Printer) In(en, zh string, args ...any) string { return i18n.F(en, zh, args...).In(p.Lang) }

// Labelled is a value behind its label and two spaces, or "" without a value.
func (p Printer) Labelled(en, zh, value string) string {
	if value == "" {
		return ""
	}
	return "  " + p.In(en, zh) + " " + value
}

// Named is the name of a unit or person with the id after it, or the id alone.
func Named(name, id string) i18n.Text {
	if name == "" || name == id {
		return i18n.Text{En: id, Zh: id}
	}
	return i18n.Text{En: name + " (" + id + ")", Zh: name + "（" + id + "）"}
}

// ActText is an act as it is typed, followed by its name in Chinese.
func ActText(act string) i18n.Text {
	return i18n.Text{En: act, Zh: strings.TrimSpace(act + " " + dispatch.Act(act).Text().Zh)}
}

// PlaceErrorText says why a position or a category could not be routed in a city, with the names of areas and readable distances.
func PlaceErrorText(c *city.City, err error) i18n.Text {
	outside, ok := errors.AsType[*grid.OutsideError](err)
	if wrong, bad := errors.AsType[*grid.PositionError](err); bad {
		return routing.PositionErrorText(wrong)
	}
	if !ok {
		return i18n.Of(err)
	}
	near, far := c.UnitName(roster.Unit{Kind: roster.UnitArea, ID: string(outside.NearestArea)}), i18n.Metres(outside.DistanceM)
	text := i18n.F("%.6[1]f,%.6[2]f is outside the city: %[3]s is %[4]s away, bearing %.0[7]f°", "%.6[1]f,%.6[2]f 位于城市之外：距%[5]s %[6]s，方位 %.0[7]f°",
		outside.Point.Lat, outside.Point.Lng, near.En, far.En, near.Zh, far.Zh, outside.BearingDeg)
	if g := routing.GuessText(outside.Likely); g.En != "" {
		text = i18n.Text{En: text.En + "; " + g.En, Zh: text.Zh + "；" + g.Zh}
	}
	return text
}
