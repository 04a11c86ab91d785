package fsck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/i18n"
	"wangge/storage"
)

// FindingKind is a kind of inconsistency. The text is stable: scripts and metrics use it.
type FindingKind string

// Kinds of findings. A repair fixes those of derived entries.
const (
	CaseUnreadable   FindingKind = "case_unreadable"   // a case that can't be decoded
	CaseDiffers      FindingKind = "case_differs"      // a case that is not the fold of its events
	CaseMissing      FindingKind = "case_missing"      // events of a case that does not exist
	EventsBroken     FindingKind = "events_broken"     // events that can't be decoded, or a gap among them
	TimerMissing     FindingKind = "timer_missing"     // an open case without its timer: it would never escalate
	TimerStray       FindingKind = "timer_stray"       // a timer that belongs to no case: a second one, or that of an ended case
	TimerUnarmed     FindingKind = "timer_unarmed"     // an open case with a pending step whose timer is not armed
	PostingMissing   FindingKind = "posting_missing"   // a case that a list would leave out
	PostingStray     FindingKind = "posting_stray"     // an entry of a list without its case
	LinkMissing      FindingKind = "link_missing"      // a case that is missing in the list of the case to which it refers
	LinkStray        FindingKind = "link_stray"        // an entry of such a list without its case
	ReportIDMissing  FindingKind = "report_id_missing" // a report that could be filed twice
	ReportIDStray    FindingKind = "report_id_stray"   // a report's id without its case
	RequestIDStray   FindingKind = "request_id_stray"  // a request's id without its case
	NoticeUnqueued   FindingKind = "notice_unqueued"   // a notice that waits, but in no queue: it would never be sent
	NoticeStray      FindingKind = "notice_stray"      // an entry of the queue without its notice, or a notice without its case
	AccessUnreadable FindingKind = "access_unreadable" // a record of who has seen a phone that can't be decoded
	KeyUnknown       FindingKind = "key_unknown"       // a key of an unknown kind
	LayoutOlder      FindingKind = "layout_older"      // keys of an older layout, which are not compared with each other
	CheckCut         FindingKind = "check_cut"         // the rest could not be read

	CaseOfGone FindingKind = "case_of_gone" // a remark: an open case names a unit, a person or a category that the city does not have
)

// Damage of the engine's files is found under the kinds of storage.DamageKind.

// Finding is one inconsistency of a store: place, description, remedy.
type Finding struct {
	Kind     FindingKind
	Key      []byte          // of the wrong or missing entry
	Case     dispatch.CaseID // 0 = none
	What     i18n.Text
	Mend     i18n.Text
	Derived  bool // a repair can rebuild the entry
	Repaired bool

	guards []storage.Guard
	ops    []storage.Op
}

// CheckReport is the result of a check.
type CheckReport struct {
	At                time.Time // by the desk's clock; zero for a check without one
	Revision          storage.Revision
	Keys, Cases, Open int
	Armed, Timers     int // open cases with an armed timer, and all timers
	Events            int
	Files             storage.Verified    // what was compared with checksums; zero for an engine without any
	Found             int                 // in total
	ByKind            map[FindingKind]int // in total
	Repaired          int
	Findings          []Finding // the first ones, see CheckOptions.Most

	// Remarks are no damage: open cases that name what the city does not have.
	Remarks  []Finding // the first ones, see CheckOptions.Most
	Remarked int       // in total
}

// Whole reports whether no finding is left unrepaired.
func (r CheckReport) Whole() bool { return r.Found == r.Repaired }

// CheckOptions configures a check. With the zero value a check only reads.
type CheckOptions struct {
	Repair bool // rebuild derived entries; needs a city
	Most   int  // findings to list; 0 = 1,000. All are counted
}

// mostRead bounds the cached cases of a check, about 2 KB each.
const mostRead = 4096

// checkSlice is how many keys are read per snapshot: snapshots are held briefly.
const checkSlice = 10_000

