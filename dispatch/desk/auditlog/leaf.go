package auditlog

import (
	"encoding/binary"
	"errors"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/storage"
)

// A leaf names the act that was logged. Its stored form has a kind, so that later versions can log other acts:
//
//	32 bytes   an act on a case: case, first and last event, number of the case's previous leaf + 1 (0 = none)
//	17 bytes   kind 1, one byte, a change of a campaign: its number, number of the previous change's leaf + 1 (0 = none)
//
// What is hashed of an act on a case is "wangge act", 0, the case, the hash of the previous leaf, and the events as package
// record encodes them; of a change "wangge campaign", 0, its number, the hash of the previous change's leaf, and its record
// as it is stored.
type leaf struct {
	id          dispatch.CaseID // 0 = a change of a campaign
	first, last uint64          // events of the case; of a change its number, twice
	link        uint64          // previous leaf of the chain + 1
}

// kindChange is the kind of a leaf that is a change of a campaign.
const kindChange = 1

func (l leaf) encode() []byte {
	if l.id == 0 {
		return ledger.U64(ledger.U64([]byte{kindChange}, l.last), l.link)
	}
	return ledger.U64(ledger.U64(ledger.U64(ledger.U64(nil, uint64(l.id)), l.first), l.last), l.link)
}

// decodeLeaf reads what encode wrote; false for a kind that this version does not know.
func decodeLeaf(b []byte) (l leaf, ok bool) {
	switch {
	case len(b) == 32:
		l = leaf{
			dispatch.CaseID(binary.BigEndian.Uint64(b)), binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:]),
			binary.BigEndian.Uint64(b[24:]),
		}
		return l, l.id != 0
	case len(b) == 17 && b[0] == kindChange:
		n := binary.BigEndian.Uint64(b[1:])
		return leaf{0, n, n, binary.BigEndian.Uint64(b[9:])}, true
	default:
		return leaf{}, false
	}
}

// auditAct is one act, as hashed into the log.
type auditAct struct {
	id     dispatch.CaseID // 0 = a change of a campaign
	events []dispatch.Event

	change uint64
	at     time.Time
	record []byte // of the change, as it is stored
}

// changeOf is the change of a campaign in a record; false for one that can't be read.
func changeOf(change uint64, val []byte) (auditAct, bool) {
	r, err := record.DecodeCampaignRun(val)
	return auditAct{change: change, at: r.At, record: val}, err == nil
}

// span returns the first and the last event of an act; of a change its number.
func (a *auditAct) span() (first, last uint64) {
	if a.id == 0 {
		return a.change, a.change
	}
	return a.events[0].Seq, a.events[len(a.events)-1].Seq
}

// when returns the instant of an act.
func (a *auditAct) when() time.Time {
	if a.id == 0 {
		return a.at
	}
	return a.events[0].At
}

// leafHash returns the hash of an act after the previous leaf of its chain.
func (a *auditAct) leafHash(before tlog.Hash) (tlog.Hash, error) {
	head, val := ledger.U64([]byte("wangge campaign\x00"), a.change), a.record
	if a.id != 0 {
		var err error
		if val, err = record.EncodeEvents(a.events); err != nil {
			return tlog.Hash{}, err
		}
		head = ledger.U64([]byte("wangge act\x00"), uint64(a.id))
	}
	return tlog.RecordHash(append(append(head, before[:]...), val...)), nil
}

// actOfLeaf reads the act of a leaf; nil if it is missing or can't be read.
func actOfLeaf(snap storage.Snapshot, l leaf) (*auditAct, error) {
	if l.id == 0 {
		it, err := snap.Get(ledger.CampaignKey(l.last))
		if errors.Is(err, storage.ErrNotFound) || ledger.IsDamage(err) {
			return nil, nil
		}
		return &auditAct{change: l.last, record: it.Value}, err
	}
	cs, err := ledger.Load(snap, l.id)
	if errors.Is(err, ledger.ErrNoCase) || ledger.IsDamage(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for group, err := range ledger.EventsFrom(snap, cs, l.first) {
		if err != nil || len(group) == 0 || group[0].Seq != l.first || group[len(group)-1].Seq != l.last {
			return nil, nil
		}
		return &auditAct{id: l.id, events: group}, nil
	}
	return nil, nil
}
