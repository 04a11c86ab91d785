package ledger_test

import (
	"math"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

var (
	id     = dispatch.CaseID(0x0102030405060708)
	at     = time.Unix(0, 0x1112131415161718)
	street = roster.Unit{Kind: roster.UnitArea, ID: "A1"}
	access = ledger.AccessID{Hour: at, Case: id, Person: "p-1"}
	notice = ledger.NoticeID{Case: id, Seq: 0x21222324, Channel: "email", Person: "p-1"}
)

const (
	id8     = "\x01\x02\x03\x04\x05\x06\x07\x08"
	at8     = "\x11\x12\x13\x14\x15\x16\x17\x18"
	never   = "\xff\xff\xff\xff\xff\xff\xff\xff"
	noticeB = id8 + "\x21\x22\x23\x24email\x00p-1"
)

// What a store holds stays where it is: these bytes never change.
func TestKeys_Golden(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		key  []byte
		want string
		kind ledger.Kind
	}{
		{"case", ledger.CaseKey(id), "c/" + id8, ledger.KindCase},
		{"case under a prefix", ledger.CaseIn(ledger.CasePrefix, id), "c/" + id8, ledger.KindCase},
		{"events", ledger.EventKey(id, 0x21222324), "e/" + id8 + "\x21\x22\x23\x24", ledger.KindEvents},
		{"timer", ledger.TimerKey(at, id), "t/" + at8 + id8, ledger.KindTimer},
		{"timer that never fires", ledger.TimerKey(time.Time{}, id), "t/" + never + id8, ledger.KindTimer},
		{"timer before 1970", ledger.TimerKey(time.Unix(-1, 0), id), "t/\x00\x00\x00\x00\x00\x00\x00\x00" + id8, ledger.KindTimer},
		{"posting", ledger.PostingKey(street, id), "s/" + string(rune(roster.UnitArea)) + "A1\x00" + id8, ledger.KindPosting},
		{"case in a posting", ledger.CaseIn(ledger.PostingPrefix(street), id), "s/" + string(rune(roster.UnitArea)) + "A1\x00" + id8, ledger.KindPosting},
		{"postings of a kind", ledger.PostingsOf(roster.UnitPoint), "s/" + string(rune(roster.UnitPoint)), ledger.KindPosting},
		{"open case of layout 1", ledger.OldOpenKey(street, at, id), "o/" + string(rune(roster.UnitArea)) + "A1\x00" + at8 + id8, ledger.KindUnknown},
		{"link", ledger.Link{To: id, Kind: ledger.LinkPart, From: 9}.Key(), "l/" + id8 + "\x02\x00\x00\x00\x00\x00\x00\x00\x09", ledger.KindLink},
		{"report", ledger.ReportKey("p-1", "r-1"), "r/p-1\x00r-1", ledger.KindReport},
		{"external number", ledger.ExternalKey(dispatch.SourceHotline, "12345-7"), "i/\x0212345-7", ledger.KindExternal},
		{"access", access.Key(), "u/" + at8 + id8 + "p-1", ledger.KindAccess},
		{"request", ledger.RequestKey("p-1", "a-1"), "q/p-1\x00a-1", ledger.KindRequest},
		{"notice", notice.Key(), "d/" + noticeB, ledger.KindNotice},
		{"queued notice", notice.Queued(at), "n/" + at8 + noticeB, ledger.KindQueued},
		{"dead letter", notice.DeadLetter(), "x/" + noticeB, ledger.KindDeadLetter},
		{"notices of a case", ledger.NoticesOf(id), "d/" + id8, ledger.KindNotice},
		{"ruling", ledger.PrecedentKey(7), "p/\x00\x00\x00\x00\x00\x00\x00\x07", ledger.KindCity},
		{"directory", ledger.DirectoryKey("2026-abc"), "v/2026-abc", ledger.KindCity},
		{"part of a file", ledger.PartKey([]byte("hash"), 3), "f/hash\x00\x00\x00\x03", ledger.KindCity},
		{"apply", ledger.ApplyKey(7), "a/\x00\x00\x00\x00\x00\x00\x00\x07", ledger.KindCity},
		{"waiting apply", ledger.WaitKey(at, 7), "g/" + at8 + "\x00\x00\x00\x00\x00\x00\x00\x07", ledger.KindCity},
		{"backfill", ledger.BackfillKey(7), "w/\x00\x00\x00\x00\x00\x00\x00\x07", ledger.KindCity},
		{"leaf", ledger.LeafKey(7), "k/\x00\x00\x00\x00\x00\x00\x00\x07", ledger.KindAudit},
		{"tree", ledger.TreeKey(7), "y/\x00\x00\x00\x00\x00\x00\x00\x07", ledger.KindAudit},
		{"chain", ledger.ChainKey(id), "h/" + id8, ledger.KindAudit},
		{"head", ledger.HeadKey, "m/head", ledger.KindCity},
		{"edition", ledger.PrecedentsKey, "m/precedents", ledger.KindCity},
		{"audit state", ledger.AuditKey, "m/audit", ledger.KindAudit},
		{"city", ledger.CityKey, "m/city", ledger.KindStore},
		{"layout", ledger.LayoutKey, "m/layout", ledger.KindStore},
	} {
		if string(tt.key) != tt.want {
			t.Errorf("%s: key %q, want %q", tt.name, tt.key, tt.want)
		}
		if got := ledger.KindOf(tt.key); got != tt.kind {
			t.Errorf("%s: KindOf(%q) = %d, want %d", tt.name, tt.key, got, tt.kind)
		}
	}
}

