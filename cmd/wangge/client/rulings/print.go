package rulings

import (
	"fmt"
	"io"
	"strings"
	"time"

	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/i18n"

	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// printRuling prints a ruling.
func printRuling(c *remote.Server, w io.Writer, p *wanggev1.Precedent, zone *time.Location) error {
	if c.Options.JSON {
		return remote.PrintMessage(w, p, zone)
	}
	row := row(p, zone, c.Options.Lang)
	c.Options.Printer(w, zone).Line("%s  %s  %s (%s)  %s  %s  %s..%s  %s: %s", "%s  %s  %s（%s）  %s  %s  %s..%s  %s：%s",
		row[0], row[1], row[3], row[2], row[4], row[5], row[6], row[7], row[10], row[8])
	return nil
}

// columns are the columns of the export for the quarterly joint meeting (联席会议).
var columns = []string{
	"id", "state", "unit", "unit_name", "categories", "place", "from", "to", "text", "case", "decider", "decided_at", "revoked_at",
	"revoker", "revoke_reason",
}

// row are the cells of columns.
func row(p *wanggev1.Precedent, zone *time.Location, lang string) []string {
	when := func(t *timestamppb.Timestamp) string {
		if t == nil {
			return ""
		}
		return t.AsTime().In(zone).Format("2006-01-02 15:04")
	}
	start, end := p.GetStartTime().AsTime(), p.GetEndTime().AsTime()
	state := i18n.F("ended", "已到期")
	switch {
	case p.GetRevokeTime() != nil:
		state = i18n.F("revoked", "已撤销")
	case p.GetInForce():
		state = i18n.F("in force", "有效")
	case p.GetEndTime() == nil || end.After(start) && start.After(p.GetDecideTime().AsTime()):
		state = i18n.F("to come", "未生效")
	}
	var place string
	switch is := p.GetPlace().(type) {
	case *wanggev1.Precedent_Circle_:
		at := is.Circle.GetCenter()
		place = fmt.Sprintf("%.6f,%.6f ± %s", at.GetLatitude(), at.GetLongitude(), i18n.Metres(is.Circle.GetRadiusM()).In(lang))
	case *wanggev1.Precedent_Area:
		place = remote.UnitID(is.Area)
	case *wanggev1.Precedent_Section:
		place = remote.UnitID(is.Section)
	case *wanggev1.Precedent_Polygons_:
		place = i18n.F("%d {polygon|polygons}", "%d 个面", len(is.Polygons.GetPolygons())).In(lang)
	}
	return []string{
		remote.PrecedentID(p.GetName()), state.In(lang), remote.UnitID(p.GetUnit()), p.GetUnitDisplayName(),
		strings.Join(p.GetCategories(), " "), place,
		when(p.GetStartTime()), when(p.GetEndTime()), p.GetText(), strings.TrimPrefix(p.GetCase(), "cases/"),
		p.GetDeciderDisplayName() + " (" + remote.PersonID(p.GetDecider()) + ")", when(p.GetDecideTime()),
		when(p.GetRevokeTime()), remote.PersonID(p.GetRevoker()), p.GetRevokeReason(),
	}
}
