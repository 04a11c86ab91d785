package request

import (
	"maps"
	"slices"

	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/lookup"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/i18n"
)

// Queue reads a queue; unspecified is none.
func (f *Reader) Queue(at string, q wanggev1.CaseQueue) view.Queue {
	if _, ok := wanggev1.CaseQueue_name[int32(q)]; !ok {
		var names []string
		for _, n := range slices.Sorted(maps.Keys(wanggev1.CaseQueue_name))[1:] {
			names = append(names, wanggev1.CaseQueue_name[n])
		}
		f.Add(at, i18n.F("%[1]d is no queue; write one of %[2]s, or leave it out", "%[1]d 不是队列；请填写 %[2]s 之一，或省略", q, i18n.List(names...)))
		return view.NoQueue
	}
	return view.Queue(q)
}

// Whose reads the scope of a list: the name of a unit, or of a person, also of those that a revision removed.
func (f *Reader) Whose(name string) (roster.Unit, roster.PersonID) {
	if _, ok := resource.ParsePerson(name); ok {
		p, wrong := lookup.Somebody(f.City, name)
		f.note("scope", wrong)
		return roster.Unit{}, p
	}
	if _, ok := resource.ParseUnit(name); !ok {
		f.Add("scope", i18n.F("%q: write areas/230102, departments/GREEN, sections/ID, points/ID or people/p-17",
			"%q：请写成 areas/230102、departments/GREEN、sections/编号、points/编号 或 people/p-17", apierr.Clip(name)))
		return roster.Unit{}, ""
	}
	return f.Scope(name), ""
}

// Watched reads the scope of a watch: a unit, or the caller, who alone watches what waits for the caller.
func (f *Reader) Watched(name string, caller roster.PersonID) (unit roster.Unit, self bool) {
	if id, ok := resource.ParsePerson(name); ok {
		if string(id) != string(caller) {
			f.Add("scope", i18n.F("%q: a person watches only what waits for oneself; write %s, or a unit",
				"%q：只能关注等待本人处理的案件；请填写 %s 或单位", apierr.Clip(name), resource.Person(caller)))
		}
		return roster.Unit{}, true
	}
	unit, _ = f.Whose(name)
	return unit, false
}
