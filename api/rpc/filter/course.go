package filter

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.einride.tech/aip/filtering"

	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/desk/view/attributes"
	"wangge/dispatch/i18n"
)

// course compares a field of where a report came from, of its words, or of what has befallen the case; nil for another field.
func (c *compiler) course(field, op, value string) test {
	switch field {
	case "source":
		return choice(c, op, value, wanggev1.Source_name, func(f view.Attributes) dispatch.Source { return f.Source })
	case "requested":
		return choice(c, op, value, wanggev1.ApprovalKind_name, func(f view.Attributes) dispatch.RequestKind { return f.Course().Requested })
	case "appeal":
		return choice(c, op, value, wanggev1.AppealState_name, func(f view.Attributes) dispatch.AppealState { return f.Course().Appeal })
	case "outcome":
		return choice(c, op, value, wanggev1.Outcome_name, func(f view.Attributes) dispatch.Outcome { return f.Course().Outcome })
	case "satisfaction":
		return choice(c, op, value, wanggev1.Satisfaction_name, func(f view.Attributes) dispatch.Satisfaction { return f.Course().Satisfaction })
	case "arbiter":
		u := c.unit(value)
		return equal(c, op, u, func(f view.Attributes) roster.Unit { return f.Course().Arbiter })
	case "returns":
		return c.number(op, value, func(f view.Attributes) int { return f.Course().Returns })
	case "reworks":
		return c.number(op, value, func(f view.Attributes) int { return f.Course().Reworks })
	case "group":
		id, ok := resource.ParseCase(value)
		if !ok {
			return c.wrong(`%q is not a case; write "cases/20261123-000417"`, `%q 不是案件；请写 "cases/20261123-000417"`, apierr.Clip(value))
		}
		return equal(c, op, id, func(f view.Attributes) dispatch.CaseID {
			if f.ID == id { // the main case belongs to its mass event
				return id
			}
			return f.Course().Group
		})
	case "text":
		return c.words(op, value)
	case "external_id":
		if value == "" {
			return c.wrong("write the whole number that the report has in the system of its source", "请写完整的外部工单号")
		}
		return equal(c, op, value, view.Attributes.External)
	case "caller_phone":
		return c.phone(op, value, attributes.CallerSeen(c.city, c.by, c.now), view.Attributes.CallerPhone)
	case "reporter_phone":
		r := c.city.Roster
		return c.phone(op, value, attributes.ReporterSeen(c.city, c.by, c.now), func(f view.Attributes) string {
			p, _ := r.Person(f.Reporter)
			return p.Phone
		})
	default:
		return nil
	}
}

// words keeps the cases whose report has a text in its words. Case is ignored.
func (c *compiler) words(op, value string) test {
	part := strings.ToLower(value)
	switch {
	case part == "":
		return c.wrong("an empty text is in every report; write a part of its words", "不能为空；请写上报内容中的文字")
	case op == filtering.FunctionNotEquals:
		return func(f view.Attributes) bool { return !strings.Contains(strings.ToLower(f.Text), part) }
	case op == filtering.FunctionEquals, op == filtering.FunctionHas:
		return func(f view.Attributes) bool { return strings.Contains(strings.ToLower(f.Text), part) }
	default:
		return c.wrong("%q does not fit this field; write = or !=", "此字段不支持 %q；请用 = 或 !=", op)
	}
}

// minDigits is how many digits of a phone must be given: 12345 is a phone.
const minDigits = 5

// phone compares a phone as it is dialled: spaces, hyphens, brackets and China's +86 do not count. Neither = nor != holds of a
// case of which the phone may not be seen or is not known.
func (c *compiler) phone(op, value string, seen func(view.Attributes) bool, of func(view.Attributes) string) test {
	c.contacts = true
	want := dialled(value)
	if len(want) < minDigits {
		return c.wrong("%[1]q is no phone; write it in whole, at least %[2]d digits", "%[1]q 不是电话号码；请写完整号码，至少 %[2]d 位数字",
			apierr.Clip(value), minDigits)
	}
	same := equal(c, op, want, func(f view.Attributes) string { return dialled(of(f)) })
	return func(f view.Attributes) bool { return seen(f) && of(f) != "" && same(f) }
}

// dialled is a phone without what only the eye needs. An asterisk stands for a digit that is not known, and stays.
func dialled(phone string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '*' || r == '+' {
			return r
		}
		return -1
	}, phone)
	return strings.TrimPrefix(strings.TrimPrefix(digits, "+86"), "+")
}

// number compares a whole number.
func (c *compiler) number(op, value string, of func(view.Attributes) int) test {
	n, err := strconv.Atoi(value)
	if err != nil {
		return c.wrong("%q is not a number; write 0, 1, 2 …", "%q 不是数字；请写 0、1、2…", apierr.Clip(value))
	}
	return ordered(c, op, func(f view.Attributes) int { return of(f) - n })
}

// choice compares a value that the wire names: "hotline" or "SOURCE_HOTLINE"; "none" is the unspecified one. The domain
// counts the values as the wire does.
func choice[T ~int](c *compiler, op, value string, names map[int32]string, of func(view.Attributes) T) test {
	prefix := strings.TrimSuffix(names[0], "UNSPECIFIED")
	var all []string
	for _, n := range slices.Sorted(maps.Keys(names)) {
		word := strings.ToLower(strings.TrimPrefix(names[n], prefix))
		if n == 0 {
			word = "none"
		}
		if strings.EqualFold(strings.TrimPrefix(value, prefix), word) {
			return equal(c, op, T(n), of)
		}
		all = append(all, word)
	}
	list := i18n.List(all...)
	return c.wrong("%[1]q is none of these: %[2]s", "%[1]q 不在以下取值之中：%[2]s", apierr.Clip(value), list)
}
