package auditlog

import (
	"context"
	"errors"
	"fmt"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/i18n"
	"wangge/storage"

	"golang.org/x/mod/sumdb/tlog"
)

// AuditFinding is a place where the records differ from the log.
type AuditFinding struct {
	Leaf        int64
	Case        dispatch.CaseID // 0 = the log as a whole, or a change of a campaign
	First, Last uint64          // events
	Change      uint64          // number of the change of a campaign; 0 = none
	What        i18n.Text
}

// AuditReport is the result of a verification.
type AuditReport struct {
	Head       AuditHead
	Findings   []AuditFinding // the first ones, at most 1,000
	Found      int
	Unlogged   int            // acts not yet in the log
	Consistent bool           // with the old head, if one was given
	Proof      tlog.TreeProof // proves that the old head is a prefix of this one
}

// Whole reports whether nothing is wrong.
func (r AuditReport) Whole() bool { return r.Found == 0 && r.Consistent }

const maxAuditFindings = 1000

// ReadAuditHead reads the head of a store's log; size 0 if there is none yet.
func ReadAuditHead(ctx context.Context, store storage.Engine) (h AuditHead, err error) {
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return h, err
	}
	defer snap.Close()
	return auditHead(snap)
}

func auditHead(snap storage.Snapshot) (h AuditHead, err error) {
	if h.Size, _, _, err = auditState(snap); err != nil || h.Size == 0 {
		return h, err
	}
	h.Root, err = tlog.TreeHash(h.Size, pending{snap, nil})
	return h, err
}

// VerifyAudit reads the whole log with all its events and changes of campaigns, and reports each place where the records
// differ: an event or a change that was changed or removed, or a wrong hash. All hashes are computed again from the records.
// With an old head of a size above 0, VerifyAudit also proves whether the old head is a prefix of the log.
func VerifyAudit(ctx context.Context, store storage.Engine, old AuditHead) (AuditReport, error) {
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return AuditReport{}, err
	}
	defer snap.Close()
	r := AuditReport{Consistent: true}
	size, _, _, err := auditState(snap)
	if err != nil {
		return r, err
	}
	r.Head.Size = size
	found := func(f AuditFinding) {
		if r.Found++; len(r.Findings) < maxAuditFindings {
			r.Findings = append(r.Findings, f)
		}
	}
	v := recomputed{seqs: map[dispatch.CaseID]uint64{}}
	for n := range size {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		f, err := v.leaf(snap, n)
		if err != nil {
			return r, err
		}
		if f != nil {
			found(*f)
		}
	}
	if size > 0 {
		if r.Head.Root, err = tlog.TreeHash(size, &v); err != nil {
			return r, err
		}
		if stored, err := tlog.TreeHash(size, pending{snap, nil}); err != nil || stored != r.Head.Root {
			found(AuditFinding{Leaf: -1, What: i18n.F("the tree's root is not what its leaves give", "审计树根与叶子不符")})
		}
	}
	if old.Size > 0 {
		r.Consistent = false
		if old.Size > size {
			found(AuditFinding{Leaf: -1, What: i18n.F("the log has %[1]d {leaf|leaves}, the old head %[2]d: its end was removed", "审计日志现有 %[1]d 项，旧摘要为 %[2]d 项：末尾已被删除", size, old.Size)})
			return r, nil
		}
		was, err := tlog.TreeHash(old.Size, &v)
		if err != nil {
			return r, err
		}
		if r.Proof, err = tlog.ProveTree(size, old.Size, &v); err != nil {
			return r, err
		}
		r.Consistent = was == old.Root && tlog.CheckTree(r.Proof, size, r.Head.Root, old.Size, old.Root) == nil
		if !r.Consistent {
			found(AuditFinding{Leaf: -1, What: i18n.F("the first %d {leaf is not that|leaves are not those} of the old head: something before it was changed or removed", "前 %d 项与旧摘要不一致：其之前的记录被改动或删除", old.Size)})
		}
	}
	r.Unlogged, err = v.unlogged(snap)
	return r, err
}

// recomputed is the tree as computed from the events.
type recomputed struct {
	hashes []tlog.Hash // stored hashes, by tlog's numbers
	leaves []tlog.Hash
	seqs   map[dispatch.CaseID]uint64 // the last logged event of each case; under 0 the last logged change of a campaign
}

// ReadHashes implements tlog.HashReader.
func (v *recomputed) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = v.hashes[index]
	}
	return out, nil
}

