package auditlog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/i18n"
	"wangge/storage"
)

// The audit log is a transparency log (RFC 6962). A leaf is one act: the events of an act on a case, or a change of a
// campaign of the city; leaves are in the order of their commits. A leaf holds the hash of the previous leaf of its case, so
// that each case is a chain, and the changes of campaigns are one more. The log is written from the feed after the acts, and
// no act waits for the log. An old head, stored elsewhere, proves that nothing before the head was changed or removed. A log
// that an earlier version wrote has no changes of campaigns: they are the next leaves, in the order of their numbers.
//
// The values under the log's keys (see ledger/keys.go), as big-endian numbers of 8 bytes:
//
//	TreeKey    a hash of the tree, numbered as tlog does
//	LeafKey    which act the leaf is: see leaf.go
//	ChainKey   last leaf of the case, its last event; under case 0 those of the changes of campaigns
//	AuditKey   number of leaves, revision of the store up to which acts are logged (0 = the first pass is in progress)

// auditBatch bounds the acts of one commit of the log.
const auditBatch = 300

// AuditHead identifies a state of the log. A head that is kept elsewhere makes later changes to the log detectable.
// Text form: "1204:base64".
type AuditHead struct {
	Size int64
	Root tlog.Hash
}

func (h AuditHead) String() string { return fmt.Sprintf("%d:%s", h.Size, h.Root) }

// ParseAuditHead parses the text form of a head.
func ParseAuditHead(s string) (AuditHead, error) {
	size, root, ok := strings.Cut(s, ":")
	n, err := strconv.ParseInt(size, 10, 64)
	hash, bad := tlog.ParseHash(root)
	if !ok || err != nil || bad != nil || n < 1 {
		return AuditHead{}, i18n.Errorf("audit head %q: write SIZE:HASH, as wangge audit head printed it", "日志头 %q：应为 SIZE:HASH，即 wangge audit head 的输出", s)
	}
	return AuditHead{n, hash}, nil
}

// Run writes the audit log from the feed until ctx ends; it returns the error of ctx. After a restart it continues
// where it was. Two concurrent runs are safe.
func (d *Log) Run(ctx context.Context) error {
	for {
		err := d.audit(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		sleep := tx.StoreRetry
		if err != nil && !tx.IsConflict(err) {
			sleep = d.tx.Failed("audit: the log can't be written; trying again", err)
		}
		if err := d.tx.Sleep(ctx, sleep, nil); err != nil {
			return err
		}
	}
}

func (d *Log) audit(ctx context.Context) error {
	from, err := d.auditAll(ctx)
	if err == nil && from > 0 {
		err = d.auditChanges(ctx, from)
	}
	if err != nil {
		return err
	}
	var acts []auditAct
	for c, err := range d.tx.Watch(ctx, from) {
		if err != nil {
			return err
		}
		for _, op := range c.Batch.Ops {
			if a, ok := actOf(op); ok {
				acts = append(acts, a)
			}
		}
		if len(acts) >= auditBatch || len(acts) > 0 && c.Revision >= d.tx.Acked() {
			if err := d.intoLog(ctx, acts, c.Revision); err != nil {
				return err
			}
			acts = acts[:0]
		}
	}
	return ctx.Err()
}

// actOf returns the act in an entry of the feed.
func actOf(op storage.Op) (auditAct, bool) {
	if op.Delete {
		return auditAct{}, false
	}
	if id, _, ok := ledger.ParseEvent(op.Key); ok {
		if events, err := record.DecodeEvents(op.Value); err == nil {
			return auditAct{id: id, events: events}, true
		}
	} else if change, ok := ledger.ParseCampaign(op.Key); ok {
		return changeOf(change, op.Value)
	} else if ledger.KindOf(op.Key) == ledger.KindCase {
		id := ledger.TailID(op.Key)
		if s, err := record.DecodeCase(id, op.Value); err == nil && len(s.Filing) > 0 {
			return auditAct{id: id, events: s.Filing}, true
		}
	}
	return auditAct{}, false
}

// auditAll logs everything in a store without a log, and returns the revision after which the feed continues.
func (d *Log) auditAll(ctx context.Context) (storage.Revision, error) {
	var head storage.Revision
	var ids []dispatch.CaseID
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		head = snap.Revision()
		_, rev, _, err := auditState(snap)
		if err != nil || rev > 0 {
			head = rev
			return err
		}
		for it, err := range snap.Scan(storage.Prefix(ledger.CasePrefix)) {
			if err != nil {
				return err
			}
			ids = append(ids, ledger.TailID(it.Key))
		}
		return nil
	})
	if err != nil || len(ids) == 0 {
		return head, err
	}
	var acts []auditAct
	for i, id := range ids {
		err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
			l, err := ledger.Load(snap, id)
			if err != nil {
				if ledger.IsDamage(err) {
					return nil // the store check reports it
				}
				return err
			}
			for group, err := range ledger.EventsFrom(snap, l, 1) {
				if errors.Is(err, storage.ErrRebuilding) {
					return err
				}
				if err != nil {
					return nil
				}
				acts = append(acts, auditAct{id: id, events: group})
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		last := i == len(ids)-1
		for len(acts) >= auditBatch || last && len(acts) > 0 {
			n := min(len(acts), auditBatch)
			at := storage.Revision(0)
			if last && n == len(acts) {
				at = head
			}
			if err := d.intoLog(ctx, acts[:n], at); err != nil {
				return 0, err
			}
			acts = acts[n:]
		}
	}
	return head, nil
}

