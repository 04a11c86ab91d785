package record

import (
	"fmt"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	pb "wangge/dispatch/desk/record/recordv1"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// File is one file of a kept city directory.
type File struct {
	Name string
	Size int64
	Hash []byte // sha-256 of its bytes
}

// Head says which revision decides now.
type Head struct {
	Current, Last uint64 // numbers of applies
	Base          string
}

// Policy says what becomes of open cases when another revision takes effect.
type Policy int

// Policies; zero is unset.
const (
	PolicyUnknown Policy = iota
	Keep                 // who answers for an open case goes on answering; only new cases see the revision
	Reroute              // each open case that the revision would move is moved, as an event of its own
	Move                 // as Keep, but a case that would be left to nobody is moved
)

// Apply is one apply of a city directory.
type Apply struct {
	Number        uint64
	Base, Against string
	Person        roster.PersonID
	Post          roster.PostID
	At            time.Time
	EffectiveFrom time.Time
	EffectiveAt   time.Time // zero = not yet
	Withdrawn     bool
	WithdrawnBy   roster.PersonID
	Note, Waiver  string
	Waived        []i18n.Text // the gaps that the waiver names
	Policy        Policy
	Backfill      Backfill
	Changes       []i18n.Text // against the revision before, in short. Example: "rules.csv:12: …"

	Former     city.Former     // what the revision before had and this one has not
	Successors city.Successors // what takes the place of what is removed
}

// Backfill is how far the open cases have been evaluated after a revision became active.
type Backfill struct {
	After                    uint64 // the last case looked at
	Seen, Moved, Kept, Stuck int
	Done                     bool
}

// PrecedentChange is a ruling made, or, without one, revoked.
type PrecedentChange struct {
	ID     string
	At     time.Time
	Person roster.PersonID
	Post   roster.PostID
	Ruling *city.Precedent
	Why    string
}

// EncodeDirectory returns the stored form of a directory's list of files.
func EncodeDirectory(files []File) ([]byte, error) {
	m := &pb.DirectoryRecord{}
	for _, f := range files {
		m.Files = append(m.Files, &pb.FileRecord{Name: f.Name, Size: f.Size, Sha256: f.Hash})
	}
	return encode(Version, m)
}

// DecodeDirectory reads what EncodeDirectory wrote.
func DecodeDirectory(b []byte) ([]File, error) {
	var m pb.DirectoryRecord
	if err := decode(b, Version, &m); err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	var out []File
	for _, f := range m.GetFiles() {
		if f.GetName() == "" || len(f.GetSha256()) != 32 || f.GetSize() < 0 {
			return nil, fmt.Errorf("directory: file %q: %w", f.GetName(), ErrCorrupt)
		}
		out = append(out, File{f.GetName(), f.GetSize(), f.GetSha256()})
	}
	return out, nil
}

// EncodeHead returns the stored form of a head.
func EncodeHead(h Head) ([]byte, error) {
	return encode(Version, &pb.HeadRecord{Current: h.Current, Last: h.Last, Base: h.Base})
}

// DecodeHead reads what EncodeHead wrote.
func DecodeHead(b []byte) (Head, error) {
	var m pb.HeadRecord
	if err := decode(b, Version, &m); err != nil {
		return Head{}, fmt.Errorf("head: %w", err)
	}
	if m.GetBase() == "" || m.GetCurrent() == 0 || m.GetLast() < m.GetCurrent() {
		return Head{}, fmt.Errorf("head %d of %d: %w", m.GetCurrent(), m.GetLast(), ErrCorrupt)
	}
	return Head{m.GetCurrent(), m.GetLast(), m.GetBase()}, nil
}

// EncodeApply returns the stored form of an apply.
func EncodeApply(a *Apply) ([]byte, error) {
	m := &pb.ApplyRecord{
		Number:        a.Number,
		Base:          a.Base,
		Against:       a.Against,
		Person:        string(a.Person),
		Post:          string(a.Post),
		At:            stamp(a.At),
		EffectiveFrom: stamp(a.EffectiveFrom),
		EffectiveAt:   stamp(a.EffectiveAt),
		Withdrawn:     a.Withdrawn,
		WithdrawnBy:   string(a.WithdrawnBy),
		Note:          a.Note,
		Waiver:        a.Waiver,
		Policy:        int32(a.Policy),
		Sweep: &pb.SweepRecord{
			After: a.Backfill.After,
			Seen:  int64(a.Backfill.Seen),
			Moved: int64(a.Backfill.Moved),
			Kept:  int64(a.Backfill.Kept),
			Stuck: int64(a.Backfill.Stuck),
			Done:  a.Backfill.Done,
		},
	}
	for _, w := range a.Waived {
		m.Waived = append(m.Waived, &pb.TextRecord{En: w.En, Zh: w.Zh})
	}
	for _, c := range a.Changes {
		m.Changes = append(m.Changes, &pb.TextRecord{En: c.En, Zh: c.Zh})
	}
	m.Former, m.FormerUnits, m.FormerPeople = formerRecords(&a.Former)
	m.Successors = successorRecords(&a.Successors)
	return encode(Version, m)
}

// DecodeApply reads what EncodeApply wrote.
func DecodeApply(b []byte) (*Apply, error) {
	var m pb.ApplyRecord
	if err := decode(b, Version, &m); err != nil {
		return nil, fmt.Errorf("apply: %w", err)
	}
	if m.GetNumber() == 0 || m.GetBase() == "" || m.GetPolicy() <= 0 || m.GetPolicy() > int32(Move) {
		return nil, fmt.Errorf("apply %d: policy %d: %w", m.GetNumber(), m.GetPolicy(), ErrCorrupt)
	}
	s := m.GetSweep()
	a := &Apply{
		Number:        m.GetNumber(),
		Base:          m.GetBase(),
		Against:       m.GetAgainst(),
		Person:        roster.PersonID(m.GetPerson()),
		Post:          roster.PostID(m.GetPost()),
		At:            stampOf(m.GetAt()),
		EffectiveFrom: stampOf(m.GetEffectiveFrom()),
		EffectiveAt:   stampOf(m.GetEffectiveAt()),
		Withdrawn:     m.GetWithdrawn(),
		WithdrawnBy:   roster.PersonID(m.GetWithdrawnBy()),
		Note:          m.GetNote(),
		Waiver:        m.GetWaiver(),
		Policy:        Policy(m.GetPolicy()),
		Backfill:      Backfill{s.GetAfter(), int(s.GetSeen()), int(s.GetMoved()), int(s.GetKept()), int(s.GetStuck()), s.GetDone()},
	}
	for _, w := range m.GetWaived() {
		a.Waived = append(a.Waived, i18n.Text{En: w.GetEn(), Zh: w.GetZh()})
	}
	for _, c := range m.GetChanges() {
		a.Changes = append(a.Changes, i18n.Text{En: c.GetEn(), Zh: c.GetZh()})
	}
	a.Former, a.Successors = formerFrom(&m), successorsFrom(m.GetSuccessors())
	return a, nil
}

// EncodePrecedent returns the stored form of a change of the precedents.
func EncodePrecedent(c *PrecedentChange) ([]byte, error) {
	m := &pb.PrecedentRecord{Id: c.ID, At: stamp(c.At), Person: string(c.Person), Post: string(c.Post), Why: c.Why}
	if p := c.Ruling; p != nil {
		m.Ruling = &pb.RulingRecord{
			UnitKind:   int32(p.Unit.Kind),
			Unit:       p.Unit.ID,
			OwnerKind:  int32(p.Kind),
			Categories: p.Categories,
			Lat:        p.Point.Lat,
			Lng:        p.Point.Lng,
			RadiusM:    p.RadiusM,
			Section:    p.Section,
			Area:       string(p.Area),
			From:       stamp(p.From),
			To:         stamp(p.To),
			Text:       p.Text,
			CaseId:     p.Case,
			Decider:    string(p.Decider),
		}
		for _, g := range p.Polygons {
			poly := &pb.PolygonRecord{}
			for _, r := range g {
				ring := &pb.RingRecord{}
				for _, v := range r {
					ring.LatLng = append(ring.LatLng, v.Lat, v.Lng)
				}
				poly.Rings = append(poly.Rings, ring)
			}
			m.Ruling.Polygons = append(m.Ruling.Polygons, poly)
		}
	}
	return encode(Version, m)
}

// DecodePrecedent reads what EncodePrecedent wrote.
func DecodePrecedent(b []byte) (*PrecedentChange, error) {
	var m pb.PrecedentRecord
	if err := decode(b, Version, &m); err != nil {
		return nil, fmt.Errorf("precedent: %w", err)
	}
	c := &PrecedentChange{
		ID:     m.GetId(),
		At:     stampOf(m.GetAt()),
		Person: roster.PersonID(m.GetPerson()),
		Post:   roster.PostID(m.GetPost()),
		Why:    m.GetWhy(),
	}
	p := m.GetRuling()
	if p == nil {
		return c, nil
	}
	if c.ID == "" || p.GetUnitKind() <= 0 || p.GetOwnerKind() <= 0 {
		return nil, fmt.Errorf("precedent %q: unit %d: %w", c.ID, p.GetUnitKind(), ErrCorrupt)
	}
	c.Ruling = &city.Precedent{
		ID:         c.ID,
		Unit:       roster.Unit{Kind: roster.UnitKind(p.GetUnitKind()), ID: p.GetUnit()},
		Kind:       catalog.OwnerKind(p.GetOwnerKind()),
		Categories: p.GetCategories(),
		Point: grid.Point{
			Lat: p.GetLat(),
			Lng: p.GetLng(),
		},
		RadiusM:   p.GetRadiusM(),
		Section:   p.GetSection(),
		Area:      grid.AreaID(p.GetArea()),
		From:      stampOf(p.GetFrom()),
		To:        stampOf(p.GetTo()),
		Decider:   roster.PersonID(p.GetDecider()),
		DecidedAt: c.At,
		Text:      p.GetText(),
		Case:      p.GetCaseId(),
	}
	for _, g := range p.GetPolygons() {
		var poly grid.Polygon
		for _, r := range g.GetRings() {
			v := r.GetLatLng()
			if len(v)%2 != 0 {
				return nil, fmt.Errorf("precedent %q: %w", c.ID, ErrCorrupt)
			}
			var ring []grid.Point
			for i := 0; i < len(v); i += 2 {
				ring = append(ring, grid.Point{Lat: v[i], Lng: v[i+1]})
			}
			poly = append(poly, ring)
		}
		c.Ruling.Polygons = append(c.Ruling.Polygons, poly)
	}
	return c, nil
}