// Check reads a whole store and reports inconsistencies: each open case must have exactly one timer, each case must
// be the fold of its events, each index entry must have its case and each case its entries. With a city, open cases that name
// what the city does not have are remarked. A check may run beside a
// working desk. Without a city, which may be nil, a check cannot tell whether a step is pending, and cannot repair. A
// repair changes only derived entries: timers, postings, ids of reports, and a case whose events are complete. Each
// repair is a commit guarded by what was read, so that a case that changes meanwhile is left for the next check.
func Check(ctx context.Context, store storage.Engine, c *city.City, o CheckOptions) (CheckReport, error) {
	if o.Repair && c == nil {
		return CheckReport{}, errors.New("a repair needs the city")
	}
	if o.Most <= 0 {
		o.Most = 1000
	}
	r, err := checkOnce(ctx, store, c, o)
	for pass := 1; o.Repair && err == nil && r.Repaired > 0 && !r.Whole() && pass < repairPasses; pass++ {
		var again CheckReport // what one repair made possible: entries of a refolded case
		if again, err = checkOnce(ctx, store, c, o); err == nil {
			r = after(r, again, o)
		}
	}
	return r, err
}

// repairPasses bounds the passes of a repair over the store.
const repairPasses = 4

// after returns the report of a later pass, with the repairs of earlier ones.
func after(r, again CheckReport, o CheckOptions) CheckReport {
	findings := slices.DeleteFunc(r.Findings, func(f Finding) bool { return !f.Repaired })
	again.Findings = append(findings, again.Findings...)
	again.Findings = again.Findings[:min(len(again.Findings), o.Most)]
	again.Found += r.Repaired
	again.Repaired += r.Repaired
	for _, f := range findings {
		again.ByKind[f.Kind]++
	}
	return again
}

// checkOnce makes one pass over the store.
func checkOnce(ctx context.Context, store storage.Engine, c *city.City, o CheckOptions) (CheckReport, error) {
	k := &checker{city: c, report: CheckReport{ByKind: map[FindingKind]int{}}}
	if err := k.files(store, o); err != nil {
		return k.report, fmt.Errorf("check: %w", err)
	}
	if older, err := k.older(ctx, store, o); err != nil || older {
		return k.report, err
	}
	for from := []byte{0}; from != nil; {
		var err error
		if from, err = k.slice(ctx, store, from); errors.Is(err, storage.ErrCorrupt) {
			k.cut(err, o)
			from = nil
		} else if err != nil {
			return k.report, fmt.Errorf("check: %w", err)
		}
		for i := range k.remarks {
			if k.report.Remarked++; len(k.report.Remarks) < o.Most {
				k.report.Remarks = append(k.report.Remarks, k.remarks[i])
			}
		}
		k.remarks = k.remarks[:0]
		for i := range k.found {
			if err := k.note(ctx, store, &k.found[i], o); err != nil {
				return k.report, fmt.Errorf("repair: %w", err)
			}
		}
		k.found = k.found[:0]
	}
	return k.report, nil
}

// slice checks some keys on one snapshot and returns the next key; nil at the end.
func (k *checker) slice(ctx context.Context, store storage.Engine, from []byte) (next []byte, err error) {
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	k.snap, k.read = snap, map[dispatch.CaseID]ledger.Loaded{}
	k.report.Revision = snap.Revision()
	n := 0
	for it, err := range snap.Scan(storage.Range{Start: from}) {
		if err != nil {
			return nil, err
		}
		if n++; n > checkSlice {
			return it.Key, ctx.Err()
		}
		k.report.Keys++
		k.breath.take()
		if err := k.item(it); err != nil {
			return nil, err
		}
	}
	return nil, ctx.Err()
}

// note counts a finding, repairs it if requested and possible, and lists the first ones.
func (k *checker) note(ctx context.Context, store storage.Engine, f *Finding, o CheckOptions) error {
	f.Derived = len(f.ops) > 0
	if o.Repair && f.Derived {
		_, err := store.Commit(ctx, storage.Batch{Guards: f.guards, Ops: f.ops})
		switch {
		case err == nil:
			f.Repaired = true
			k.report.Repaired++
		case !tx.IsConflict(err):
			return err
		}
	}
	k.report.Found++
	k.report.ByKind[f.Kind]++
	if len(k.report.Findings) < o.Most {
		f.guards, f.ops = nil, nil
		k.report.Findings = append(k.report.Findings, *f)
	}
	return nil
}

