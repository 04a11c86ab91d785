package ledger

import (
	"errors"
	"math"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/storage"
)

// LinkKind says how a case refers to another. Values are stored.
type LinkKind byte

// Link kinds; zero is unset.
const (
	LinkMerged   LinkKind = iota + 1 // it repeats the other
	LinkPart                         // it is part of the other, a mass event
	LinkReopens                      // it takes the other, which is closed, up again
	LinkProposed                     // its reporter says that it repeats the other; nobody has decided yet
)

// Link is a reference of the case From to the case To. To is not written when a link is added or removed, so that any
// number of cases can be merged into one concurrently.
type Link struct {
	To   dispatch.CaseID
	Kind LinkKind
	From dispatch.CaseID
}

// LinksOf lists what a case refers to.
func LinksOf(cs *dispatch.Case) []Link {
	if cs == nil || cs.MergedInto == 0 && cs.Group == 0 && cs.Reopens == 0 && cs.Proposed == 0 {
		return nil
	}
	var out []Link
	for kind, to := range map[LinkKind]dispatch.CaseID{
		LinkMerged: cs.MergedInto, LinkPart: cs.Group, LinkReopens: cs.Reopens, LinkProposed: cs.Proposed,
	} {
		if to != 0 {
			out = append(out, Link{to, kind, cs.ID})
		}
	}
	slices.SortFunc(out, func(a, b Link) int { return int(a.Kind) - int(b.Kind) })
	return out
}

// diffLinks adds the writes for links that were added or removed.
func diffLinks(ops []storage.Op, before, after *dispatch.Case) []storage.Op {
	was, is := LinksOf(before), LinksOf(after)
	for _, n := range was {
		if !slices.Contains(is, n) {
			ops = append(ops, storage.Op{Key: n.Key(), Delete: true})
		}
	}
	for _, n := range is {
		if !slices.Contains(was, n) {
			ops = append(ops, storage.Op{Key: n.Key()})
		}
	}
	return ops
}

// MaxLinked bounds how many reporters are notified when a case ends, in the commit that ends it, and how many
// parts of a mass event are looked through before it is closed.
const MaxLinked = 500

// linkDepth bounds the chain of merges that is followed: a case merged into a case that was merged itself.
const linkDepth = 8

// Referring lists the cases that refer to a case, in time order, beginning after the case after.
func Referring(snap storage.Snapshot, to dispatch.CaseID, kind LinkKind, after dispatch.CaseID, most int) ([]dispatch.CaseID, error) {
	var out []dispatch.CaseID
	r := storage.Prefix(linksTo(to, kind))
	if after != 0 {
		r.Start = U64(linksTo(to, kind), uint64(after)+1)
	}
	for it, err := range snap.Scan(r) {
		if err != nil {
			return nil, err
		}
		if out = append(out, TailID(it.Key)); len(out) == most {
			break
		}
	}
	return out, nil
}

// JoinedReporters returns the reporters of the cases of Joined.
func JoinedReporters(snap storage.Snapshot, id dispatch.CaseID) ([]roster.PersonID, error) {
	joined, err := Joined(snap, id)
	out := make([]roster.PersonID, len(joined))
	for i, cs := range joined {
		out[i] = cs.Report.Reporter
	}
	return out, err
}

// Joined returns the cases that were merged into a case, directly or through others, at most the first MaxLinked.
func Joined(snap storage.Snapshot, id dispatch.CaseID) ([]*dispatch.Case, error) {
	var out []*dispatch.Case
	level := []dispatch.CaseID{id}
	for depth := 0; depth < linkDepth && len(level) > 0 && len(out) < MaxLinked; depth++ {
		var below []dispatch.CaseID
		for _, to := range level {
			ids, err := Referring(snap, to, LinkMerged, 0, MaxLinked-len(out))
			if err != nil {
				return nil, err
			}
			for _, child := range ids {
				l, err := Load(snap, child)
				if err != nil {
					return nil, err
				}
				out = append(out, l.Cs)
			}
			below = append(below, ids...)
		}
		level = below
	}
	return out, nil
}

// Main returns the case into which a case was merged, directly or through others: the last of the chain. Main returns nil for a
// case that is not merged.
func Main(snap storage.Snapshot, cs *dispatch.Case) (*dispatch.Case, error) {
	var main *dispatch.Case
	for depth := 0; depth < linkDepth && cs.Stage == dispatch.Merged; depth++ {
		l, err := Load(snap, cs.MergedInto)
		if err != nil {
			return nil, err
		}
		main, cs = l.Cs, l.Cs
	}
	return main, nil
}

// OpenParts counts the open cases of a mass event, at most MaxLinked of them.
func OpenParts(snap storage.Snapshot, id dispatch.CaseID) (n int, err error) {
	ids, err := Referring(snap, id, LinkPart, 0, MaxLinked)
	if err != nil {
		return 0, err
	}
	for _, part := range ids {
		l, err := Load(snap, part)
		if err != nil {
			return 0, err
		}
		if l.Cs.Open() {
			n++
		}
	}
	return n, nil
}

// PartCounts reports whether a case that was attached to a main case is a part of its mass event: one that is open, or was closed,
// but none that is void, rejected or merged.
func PartCounts(cs *dispatch.Case) bool {
	return cs.Open() || cs.Stage == dispatch.Closed || cs.Stage == dispatch.SelfResolved
}

// ClosedPart reports whether a mass event has a part that was closed. Cases of which open reports true are not read; one that can't
// be decoded does not count.
func ClosedPart(snap storage.Snapshot, main dispatch.CaseID, open func(dispatch.CaseID) bool) (bool, error) {
	ids, err := Referring(snap, main, LinkPart, 0, math.MaxInt)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if open(id) {
			continue
		}
		l, err := Load(snap, id)
		switch {
		case errors.Is(err, storage.ErrCorrupt):
			return false, err
		case err == nil && !l.Cs.Open() && PartCounts(l.Cs):
			return true, nil
		}
	}
	return false, nil
}