// What a constructor wrote its parser reads.
func TestKeys_Parse(t *testing.T) {
	t.Parallel()
	if got, seq, ok := ledger.ParseEvent(ledger.EventKey(id, 5)); !ok || got != id || seq != 5 {
		t.Errorf("ParseEvent = %v, %d, %v", got, seq, ok)
	}
	if due, got, ok := ledger.ParseTimer(ledger.TimerKey(at, id)); !ok || got != id || !ledger.TimeOf(due).Equal(at) {
		t.Errorf("ParseTimer = %d, %v, %v", due, got, ok)
	}
	if u, got, ok := ledger.ParsePosting(ledger.PostingKey(street, id)); !ok || u != street || got != id {
		t.Errorf("ParsePosting = %v, %v, %v", u, got, ok)
	}
	link := ledger.Link{To: id, Kind: ledger.LinkReopens, From: 9}
	if n, ok := ledger.ParseLink(link.Key()); !ok || n != link {
		t.Errorf("ParseLink = %v, %v", n, ok)
	}
	for _, key := range [][]byte{ledger.ReportKey("p-1", "r\x00-1"), ledger.RequestKey("p-1", "r\x00-1")} {
		if person, text, ok := ledger.ParsePersonKey(key); !ok || person != "p-1" || text != "r\x00-1" {
			t.Errorf("ParsePersonKey(%q) = %q, %q, %v", key, person, text, ok)
		}
	}
	if source, number, ok := ledger.ParseExternal(ledger.ExternalKey(dispatch.SourceMedia, "7")); !ok || source != dispatch.SourceMedia || number != "7" {
		t.Errorf("ParseExternal = %v, %q, %v", source, number, ok)
	}
	if a, ok := ledger.ParseAccess(access.Key()); !ok || a.Case != id || a.Person != "p-1" || !a.Hour.Equal(at) {
		t.Errorf("ParseAccess = %v, %v", a, ok)
	}
	for _, key := range [][]byte{notice.Key(), notice.Queued(at), notice.DeadLetter()} {
		if n, ok := ledger.ParseNotice(key); !ok || n != notice {
			t.Errorf("ParseNotice(%q) = %v, %v", key, n, ok)
		}
	}
	if due, ok := ledger.QueuedFor(notice.Queued(at)); !ok || due != ledger.SortTime(at) {
		t.Errorf("QueuedFor = %d, %v", due, ok)
	}
	if from, n, ok := ledger.ParseWait(ledger.WaitKey(at, 7)); !ok || n != 7 || !from.Equal(at) {
		t.Errorf("ParseWait = %v, %d, %v", from, n, ok)
	}
	if n, ok := ledger.ParseBackfill(ledger.BackfillKey(7)); !ok || n != 7 {
		t.Errorf("ParseBackfill = %d, %v", n, ok)
	}
	if n := ledger.ParsePrecedent(ledger.PrecedentKey(7)); n != 7 {
		t.Errorf("ParsePrecedent = %d", n)
	}
	if again, err := ledger.ParseNoticeID(notice.String()); err != nil || again != notice {
		t.Errorf("ParseNoticeID = %v, %v", again, err)
	}
}

