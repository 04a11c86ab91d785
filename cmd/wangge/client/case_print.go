package client

import (
	"fmt"
	"io"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/i18n"

	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// casePrinter prints cases and their parts: clocks, events, notices.
type casePrinter struct{ cli.Printer }

// printer returns a printer to w. zone may be nil if no time is printed.
func (c *client) printer(w io.Writer, zone *time.Location) casePrinter {
	return casePrinter{c.Options.Printer(w, zone)}
}

// minute is an instant in the zone of the printer, to the minute; "-" for none.
func (p casePrinter) minute(t *timestamppb.Timestamp) string {
	if t == nil {
		return "-"
	}
	return t.AsTime().In(p.Zone).Format("2006-01-02 15:04")
}

// stage is the stage of a case in both languages.
func stage(s wanggev1.Stage) i18n.Text { return dispatch.Stage(s).Text() }

// limitText is a limit of the wire in words; empty for none.
func limitText(l *wanggev1.Limit) i18n.Text {
	if l == nil {
		return i18n.Text{}
	}
	return limitOf(l).Text()
}

func limitOf(l *wanggev1.Limit) calendar.Limit {
	return calendar.Limit{N: int(l.GetCount()), Unit: calendar.Unit(l.GetUnit())}
}

// caseLine prints a case on one line.
func (p casePrinter) caseLine(c *wanggev1.Case) {
	place := ""
	if as := c.GetPlace().GetAreas(); len(as) > 0 {
		place = as[len(as)-1].GetDisplayName()
	}
	if c.GetPlace().GetUnlocated() {
		place += p.In(" (no position)", "（无位置）")
	}
	owner := "-"
	if o := c.GetOwner(); o != nil {
		owner = fmt.Sprintf("%s (%s)", o.GetUnitDisplayName(), o.GetPersonDisplayName())
	}
	late := ""
	if c.GetOverdue() {
		by := i18n.Lasting(c.GetLate().AsDuration())
		late = p.In("  late %[1]s", "  已超时 %[2]s", by.En, by.Zh)
	}
	for _, d := range c.GetLateParts() {
		if d.GetMilestone() != "" {
			late += p.In("; milestone %[1]s %[2]s of %[3]s", "；节点 %[1]s %[2]s（%[3]s）", d.GetMilestone(), d.GetDisplayName(), d.GetUnitDisplayName())
		} else {
			late += p.In("; co-owner %[1]s: %[2]s", "；协办 %[1]s：%[2]s", d.GetUnitDisplayName(), d.GetDuty())
		}
	}
	p.Line("%s  %-12s  %s  %s  %s  due %s%s", "%s  %s  %s  %s  %s  时限 %s%s", c.GetName(), stage(c.GetStage()), c.GetCategoryDisplayName(), place, owner, p.minute(c.GetDueTime()), late)
}
