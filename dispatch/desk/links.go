package desk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
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

// link is one case that refers to another. The other is not written when a link comes or goes: any
// number of cases may be merged into one at once, and nothing about it changes.
type link struct {
	to   dispatch.CaseID
	kind LinkKind
	from dispatch.CaseID
}

var linkPrefix = []byte("l/")

func linksTo(to dispatch.CaseID, kind LinkKind) []byte {
	return append(u64(slices.Clip(linkPrefix), uint64(to)), byte(kind))
}

func (n link) key() []byte { return u64(linksTo(n.to, n.kind), uint64(n.from)) }

// linksOf lists what a case refers to.
func linksOf(cs *dispatch.Case) []link {
	if cs == nil || cs.MergedInto == 0 && cs.Group == 0 && cs.Reopens == 0 && cs.Proposed == 0 {
		return nil
	}
	var out []link
	for kind, to := range map[LinkKind]dispatch.CaseID{LinkMerged: cs.MergedInto, LinkPart: cs.Group, LinkReopens: cs.Reopens, LinkProposed: cs.Proposed} {
		if to != 0 {
			out = append(out, link{to, kind, cs.ID})
		}
	}
	slices.SortFunc(out, func(a, b link) int { return int(a.kind) - int(b.kind) })
	return out
}

// diffLinks adds the links that came or went.
func diffLinks(ops []storage.Op, before, after *dispatch.Case) []storage.Op {
	was, is := linksOf(before), linksOf(after)
	for _, n := range was {
		if !slices.Contains(is, n) {
			ops = append(ops, storage.Op{Key: n.key(), Delete: true})
		}
	}
	for _, n := range is {
		if !slices.Contains(was, n) {
			ops = append(ops, storage.Op{Key: n.key()})
		}
	}
	return ops
}

// MaxLinked bounds how many reporters are told of one end, in the commit that ends it, and how many
// parts of a mass event are looked through before it is closed.
const MaxLinked = 500

// linkDepth bounds how far merged cases are followed: a case merged into one that was merged.
const linkDepth = 8

// referring lists the cases that refer to one, in time order, from after on.
func referring(snap storage.Snapshot, to dispatch.CaseID, kind LinkKind, after dispatch.CaseID, most int) ([]dispatch.CaseID, error) {
	var out []dispatch.CaseID
	r := storage.Prefix(linksTo(to, kind))
	if after != 0 {
		r.Start = u64(linksTo(to, kind), uint64(after)+1)
	}
	for it, err := range snap.Scan(r) {
		if err != nil {
			return nil, err
		}
		if out = append(out, tailID(it.Key)); len(out) == most {
			break
		}
	}
	return out, nil
}

// joinedReporters are the reporters of all cases that were merged into one, also through others;
// of more than MaxLinked the first.
func joinedReporters(snap storage.Snapshot, id dispatch.CaseID) ([]roster.PersonID, error) {
	var out []roster.PersonID
	level := []dispatch.CaseID{id}
	for depth := 0; depth < linkDepth && len(level) > 0 && len(out) < MaxLinked; depth++ {
		var below []dispatch.CaseID
		for _, to := range level {
			ids, err := referring(snap, to, LinkMerged, 0, MaxLinked-len(out))
			if err != nil {
				return nil, err
			}
			for _, child := range ids {
				l, err := load(snap, child)
				if err != nil {
					return nil, err
				}
				out = append(out, l.cs.Report.Reporter)
			}
			below = append(below, ids...)
		}
		level = below
	}
	return out, nil
}

// openParts counts the open cases of a mass event, at most MaxLinked of them.
func openParts(snap storage.Snapshot, id dispatch.CaseID) (n int, err error) {
	ids, err := referring(snap, id, LinkPart, 0, MaxLinked)
	if err != nil {
		return 0, err
	}
	for _, part := range ids {
		l, err := load(snap, part)
		if err != nil {
			return 0, err
		}
		if l.cs.Open() {
			n++
		}
	}
	return n, nil
}

// Linked lists the cases that refer to one that the person may read, in time order; after is the
// last one of the page before. Errors: ErrNoCase.
func (d *Desk) Linked(ctx context.Context, person roster.PersonID, id dispatch.CaseID, kind LinkKind, after dispatch.CaseID, most int) ([]*dispatch.Case, error) {
	if _, err := d.Case(ctx, person, id); err != nil {
		return nil, err
	}
	var out []*dispatch.Case
	err := d.read(ctx, func(snap storage.Snapshot) error {
		ids, err := referring(snap, id, kind, after, most)
		if err != nil {
			return err
		}
		for _, part := range ids {
			l, err := load(snap, part)
			if err != nil {
				return fmt.Errorf("case that refers to %s: %w", id, err)
			}
			out = append(out, l.cs)
		}
		return nil
	})
	return out, err
}

// joined reads the case that a report says it repeats, and the guards that hold it as it was read; nil when
// there is none, when its reporter may not read it, or when it can't be read at all: a report is never lost
// for what it says of another case.
func (d *Desk) joined(ctx context.Context, c *city.City, person roster.PersonID, r *dispatch.Report) (cs *dispatch.Case, guards []storage.Guard, err error) {
	err = d.read(ctx, func(snap storage.Snapshot) error {
		l, err := load(snap, r.Joins)
		if err == nil && lifecycle.MayRead(c, person, l.cs, r.ReceivedAt) {
			cs, guards = l.cs, []storage.Guard{{Key: caseKey(r.Joins), Revision: l.rev}}
		}
		return err
	})
	if errors.Is(err, ErrNoCase) || isDamage(err) {
		return nil, nil, nil
	}
	return cs, guards, err
}

// linkItem looks for a link whose case does not refer so.
func (k *checker) linkItem(it storage.Item) error {
	id := tailID(it.Key)
	l, err := k.find(id)
	if err != nil {
		return err
	}
	n := link{dispatch.CaseID(binary.BigEndian.Uint64(it.Key[2:10])), LinkKind(it.Key[10]), id}
	if !slices.Contains(linksOf(l.cs), n) {
		k.stray(LinkStray, it.Key, id, l, i18n.F("case %[1]s does not refer to %[2]s", "案件 %[1]s 并未关联 %[2]s", id, n.to))
	}
	return nil
}
