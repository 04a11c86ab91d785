package rpc

import (
	"strings"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
)

// nameOf is the name on the wire of a unit or a person that a test names as kind:ID.
func nameOf(text string) string {
	if id, ok := strings.CutPrefix(text, "person:"); ok {
		return resource.Person(roster.PersonID(id))
	}
	u, err := roster.ParseUnit(text)
	if err != nil {
		panic(err)
	}
	return resource.Unit(u)
}

// wardOf is a unit as a test names it, by its name on the wire.
func wardOf(name string) string {
	u, ok := resource.ParseUnit(name)
	if !ok {
		return name
	}
	return u.String()
}

// personOf is the id of a person by the name on the wire.
func personOf(name string) roster.PersonID {
	id, _ := resource.ParsePerson(name)
	return id
}

// eventWord is the kind of an event as the domain has it.
func eventWord(k wanggev1.EventKind) string { return dispatch.EventKind(k).String() }
