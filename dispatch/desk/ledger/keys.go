package ledger

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/storage"
)

// Every key of the store. No other file builds a key or reads a part of one. Numbers are big-endian, 8 bytes unless
// the table says 4, so that keys sort by number and by time; "due" and "from" are the instants of SortTime.
//
//	key                              what                                                        written by
//	c/ case                          a case: its events while nobody has acted on it, then       desk, timer, rollout
//	                                 the fold of its events
//	e/ case seq4                     the events of one act, under the first one's number         desk, timer, rollout
//	t/ due case                      the one timer of a case that is open or has an open appeal  desk, timer, rollout
//	s/ kind1 unit 0 case             a list of all cases of a unit, in the order of time         desk, timer, rollout
//	l/ case kind1 case               a case (the second) that refers to another (the first)      desk, timer, rollout
//	r/ person 0 client-id            the case that a report became                               desk
//	i/ source1 external-id           the case with this number in the system of its source       desk
//	u/ hour case person              who has seen names and phones of a case in an hour          access
//	q/ person 0 request-id           the case on which a request was carried out                 desk
//	d/ case seq4 channel 0 person    a notice and how far it has come                            desk, timer, rollout; outbox
//	n/ due case seq4 channel 0 person  a notice that waits to be sent                            desk, timer, rollout; outbox
//	x/ case seq4 channel 0 person    a notice that was given up                                  outbox
//	p/ edition                       one change of the rulings                                   desk, rollout
//	v/ revision                      the list of files of a city directory                       revision
//	f/ hash part4                    a part of a file, by the hash of the whole file             revision
//	a/ number                        one apply of a directory: who, when, policy, progress       revision, rollout
//	g/ from number                   an apply that waits for its instant                         rollout
//	w/ number                        an apply whose backfill is in progress                      rollout
//	j/ change                        one change of the runs of campaigns                         campaigns
//	z/ change                        a change that open cases are still following                campaigns
//	k/ leaf                          which events, or which j/, a leaf of the audit log is       auditlog
//	y/ index                         a hash of the audit tree, numbered as tlog does             auditlog
//	h/ case                          where a case's chain of leaves ends; case 0: that of j/     auditlog
//	m/audit                          how far the audit log has come                              auditlog
//	m/head                           which apply is active, and which was made last; written     revision, rollout, campaigns
//	                                 anew with each change of a campaign, so that no decision
//	                                 misses the change
//	m/precedents                     the edition: how many changes of the rulings there were     desk, rollout
//	m/campaigns                      how many changes of the runs of campaigns there were        campaigns
//	m/city                           the code of the city whose cases these are                  migrate
//	m/layout                         the version of this table: see Layout                       migrate
//
// Besides, migrate rewrites c/, t/ and s/ of a store of an older layout, and fsck rebuilds derived entries.
//
// Until layout 1 there was also "o/ kind1 unit 0 due case", open cases by deadline: see OldOpenKey.

// Prefixes under which rooms scan.
var (
	CasePrefix       = []byte("c/")
	AccessPrefix     = []byte("u/")
	TimerPrefix      = []byte("t/")
	QueuePrefix      = []byte("n/")
	DeadLetterPrefix = []byte("x/")
	ApplyPrefix      = []byte("a/")
	WaitPrefix       = []byte("g/")
	BackfillPrefix   = []byte("w/")
	CampaignPrefix   = []byte("j/")
	SweepPrefix      = []byte("z/")
)

// Keys of which there is one.
var (
	HeadKey       = []byte("m/head")
	PrecedentsKey = []byte("m/precedents")
	CampaignsKey  = []byte("m/campaigns")
	AuditKey      = []byte("m/audit")
	CityKey       = []byte("m/city")
	LayoutKey     = []byte("m/layout")
)

// Kind is what a key holds.
type Kind byte

// Kinds of keys; zero is a key that is not in the table.
const (
	KindUnknown Kind = iota
	KindCase
	KindEvents
	KindTimer
	KindPosting
	KindLink
	KindReport
	KindExternal
	KindAccess
	KindRequest
	KindNotice
	KindQueued
	KindDeadLetter
	KindCity  // of the city: directories, applies, rulings, and which of them are active
	KindAudit // of the audit log
	KindStore // of the store as a whole
)

