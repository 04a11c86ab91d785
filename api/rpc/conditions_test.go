package rpc

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"wangge/api/resource"
	"wangge/api/rpc/filter"
	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/rights"
	"wangge/grid"
)

// condition is a filter in words and as the model understands it.
type condition struct {
	text string
	keep func(*dispatch.Case) bool
}

// condition draws a filter of a reader.
func (l *lister) condition(who roster.PersonID, depth int) condition {
	if depth > 0 {
		switch rapid.IntRange(0, 4).Draw(l.T, "shape") {
		case 0:
			a, b := l.condition(who, depth-1), l.condition(who, depth-1)
			return condition{"(" + a.text + ") AND (" + b.text + ")", func(cs *dispatch.Case) bool { return a.keep(cs) && b.keep(cs) }}
		case 1:
			a, b := l.condition(who, depth-1), l.condition(who, depth-1)
			return condition{"(" + a.text + ") OR (" + b.text + ")", func(cs *dispatch.Case) bool { return a.keep(cs) || b.keep(cs) }}
		case 2:
			a := l.condition(who, depth-1)
			return condition{"NOT (" + a.text + ")", func(cs *dispatch.Case) bool { return !a.keep(cs) }}
		}
	}
	pick := func(what string, of ...string) string { return rapid.SampledFrom(of).Draw(l.T, what) }
	not := rapid.Bool().Draw(l.T, "unequal")
	equal := func(field, value string, is func(*dispatch.Case) bool) condition {
		op := " = "
		if not {
			op = " != "
		}
		return condition{field + op + `"` + value + `"`, func(cs *dispatch.Case) bool { return is(cs) != not }}
	}
	hours := time.Duration(rapid.IntRange(-12, 12).Draw(l.T, "hours")) * time.Hour
	at := l.w.Now().Add(hours).Truncate(time.Second)
	switch field := pick("field", filter.Fields()...); field {
	case "stage":
		v := pick("stage", "reported", "dispatched", "handling", "checking", "closed", "returned", "suspended")
		return equal(field, v, func(cs *dispatch.Case) bool { return cs.Stage.String() == v })
	case "severity":
		v := pick("severity", "A", "B", "C")
		return equal(field, v, func(cs *dispatch.Case) bool { return cs.Severity == catalog.SeverityA+catalog.Severity(v[0]-'A') })
	case "category":
		v := pick("category", "E01", "E02", "C01", "E*")
		if v == "E*" {
			return condition{`category = "E*"`, func(cs *dispatch.Case) bool { return cs.Category[0] == 'E' }}
		}
		return equal(field, v, func(cs *dispatch.Case) bool { return string(cs.Category) == v })
	case "light":
		v := pick("light", "green", "yellow", "red")
		return equal(field, v, func(cs *dispatch.Case) bool {
			return cs.NextStep > 0 && l.c.Policies[cs.EscalationPolicy].Steps[min(cs.NextStep, len(l.c.Policies[cs.EscalationPolicy].Steps))-1].Light == v
		})
	case "escalation_step":
		return condition{"escalation_step >= 2", func(cs *dispatch.Case) bool { return cs.NextStep >= 2 }}
	case "owner", "co_owner":
		v := pick("owner", "area:W", "area:E", "area:g1", "department:WATER", "department:GREEN", "section:park", "section:pipe", "point:shop", "point:yard")
		return equal(field, nameOf(v), func(cs *dispatch.Case) bool {
			if field == "owner" {
				return cs.Owner.Unit.String() == v
			}
			return slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Unit.String() == v })
		})
	case "person", "handler", "reporter":
		v := rapid.SampledFrom(l.c.Roster.People()).Draw(l.T, "who").ID
		return equal(field, resource.Person(v), func(cs *dispatch.Case) bool {
			return field == "handler" && cs.Handler == v || field == "reporter" && cs.Report.Reporter == v || field == "person" && cs.Owner.Post != "" && personAt(string(cs.Owner.Post)) == v
		})
	case "area":
		v := pick("area", "T", "W", "E", "W1", "W1a", "g1", "E1")
		return equal(field, "areas/"+v, func(cs *dispatch.Case) bool { return liesIn("area:"+v, cs.Place.Point) })
	case "section":
		v := pick("section", "park", "lawn", "pipe")
		return equal(field, "sections/"+v, func(cs *dispatch.Case) bool { return liesIn("section:"+v, cs.Place.Point) })
	case "point":
		v := pick("point", "shop", "school", "yard")
		return equal(field, "points/"+v, func(cs *dispatch.Case) bool { return liesIn("point:"+v, cs.Place.Point) })
	case "create_time":
		return condition{fmt.Sprintf("create_time < %q", at.Format(time.RFC3339)), func(cs *dispatch.Case) bool { return cs.Report.ReceivedAt.Before(at) }}
	case "due_time":
		return condition{fmt.Sprintf("due_time >= %q", at.Format(time.RFC3339)), func(cs *dispatch.Case) bool { return !cs.Clock.Due.IsZero() && !cs.Clock.Due.Before(at) }}
	case "overdue":
		return equal(field, "true", func(cs *dispatch.Case) bool { return !firstDue(cs).IsZero() && firstDue(cs).Before(l.w.Now()) })
	case "unlocated":
		return equal(field, "true", func(cs *dispatch.Case) bool { return cs.Report.Position == (grid.Position{}) })
	case "source":
		v := pick("source", "inspector", "hotline", "SOURCE_VIDEO")
		return equal(field, v, func(cs *dispatch.Case) bool {
			return strings.EqualFold(cs.Report.Source.String(), strings.TrimPrefix(v, "SOURCE_"))
		})
	case "supervised":
		return equal(field, "true", func(cs *dispatch.Case) bool { return cs.Unanswered })
	case "requested":
		v := rapid.IntRange(0, 4).Draw(l.T, "requested")
		return equal(field, []string{"none", "extension", "suspension", "force_close", "appeal"}[v], func(cs *dispatch.Case) bool { return int(cs.Request.Kind) == v })
	case "arbiter":
		v := pick("arbiter", "area:T", "area:W", "department:GREEN")
		return equal(field, nameOf(v), func(cs *dispatch.Case) bool { return cs.Arbiter.String() == v })
	case "returns":
		return condition{"returns >= 1", func(cs *dispatch.Case) bool { return cs.Returns >= 1 }}
	case "reworks":
		return condition{"reworks > 0", func(cs *dispatch.Case) bool { return cs.Reworks > 0 }}
	case "group":
		v := rapid.SampledFrom(l.ids(func(*dispatch.Case) bool { return true })).Draw(l.T, "group")
		return equal(field, resource.Case(v), func(cs *dispatch.Case) bool { return cs.Group == v || cs.ID == v })
	case "appeal":
		v := rapid.IntRange(0, 3).Draw(l.T, "appeal")
		return equal(field, []string{"none", "filed", "upheld", "exempted"}[v], func(cs *dispatch.Case) bool { return int(cs.Appeal) == v })
	case "outcome":
		v := rapid.IntRange(0, 2).Draw(l.T, "outcome")
		return equal(field, []string{"none", "fixed", "not_fixed"}[v], func(cs *dispatch.Case) bool { return int(cs.Outcome) == v })
	case "satisfaction":
		v := rapid.IntRange(0, 4).Draw(l.T, "satisfaction")
		return equal(field, []string{"none", "very_satisfied", "satisfied", "dissatisfied", "not_reached"}[v], func(cs *dispatch.Case) bool { return int(cs.Satisfaction) == v })
	case "close_time":
		return condition{fmt.Sprintf("close_time >= %q", at.Format(time.RFC3339)), func(cs *dispatch.Case) bool { return !cs.ClosedAt.IsZero() && !cs.ClosedAt.Before(at) }}
	case "text":
		v := pick("text", "井盖", "路灯", "7号", "a")
		return equal(field, v, func(cs *dispatch.Case) bool { return strings.Contains(strings.ToLower(cs.Report.Text), v) })
	case "external_id":
		v := pick("number", "n-1", "n-2", "n-3")
		return equal(field, v, func(cs *dispatch.Case) bool { return cs.Report.ExternalID == v })
	case "caller_phone", "reporter_phone":
		v := pick("phone", "13904517788", "+86 139-0451-7789", "0451-0000001", "0451 0000002")
		dialled := strings.NewReplacer(" ", "", "-", "", "+86", "")
		return condition{equal(field, v, nil).text, func(cs *dispatch.Case) bool {
			p, _ := l.c.Roster.Person(cs.Report.Reporter)
			phone, sees := p.Phone, rights.MaySeeReporter(l.c, who, cs, nil, l.w.Now())
			if field == "caller_phone" {
				phone, sees = cs.Report.Caller.Phone, rights.MaySeeCaller(l.c, who, cs, nil, l.w.Now())
			}
			return sees && phone != "" && (dialled.Replace(phone) == dialled.Replace(v)) != not
		}}
	default:
		l.Fatalf("the model does not know the field %s", field)
		return condition{}
	}
}