// auditChanges logs the changes of campaigns that the log does not have: those before the first pass, and those of a log that
// an earlier version wrote. at is the progress of the log, which stays; later changes come from the feed.
func (d *Log) auditChanges(ctx context.Context, at storage.Revision) error {
	var acts []auditAct
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		end, err := readChain(snap, 0)
		if err != nil {
			return err
		}
		rest := storage.Range{Start: ledger.CampaignKey(end.seq + 1), End: storage.Prefix(ledger.CampaignPrefix).End}
		for it, err := range snap.Scan(rest) {
			if err != nil {
				return err
			}
			if change, ok := ledger.ParseCampaign(it.Key); ok && it.Revision <= at {
				if a, ok := changeOf(change, it.Value); ok {
					acts = append(acts, a)
				}
			}
		}
		return nil
	})
	for len(acts) > 0 && err == nil {
		n := min(len(acts), auditBatch)
		err = d.intoLog(ctx, acts[:n], at)
		acts = acts[n:]
	}
	return err
}

// auditState reads the progress of the log.
func auditState(snap storage.Snapshot) (size int64, at, rev storage.Revision, err error) {
	it, err := snap.Get(ledger.AuditKey)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, 0, 0, nil
	}
	if err != nil {
		return 0, 0, 0, err
	}
	if len(it.Value) != 16 {
		return 0, 0, 0, fmt.Errorf("audit: %q: %w", it.Value, record.ErrCorrupt)
	}
	return int64(binary.BigEndian.Uint64(it.Value)), storage.Revision(binary.BigEndian.Uint64(it.Value[8:])), it.Revision, nil
}

// chainEnd is the last leaf of a case's chain.
type chainEnd struct {
	leaf int64
	seq  uint64
	ok   bool
}

func readChain(snap storage.Snapshot, id dispatch.CaseID) (chainEnd, error) {
	it, err := snap.Get(ledger.ChainKey(id))
	if errors.Is(err, storage.ErrNotFound) {
		return chainEnd{}, nil
	}
	if err != nil {
		return chainEnd{}, err
	}
	if len(it.Value) != 16 {
		return chainEnd{}, fmt.Errorf("audit: chain of %s: %w", id, record.ErrCorrupt)
	}
	return chainEnd{int64(binary.BigEndian.Uint64(it.Value)), binary.BigEndian.Uint64(it.Value[8:]), true}, nil
}

// pending reads hashes of the tree: first those about to be written, then the stored ones.
type pending struct {
	snap   storage.Snapshot
	hashes map[int64]tlog.Hash
}

// ReadHashes implements tlog.HashReader.
func (p pending) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if h, ok := p.hashes[index]; ok {
			out[i] = h
			continue
		}
		it, err := p.snap.Get(ledger.TreeKey(index))
		if err != nil {
			return nil, fmt.Errorf("audit: hash %d: %w", index, err)
		}
		if len(it.Value) != tlog.HashSize {
			return nil, fmt.Errorf("audit: hash %d: %w", index, record.ErrCorrupt)
		}
		out[i] = tlog.Hash(it.Value)
	}
	return out, nil
}

// intoLog appends acts in one commit. Acts that are in the log already are skipped. The caller handles a lost race:
// another process writes the log, and the caller continues from its progress.
func (d *Log) intoLog(ctx context.Context, acts []auditAct, at storage.Revision) error {
	return d.tx.Once(ctx, func(_ context.Context, t *tx.Txn) error {
		t.Private()
		size, _, rev, err := auditState(t.Snap)
		if err != nil {
			return err
		}
		p := pending{t.Snap, map[int64]tlog.Hash{}}
		ends := map[dispatch.CaseID]chainEnd{}
		for _, a := range acts {
			end, known := ends[a.id]
			if !known {
				if end, err = readChain(t.Snap, a.id); err != nil {
					return err
				}
			}
			first, last := a.span()
			if last <= end.seq {
				continue
			}
			before, link := tlog.Hash{}, uint64(0)
			if end.ok {
				link = uint64(end.leaf) + 1
				h, err := p.ReadHashes([]int64{tlog.StoredHashIndex(0, end.leaf)})
				if err != nil {
					return err
				}
				before = h[0]
			}
			hash, err := a.leafHash(before)
			if err != nil {
				return err
			}
			grown, err := tlog.StoredHashesForRecordHash(size, hash, p)
			if err != nil {
				return err
			}
			for i, h := range grown {
				index := tlog.StoredHashCount(size) + int64(i)
				p.hashes[index] = h
				t.Put(ledger.TreeKey(index), bytes.Clone(h[:]))
			}
			t.Put(ledger.LeafKey(size), leaf{a.id, first, last, link}.encode())
			ends[a.id] = chainEnd{size, last, true}
			size++
		}
		for id, end := range ends {
			t.Put(ledger.ChainKey(id), ledger.U64(ledger.U64(nil, uint64(end.leaf)), end.seq))
		}
		t.Guard(ledger.AuditKey, rev)
		t.Put(ledger.AuditKey, ledger.U64(ledger.U64(nil, uint64(size)), uint64(at)))
		return nil
	})
}