// kinds is the table above by first byte. size is the length of a key whose length is fixed, else 0.
var kinds = [256]struct {
	kind Kind
	size int
}{
	'c': {KindCase, 10}, 'e': {KindEvents, 14}, 't': {KindTimer, 18}, 's': {KindPosting, 0}, 'l': {KindLink, 19},
	'r': {KindReport, 0}, 'i': {KindExternal, 0}, 'u': {KindAccess, 0}, 'q': {KindRequest, 0},
	'd': {KindNotice, 0}, 'n': {KindQueued, 0}, 'x': {KindDeadLetter, 0},
	'v': {KindCity, 0}, 'f': {KindCity, 0}, 'a': {KindCity, 0}, 'g': {KindCity, 0}, 'w': {KindCity, 0}, 'p': {KindCity, 0},
	'j': {KindCity, 10}, 'z': {KindCity, 10},
	'k': {KindAudit, 0}, 'y': {KindAudit, 0}, 'h': {KindAudit, 0},
}

// singles are the keys of which there is one.
var singles = map[string]Kind{
	string(HeadKey): KindCity, string(PrecedentsKey): KindCity, string(CampaignsKey): KindCity, string(AuditKey): KindAudit,
	string(CityKey): KindStore, string(LayoutKey): KindStore,
}

// KindOf tells what a key holds by its first bytes and, where its length is fixed, its length.
func KindOf(key []byte) Kind {
	if len(key) < 2 || key[1] != '/' {
		return KindUnknown
	}
	if key[0] == 'm' {
		return singles[string(key)]
	}
	k := kinds[key[0]]
	if k.size != 0 && len(key) != k.size || k.kind == KindCity && len(key) == 2 {
		return KindUnknown
	}
	return k.kind
}

// U64 appends a number as keys and small values hold it.
func U64(b []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(b, n) }

// keyOf returns a key with a prefix and room for size bytes.
func keyOf(prefix string, size int) []byte { return append(make([]byte, 0, size), prefix...) }

// tail reads the number that ends a key; 0 when the key is too short to end in one.
func tail(key []byte) uint64 {
	if len(key) < 2+8 {
		return 0
	}
	return binary.BigEndian.Uint64(key[len(key)-8:])
}

// TailID reads the case that ends a key of a case, a timer, a posting or a link.
func TailID(key []byte) dispatch.CaseID { return dispatch.CaseID(tail(key)) }

// SortTime is an instant as an ordered number: zero time sorts last, before 1970 sorts first.
func SortTime(t time.Time) uint64 {
	switch {
	case t.IsZero():
		return math.MaxUint64
	case t.UnixNano() < 0:
		return 0
	default:
		return uint64(t.UnixNano())
	}
}

// TimeOf is the instant of a SortTime; the zero time for the SortTime of the zero time.
func TimeOf(n uint64) time.Time {
	if n > math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(0, int64(n))
}

// CaseKey is the key of a case.
func CaseKey(id dispatch.CaseID) []byte { return U64(keyOf("c/", 10), uint64(id)) }

// CaseIn is the key of a case under CasePrefix or a PostingPrefix.
func CaseIn(prefix []byte, id dispatch.CaseID) []byte { return U64(slices.Clone(prefix), uint64(id)) }

// EventKey is the key of the events of an act. seq is the number of the first event.
func EventKey(id dispatch.CaseID, seq uint64) []byte {
	return binary.BigEndian.AppendUint32(U64(keyOf("e/", 14), uint64(id)), uint32(seq))
}

// ParseEvent reads a key of EventKey; false for another one.
func ParseEvent(key []byte) (id dispatch.CaseID, seq uint64, ok bool) {
	if KindOf(key) != KindEvents {
		return 0, 0, false
	}
	return dispatch.CaseID(binary.BigEndian.Uint64(key[2:])), uint64(binary.BigEndian.Uint32(key[10:])), true
}

// TimerKey is the key of a case's timer. A case that waits for no instant has one too, after all others.
func TimerKey(due time.Time, id dispatch.CaseID) []byte {
	return U64(U64(keyOf("t/", 18), SortTime(due)), uint64(id))
}

