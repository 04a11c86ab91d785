package record

import (
	"cmp"
	"maps"
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	pb "wangge/dispatch/desk/record/recordv1"
	"wangge/dispatch/i18n"
)

func compareUnits(a, b roster.Unit) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}

func unitRecord(u roster.Unit) *pb.UnitRecord { return &pb.UnitRecord{Kind: int32(u.Kind), Id: u.ID} }

func textRecord(t i18n.Text) *pb.TextRecord { return &pb.TextRecord{En: t.En, Zh: t.Zh} }

func textFrom(m *pb.TextRecord) i18n.Text { return i18n.Text{En: m.GetEn(), Zh: m.GetZh()} }

// formerRecords is the stored form of what an apply removed, in the order of the ids.
func formerRecords(f *city.Former) ([]*pb.CategoryRecord, []*pb.FormerUnitRecord, []*pb.FormerPersonRecord) {
	var categories []*pb.CategoryRecord
	for _, code := range slices.Sorted(maps.Keys(f.Categories)) {
		categories = append(categories, &pb.CategoryRecord{Code: string(code), Name: textRecord(f.Categories[code])})
	}
	var units []*pb.FormerUnitRecord
	for _, u := range slices.SortedFunc(maps.Keys(f.Units), compareUnits) {
		units = append(units, &pb.FormerUnitRecord{Unit: unitRecord(u), Name: textRecord(f.Units[u].Name), Parent: unitRecord(f.Units[u].Parent)})
	}
	var people []*pb.FormerPersonRecord
	for _, id := range slices.Sorted(maps.Keys(f.People)) {
		people = append(people, &pb.FormerPersonRecord{Id: string(id), Name: f.People[id]})
	}
	return categories, units, people
}

// formerFrom reads what formerRecords wrote. Versions before the units and the people wrote the categories alone.
func formerFrom(m *pb.ApplyRecord) city.Former {
	var out city.Former
	for _, f := range m.GetFormer() {
		out.Add(city.Former{Categories: map[catalog.Code]i18n.Text{catalog.Code(f.GetCode()): textFrom(f.GetName())}})
	}
	for _, f := range m.GetFormerUnits() {
		out.Add(city.Former{Units: map[roster.Unit]city.FormerUnit{
			unitOf(f.GetUnit()): {Name: textFrom(f.GetName()), Parent: unitOf(f.GetParent())},
		}})
	}
	for _, f := range m.GetFormerPeople() {
		out.Add(city.Former{People: map[roster.PersonID]string{roster.PersonID(f.GetId()): f.GetName()}})
	}
	return out
}

// successorRecords is the stored form of successors; nil for none.
func successorRecords(s *city.Successors) *pb.SuccessorsRecord {
	if s.Empty() {
		return nil
	}
	m := &pb.SuccessorsRecord{}
	for _, u := range slices.SortedFunc(maps.Keys(s.Units), compareUnits) {
		m.Units = append(m.Units, &pb.UnitSuccessorRecord{Former: unitRecord(u), Successor: unitRecord(s.Units[u])})
	}
	for _, code := range slices.Sorted(maps.Keys(s.Categories)) {
		m.Categories = append(m.Categories, &pb.SuccessorRecord{Former: string(code), Successor: string(s.Categories[code])})
	}
	for _, id := range slices.Sorted(maps.Keys(s.People)) {
		m.People = append(m.People, &pb.SuccessorRecord{Former: string(id), Successor: string(s.People[id])})
	}
	return m
}

// successorsFrom reads what successorRecords wrote.
func successorsFrom(m *pb.SuccessorsRecord) city.Successors {
	var out city.Successors
	if len(m.GetUnits()) > 0 {
		out.Units = map[roster.Unit]roster.Unit{}
	}
	for _, r := range m.GetUnits() {
		out.Units[unitOf(r.GetFormer())] = unitOf(r.GetSuccessor())
	}
	if len(m.GetCategories()) > 0 {
		out.Categories = map[catalog.Code]catalog.Code{}
	}
	for _, r := range m.GetCategories() {
		out.Categories[catalog.Code(r.GetFormer())] = catalog.Code(r.GetSuccessor())
	}
	if len(m.GetPeople()) > 0 {
		out.People = map[roster.PersonID]roster.PersonID{}
	}
	for _, r := range m.GetPeople() {
		out.People[roster.PersonID(r.GetFormer())] = roster.PersonID(r.GetSuccessor())
	}
	return out
}
