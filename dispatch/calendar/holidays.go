package calendar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"time"
	"wangge/dispatch/say"
)

type mark struct {
	name string
	off  bool
}

func (p *parser) holidays(files map[string][]byte) (map[int]mark, map[int]bool) {
	days, known := map[int]mark{}, map[int]bool{}
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, name := range names {
		b := files[name]
		bad := func(line int, msg, hint say.Text) { p.faults.Add("holidays/"+name, line, msg, hint) }
		var f struct {
			Year int
			Days []struct {
				Name, Date string
				IsOffDay   *bool
			}
		}
		if err := json.Unmarshal(b, &f); err != nil {
			line := 0
			if se, ok := errors.AsType[*json.SyntaxError](err); ok {
				line = 1 + bytes.Count(b[:min(int(se.Offset), len(b))], []byte("\n"))
			}
			bad(line, say.F("can't be read as JSON: %v", "不是有效的 JSON：%v", err), say.F("compare with another year's file", "请对照其他年份的文件"))
			continue
		}
		if name != fmt.Sprintf("%d.json", f.Year) || f.Year < firstYear || f.Year > lastYear {
			bad(0, say.F("the file is named %[1]s but its year is %[2]d", "文件名为 %[1]s，但年份是 %[2]d", name, f.Year), say.F("name it %d.json", "请命名为 %d.json", f.Year))
			continue
		}
		seen := map[int]bool{}
		for _, d := range f.Days {
			i := bytes.Index(b, []byte(`"`+d.Date+`"`))
			line := 1 + bytes.Count(b[:max(i, 0)], []byte("\n"))
			t, err := time.Parse("2006-01-02", d.Date)
			switch {
			case err != nil:
				bad(line, say.F("%q is not a date", "%q 不是日期", d.Date), write(`"2026-10-01"`))
			case d.IsOffDay == nil:
				bad(line, say.F("%s has no isOffDay", "%s 缺少 isOffDay", d.Date), say.F("true for a day off, false for a make-up work day", "休息日为 true，调休上班为 false"))
			case t.Year() < firstYear || t.Year() > lastYear || t.Year() < f.Year-1 || t.Year() > f.Year+1:
				bad(line, say.F("%[1]s does not belong to %[2]d", "%[1]s 不属于 %[2]d 年", d.Date, f.Year), say.F("move it to its own year's file", "请移至对应年份的文件"))
			default:
				n := dayOf(t.Year(), t.Month(), t.Day())
				if seen[n] {
					bad(line, say.F("%s is listed twice", "%s 重复", d.Date), say.F("keep one", "请只保留一个"))
				}
				seen[n] = true
				if _, ok := days[n]; !ok || t.Year() == f.Year { // a year's own file wins
					days[n] = mark{d.Name, *d.IsOffDay}
				}
			}
		}
		known[f.Year] = len(f.Days) > 0 // an empty file is a year not yet announced
	}
	return days, known
}