// ParseTimer reads a key of TimerKey; false for another one.
func ParseTimer(key []byte) (due uint64, id dispatch.CaseID, ok bool) {
	if KindOf(key) != KindTimer {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(key[2:]), TailID(key), true
}

// PostingPrefix begins the keys of a unit's list.
func PostingPrefix(u roster.Unit) []byte {
	return append(append(append(keyOf("s/", 2+1+len(u.ID)+1+8), byte(u.Kind)), u.ID...), 0)
}

// PostingsOf begins the keys of the lists of all units of a kind.
func PostingsOf(kind roster.UnitKind) []byte { return append(keyOf("s/", 3), byte(kind)) }

// PostingKey is the key of a case in a unit's list.
func PostingKey(u roster.Unit, id dispatch.CaseID) []byte {
	return U64(PostingPrefix(u), uint64(id))
}

// ParsePosting reads a key of PostingKey; false for another one.
func ParsePosting(key []byte) (u roster.Unit, id dispatch.CaseID, ok bool) {
	if len(key) < len("s/")+1+1+8 || KindOf(key) != KindPosting {
		return u, 0, false
	}
	return roster.Unit{Kind: roster.UnitKind(key[2]), ID: string(key[3 : len(key)-9])}, TailID(key), true
}

// OldOpenKey is where layout 1 kept an open case of a unit by its deadline.
func OldOpenKey(u roster.Unit, due time.Time, id dispatch.CaseID) []byte {
	old := append([]byte("o/"), PostingPrefix(u)[len("s/"):]...)
	return U64(U64(old, SortTime(due)), uint64(id))
}

func linksTo(to dispatch.CaseID, kind LinkKind) []byte {
	return append(U64(keyOf("l/", 19), uint64(to)), byte(kind))
}

// Key is the key of a link.
func (n Link) Key() []byte { return U64(linksTo(n.To, n.Kind), uint64(n.From)) }

// ParseLink reads a key of Link.Key; false for another one.
func ParseLink(key []byte) (n Link, ok bool) {
	if KindOf(key) != KindLink {
		return n, false
	}
	return Link{To: dispatch.CaseID(binary.BigEndian.Uint64(key[2:])), Kind: LinkKind(key[10]), From: TailID(key)}, true
}

func personKey(prefix string, person roster.PersonID, id string) []byte {
	return append(append(append(keyOf(prefix, len(prefix)+len(person)+1+len(id)), person...), 0), id...)
}

// ReportKey is the key of a report by the id that its sender gave it.
func ReportKey(person roster.PersonID, clientID string) []byte {
	return personKey("r/", person, clientID)
}

// RequestKey is the key of a request to act by the id that its sender gave it.
func RequestKey(person roster.PersonID, requestID string) []byte {
	return personKey("q/", person, requestID)
}

// ParsePersonKey reads a key of ReportKey or RequestKey; false for another one.
func ParsePersonKey(key []byte) (person roster.PersonID, id string, ok bool) {
	if k := KindOf(key); k != KindReport && k != KindRequest {
		return "", "", false
	}
	p, i, ok := bytes.Cut(key[2:], []byte{0})
	return roster.PersonID(p), string(i), ok
}

// ExternalKey is the key of a report by its number in the system of its source.
func ExternalKey(source dispatch.Source, number string) []byte {
	return append(append(keyOf("i/", 2+1+len(number)), byte(source)), number...)
}

// ParseExternal reads a key of ExternalKey; false for another one.
func ParseExternal(key []byte) (source dispatch.Source, number string, ok bool) {
	if KindOf(key) != KindExternal || len(key) < 4 {
		return 0, "", false
	}
	return dispatch.Source(key[2]), string(key[3:]), true
}

// AccessID names what one person has seen of one case in one hour.
type AccessID struct {
	Hour   time.Time // its beginning
	Case   dispatch.CaseID
	Person roster.PersonID
}

// Key is the key of an access record.
func (a AccessID) Key() []byte {
	return append(U64(U64(keyOf("u/", 18+len(a.Person)), SortTime(a.Hour)), uint64(a.Case)), a.Person...)
}

// ParseAccess reads a key of AccessID.Key; false for another one.
func ParseAccess(key []byte) (a AccessID, ok bool) {
	if KindOf(key) != KindAccess || len(key) < 19 {
		return a, false
	}
	return AccessID{
		Hour: TimeOf(binary.BigEndian.Uint64(key[2:])), Case: dispatch.CaseID(binary.BigEndian.Uint64(key[10:])),
		Person: roster.PersonID(key[18:]),
	}, true
}

func (n NoticeID) tail(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(U64(b, uint64(n.Case)), uint32(n.Seq))
	return append(append(append(b, n.Channel...), 0), n.Person...)
}

// NoticesOf begins the keys of a case's notices.
func NoticesOf(id dispatch.CaseID) []byte { return U64(keyOf("d/", 10), uint64(id)) }

// Key is the key of a notice's record.
func (n NoticeID) Key() []byte { return n.tail([]byte("d/")) }

// DeadLetter is the key of a notice among those that were given up.
func (n NoticeID) DeadLetter() []byte { return n.tail([]byte("x/")) }

// Queued is the key of a notice that waits for an instant.
func (n NoticeID) Queued(due time.Time) []byte {
	return n.tail(U64([]byte("n/"), SortTime(due)))
}

// QueuedFor reads the instant of a key of NoticeID.Queued, whether or not the rest of the key can be read.
func QueuedFor(key []byte) (due uint64, ok bool) {
	if KindOf(key) != KindQueued || len(key) < 10 {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[2:]), true
}

// ParseNotice reads a key of NoticeID.Key, DeadLetter or Queued; false for another one.
func ParseNotice(key []byte) (NoticeID, bool) {
	// A key of any other kind names no notice.
	//exhaustive:ignore
	switch KindOf(key) {
	case KindNotice, KindDeadLetter:
		return parseNoticeTail(key[2:])
	case KindQueued:
		return parseNoticeTail(key[min(10, len(key)):])
	default:
		return NoticeID{}, false
	}
}

// parseNoticeTail reads what tail wrote.
func parseNoticeTail(b []byte) (NoticeID, bool) {
	if len(b) < 13 {
		return NoticeID{}, false
	}
	channel, person, ok := bytes.Cut(b[12:], []byte{0})
	return NoticeID{
		Case: dispatch.CaseID(binary.BigEndian.Uint64(b)), Seq: uint64(binary.BigEndian.Uint32(b[8:])),
		Channel: string(channel), Person: roster.PersonID(person),
	}, ok
}

// PrecedentKey is the key of one change of the rulings.
func PrecedentKey(edition uint64) []byte { return U64([]byte("p/"), edition) }

// ParsePrecedent reads the edition of a key of PrecedentKey.
func ParsePrecedent(key []byte) uint64 { return tail(key) }

// DirectoryKey is the key of the list of files of a city directory.
func DirectoryKey(base string) []byte { return append([]byte("v/"), base...) }

// PartKey is the key of a part of a file.
func PartKey(hash []byte, part int) []byte {
	return binary.BigEndian.AppendUint32(append([]byte("f/"), hash...), uint32(part))
}

// ApplyKey is the key of an apply.
func ApplyKey(number uint64) []byte { return U64([]byte("a/"), number) }

// WaitKey is the key of an apply that waits for its instant.
func WaitKey(from time.Time, number uint64) []byte {
	return U64(U64([]byte("g/"), SortTime(from)), number)
}

// ParseWait reads a key of WaitKey; false for another one.
func ParseWait(key []byte) (from time.Time, number uint64, ok bool) {
	if len(key) != 2+8+8 || !bytes.HasPrefix(key, WaitPrefix) {
		return time.Time{}, 0, false
	}
	return TimeOf(binary.BigEndian.Uint64(key[2:])), tail(key), true
}

// BackfillKey is the key of an apply whose backfill is in progress.
func BackfillKey(number uint64) []byte { return U64([]byte("w/"), number) }

// ParseBackfill reads a key of BackfillKey; false for another one.
func ParseBackfill(key []byte) (number uint64, ok bool) {
	return tail(key), len(key) == 2+8 && bytes.HasPrefix(key, BackfillPrefix)
}

// CampaignKey is the key of one change of the runs of campaigns.
func CampaignKey(change uint64) []byte { return U64([]byte("j/"), change) }

// ParseCampaign reads a key of CampaignKey; false for another one.
func ParseCampaign(key []byte) (change uint64, ok bool) {
	return tail(key), len(key) == 2+8 && bytes.HasPrefix(key, CampaignPrefix)
}

// SweepKey is the key of a change that open cases are still following.
func SweepKey(change uint64) []byte { return U64([]byte("z/"), change) }

// ParseSweep reads a key of SweepKey; false for another one.
func ParseSweep(key []byte) (change uint64, ok bool) {
	return tail(key), len(key) == 2+8 && bytes.HasPrefix(key, SweepPrefix)
}

// LeafKey is the key of a leaf of the audit log.
func LeafKey(n int64) []byte { return U64([]byte("k/"), uint64(n)) }

// TreeKey is the key of a hash of the audit tree.
func TreeKey(index int64) []byte { return U64([]byte("y/"), uint64(index)) }

// ChainKey is the key of the end of a case's chain in the audit log. Case 0 stands for the changes of campaigns.
func ChainKey(id dispatch.CaseID) []byte { return U64([]byte("h/"), uint64(id)) }

// Activates reports whether a batch activates another revision of the city, another edition of the rulings, or a change of a
// campaign.
func Activates(b storage.Batch) bool {
	return slices.ContainsFunc(b.Ops, func(op storage.Op) bool {
		return bytes.Equal(op.Key, HeadKey) || bytes.Equal(op.Key, PrecedentsKey) || bytes.Equal(op.Key, CampaignsKey)
	})
}