// A key of another kind, or one that is cut, is refused by every parser and crashes none.
func TestKeys_ParseRefuses(t *testing.T) {
	t.Parallel()
	parsers := map[string]func([]byte) bool{
		"ParseEvent":     func(k []byte) bool { _, _, ok := ledger.ParseEvent(k); return ok },
		"ParseTimer":     func(k []byte) bool { _, _, ok := ledger.ParseTimer(k); return ok },
		"ParsePosting":   func(k []byte) bool { _, _, ok := ledger.ParsePosting(k); return ok },
		"ParseLink":      func(k []byte) bool { _, ok := ledger.ParseLink(k); return ok },
		"ParsePersonKey": func(k []byte) bool { _, _, ok := ledger.ParsePersonKey(k); return ok },
		"ParseExternal":  func(k []byte) bool { _, _, ok := ledger.ParseExternal(k); return ok },
		"ParseAccess":    func(k []byte) bool { _, ok := ledger.ParseAccess(k); return ok },
		"ParseNotice":    func(k []byte) bool { _, ok := ledger.ParseNotice(k); return ok },
		"ParseWait":      func(k []byte) bool { _, _, ok := ledger.ParseWait(k); return ok },
		"ParseBackfill":  func(k []byte) bool { _, ok := ledger.ParseBackfill(k); return ok },
	}
	for name, of := range map[string][]byte{
		"ParseEvent": ledger.EventKey(id, 5), "ParseTimer": ledger.TimerKey(at, id), "ParsePosting": ledger.PostingKey(street, id),
		"ParseLink": ledger.Link{To: id, Kind: ledger.LinkPart, From: 9}.Key(), "ParsePersonKey": ledger.ReportKey("p", "r"), "ParseNotice": notice.Key(),
		"ParseExternal": ledger.ExternalKey(dispatch.SourceMedia, "7"), "ParseAccess": access.Key(),
		"ParseWait": ledger.WaitKey(at, 7), "ParseBackfill": ledger.BackfillKey(7),
	} {
		for parser, parse := range parsers {
			if got := parse(of); got != (parser == name) {
				t.Errorf("%s(%q) = %v", parser, of, got)
			}
			for n := range min(len(of), 10) { // shorter than any of them but the ids that a person gives
				if parse(of[:n]) && parser != "ParsePersonKey" {
					t.Errorf("%s(%q) of a cut key = true", parser, of[:n])
				}
			}
			if parse(nil) || parse([]byte("m/head")) {
				t.Errorf("%s reads a key of something else", parser)
			}
		}
	}
	for n := range 10 {
		ledger.TailID(make([]byte, n))
		ledger.ParsePrecedent(make([]byte, n))
		ledger.QueuedFor(append([]byte("n/"), make([]byte, n)...))
	}
}

func TestKeys_SortByTime(t *testing.T) {
	t.Parallel()
	order := []time.Time{time.Unix(-5, 0), time.Unix(0, 1), at, at.Add(1), {}}
	for i := 1; i < len(order); i++ {
		if a, b := ledger.SortTime(order[i-1]), ledger.SortTime(order[i]); a >= b {
			t.Errorf("SortTime(%v) = %d, not before SortTime(%v) = %d", order[i-1], a, order[i], b)
		}
	}
	if !ledger.TimeOf(math.MaxUint64).IsZero() || !ledger.TimeOf(ledger.SortTime(at)).Equal(at) {
		t.Error("TimeOf is not the reverse of SortTime")
	}
}

func TestActivates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		key  []byte
		want bool
	}{{ledger.HeadKey, true}, {ledger.PrecedentsKey, true}, {ledger.ApplyKey(1), false}, {ledger.CaseKey(id), false}} {
		if got := ledger.Activates(storage.Batch{Ops: []storage.Op{{Key: []byte("x")}, {Key: tt.key}}}); got != tt.want {
			t.Errorf("Activates with %q = %v, want %v", tt.key, got, tt.want)
		}
	}
}