// Check checks the desk's own store, and keeps the report for LastCheck.
func (d *Checks) Check(ctx context.Context, o CheckOptions) (CheckReport, error) {
	a := d.revisions.Active()
	r, err := Check(ctx, d.tx.Engine(), a.City, o)
	if err != nil {
		return r, err
	}
	r.At = a.Now()
	d.checked.Store(&r)
	return r, nil
}

// LastCheck returns the report of the last completed check; false before the first.
func (d *Checks) LastCheck() (CheckReport, bool) {
	if r := d.checked.Load(); r != nil {
		return *r, true
	}
	return CheckReport{}, false
}

// Run checks at once and then at each interval, until ctx ends; it returns the error of ctx. Findings are logged, not
// repaired.
func (d *Checks) Run(ctx context.Context, every time.Duration) error {
	for {
		r, err := d.Check(ctx, CheckOptions{})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			d.tx.Log().ErrorContext(ctx, "check: the store could not be read to its end", "error", err)
		case !r.Whole():
			first := r.Findings[0]
			d.tx.Log().ErrorContext(ctx, "check: the store is not whole; run wangge check", "found", r.Found,
				"first", string(first.Kind), "key", fmt.Sprintf("%q", first.Key), "what", first.What.En)
		}
		if err := d.tx.Sleep(ctx, every, nil); err != nil {
			return err
		}
	}
}

// checker walks the keys of a store in order.
type checker struct {
	city   *city.City
	report CheckReport
	snap   storage.Snapshot
	read   map[dispatch.CaseID]ledger.Loaded // cases read on this snapshot, at most mostRead
	found  []Finding
	breath breath

	remarks []Finding

	eventsOf dispatch.CaseID  // the case whose events were read last
	row      []dispatch.Event // the events of that case
}

func (k *checker) add(f Finding) { k.found = append(k.found, f) }

// keep caches a case for the entries that refer to it.
func (k *checker) keep(l ledger.Loaded) {
	if len(k.read) == mostRead {
		clear(k.read)
	}
	k.read[l.Cs.ID] = l
}

// find returns the case of an index entry; cs is nil if there is no readable case.
func (k *checker) find(id dispatch.CaseID) (ledger.Loaded, error) {
	if l, ok := k.read[id]; ok {
		return l, nil
	}
	l, err := ledger.Load(k.snap, id)
	switch {
	case err == nil:
		k.keep(l)
		return l, nil
	case errors.Is(err, ledger.ErrNoCase), ledger.IsDamage(err):
		return ledger.Loaded{}, nil
	default:
		return ledger.Loaded{}, err
	}
}

// has reports whether a key exists.
func (k *checker) has(key []byte) (bool, error) {
	_, err := k.snap.Get(key)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// stray notes an entry without a case, or of another case.
func (k *checker) stray(kind FindingKind, key []byte, id dispatch.CaseID, l ledger.Loaded, what i18n.Text) {
	k.add(Finding{
		Kind: kind, Key: key, Case: id, What: what, Mend: i18n.F("--repair removes the entry", "使用 --repair 删除该条目"),
		guards: []storage.Guard{{Key: ledger.CaseKey(id), Revision: l.Rev}}, ops: []storage.Op{{Key: key, Delete: true}},
	})
}

// missing notes an entry that a case should have.
func (k *checker) missing(kind FindingKind, key, value []byte, l ledger.Loaded, what i18n.Text) {
	k.add(Finding{
		Kind: kind, Key: key, Case: l.Cs.ID, What: what, Mend: i18n.F("--repair writes the entry again", "使用 --repair 重新写入该条目"),
		guards: []storage.Guard{{Key: ledger.CaseKey(l.Cs.ID), Revision: l.Rev}, {Key: key}}, ops: []storage.Op{{Key: key, Value: value}},
	})
}

// Events reads the events of a case. broken describes what is wrong with them, as a check would; events then end
// before the fault.
func Events(snap storage.Snapshot, id dispatch.CaseID) (events []dispatch.Event, broken *Finding, err error) {
	k := checker{snap: snap}
	return k.events(id)
}