func (v *recomputed) leaf(snap storage.Snapshot, n int64) (*AuditFinding, error) {
	f := &AuditFinding{Leaf: n}
	stored, err := pending{snap, nil}.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
	if err != nil && !errors.Is(err, storage.ErrNotFound) && !ledger.IsDamage(err) {
		return nil, err
	}
	hash := tlog.Hash{}
	it, missing := snap.Get(ledger.LeafKey(n))
	switch {
	case missing != nil && !errors.Is(missing, storage.ErrNotFound):
		return nil, missing
	case missing != nil || err != nil:
		f.What = i18n.F("leaf %d of the log is gone or damaged", "审计日志第 %d 项缺失或损坏", n)
	default:
		l, ok := decodeLeaf(it.Value)
		if !ok {
			f.What = i18n.F("leaf %d of the log is gone or damaged", "审计日志第 %d 项缺失或损坏", n)
			break
		}
		if f.Case = l.id; l.id == 0 {
			f.Change = l.last
		} else {
			f.First, f.Last = l.first, l.last
		}
		v.seqs[l.id] = max(v.seqs[l.id], l.last)
		before := tlog.Hash{}
		if l.link > 0 && int64(l.link) <= n {
			before = v.leaves[l.link-1]
		}
		a, err := actOfLeaf(snap, l)
		if err != nil {
			return nil, err
		}
		if a == nil {
			f.What = f.words(i18n.F(" are gone or can't be read", "缺失或无法读取"), i18n.F(" is gone or can't be read", "缺失或无法读取"))
			break
		}
		if hash, err = a.leafHash(before); err != nil {
			return nil, err
		}
		if hash == stored[0] {
			f = nil
		} else {
			f.What = f.words(i18n.F(", or those before them, are not what was logged", "（或其之前的事件）与审计记录不符"),
				i18n.F(", or one before it, is not what was logged", "（或其之前的变更）与审计记录不符"))
		}
	}
	v.leaves = append(v.leaves, hash)
	grown, err := tlog.StoredHashesForRecordHash(n, hash, v)
	if err != nil {
		return nil, err
	}
	for i, h := range grown {
		index := int64(len(v.hashes) + i)
		kept, err := pending{snap, nil}.ReadHashes([]int64{index})
		if err != nil && !errors.Is(err, storage.ErrNotFound) && !ledger.IsDamage(err) {
			return nil, err
		}
		if f == nil && (err != nil || kept[0] != h) {
			f = &AuditFinding{Leaf: n, What: i18n.F("hash %[1]d of the tree, above leaf %[2]d, is not what its leaves give", "审计树第 %[1]d 个哈希（第 %[2]d 项之上）与叶子不符", index, n)}
		}
	}
	v.hashes = append(v.hashes, grown...)
	return f, nil
}

// words says what is wrong with the act of a leaf: with events, or with a change of a campaign.
func (f *AuditFinding) words(events, change i18n.Text) i18n.Text {
	if f.Change != 0 {
		return i18n.F("change %[1]d of campaigns%[2]s", "专项行动第 %[1]d 次变更%[3]s", f.Change, change.En, change.Zh)
	}
	return i18n.F("events %[1]d to %[2]d of case %[3]s%[4]s", "案件 %[3]s 第 %[1]d 至 %[2]d 号事件%[5]s", f.First, f.Last, f.Case, events.En, events.Zh)
}

// unlogged counts the acts that are not yet in the log.
func (v *recomputed) unlogged(snap storage.Snapshot) (n int, err error) {
	for it, err := range snap.Scan(storage.Prefix(ledger.CasePrefix)) {
		if err != nil {
			return n, err
		}
		s, err := record.DecodeCase(ledger.TailID(it.Key), it.Value)
		if err != nil {
			continue // the store check reports it
		}
		if s.Case.Seq > v.seqs[s.Case.ID] {
			n++
		}
	}
	rest := storage.Range{Start: ledger.CampaignKey(v.seqs[0] + 1), End: storage.Prefix(ledger.CampaignPrefix).End}
	for _, err := range snap.Scan(rest) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// VerifyAudit verifies the desk's own store.
func (d *Log) VerifyAudit(ctx context.Context, old AuditHead) (AuditReport, error) {
	r, err := VerifyAudit(ctx, d.tx.Engine(), old)
	if err != nil {
		return r, fmt.Errorf("verify audit: %w", err)
	}
	seen := r
	seen.Proof, seen.Findings = nil, nil
	d.verified.Store(&Verification{d.revisions.Now(), seen})
	return r, nil
}
