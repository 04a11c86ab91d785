package desk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/storage"
)

// isDamage reports that an error is about what was read, not about reading.
func isDamage(err error) bool { return errors.Is(err, record.ErrCorrupt) }

// item checks one entry by the first bytes of its key: the table at the head of ledger.go.
func (k *checker) item(it storage.Item) error {
	prefix := it.Key[:min(2, len(it.Key))]
	switch {
	case bytes.Equal(prefix, casePrefix) && len(it.Key) == 10:
		return k.caseItem(it)
	case bytes.Equal(prefix, eventPrefix) && len(it.Key) == 14:
		return k.eventItem(it)
	case bytes.Equal(prefix, timerPrefix) && len(it.Key) == 18:
		return k.timerItem(it)
	case bytes.Equal(prefix, postingsPrefix):
		return k.postingItem(it)
	case bytes.Equal(prefix, linkPrefix) && len(it.Key) == 19:
		return k.linkItem(it)
	case bytes.Equal(prefix, reportPrefix):
		return k.reportItem(it)
	case bytes.Equal(prefix, requestPrefix):
		return k.requestItem(it)
	case bytes.Equal(it.Key, layoutKey) || bytes.Equal(it.Key, cityKey) || ofCity(it.Key) || ofAudit(it.Key):
		return nil
	}
	if bytes.Equal(prefix, noticePrefix) || bytes.Equal(prefix, queuePrefix) || bytes.Equal(prefix, parkedPrefix) {
		return k.noticeItem(it)
	}
	k.unknown(it.Key)
	return nil
}

// ofAudit reports whether a key is the audit log's: VerifyAudit checks those.
func ofAudit(key []byte) bool {
	return bytes.Equal(key, auditKey) || bytes.HasPrefix(key, treePrefix) || bytes.HasPrefix(key, leafPrefix) || bytes.HasPrefix(key, endPrefix)
}

func (k *checker) unknown(key []byte) {
	k.add(Finding{
		Kind: KeyUnknown, Key: key, What: i18n.F("this program knows no such key", "本程序不认识该键"),
		Mend: i18n.F("a later program may have written it: use that one", "可能由更新版本写入，请使用该版本"),
	})
}

// caseItem checks a case against its events and for the entries that it should have.
func (k *checker) caseItem(it storage.Item) error {
	k.report.Cases++
	id := tailID(it.Key)
	s, err := record.DecodeCase(id, it.Value)
	l := loaded{indexed{s.Case, s.Scopes, s.Filing}, it.Revision}
	if s.Filing == nil { // else it is the fold of its events already
		events, broken, failed := k.events(id)
		if failed != nil {
			return failed
		}
		if broken != nil {
			k.add(*broken)
		}
		if err != nil {
			k.unreadable(it, id, events, broken == nil)
			return nil
		}
		if broken == nil {
			if err := k.folded(l, events); err != nil {
				return err
			}
		}
	}
	k.report.Events += len(s.Filing)
	k.keep(l)
	cs, units := l.cs, l.postings
	if cs.Open() {
		k.report.Open++
		if !cs.NextAt.IsZero() {
			k.report.Armed++
		} else if k.city != nil && escalation.Unarmed(k.city, cs) {
			k.add(Finding{
				Kind: TimerUnarmed, Key: timerKey(cs.NextAt, id), Case: id,
				What: i18n.F("the clock of case %s runs and its ladder has a step to come, but nothing is armed", "案件 %s 计时中且阶梯未完，但未设定时器", id),
				Mend: i18n.F("act on the case or escalate it by hand: either arms the ladder again", "请处理案件或手动升级，均会重新设定"),
			})
		}
	}
	if key := l.timer(); key != nil {
		switch ok, err := k.has(key); {
		case err != nil:
			return err
		case !ok:
			k.missing(TimerMissing, key, nil, l, i18n.F("open case %s has no timer: it would never escalate", "未结案件 %s 没有定时器，将不会升级", id))
		}
	}
	for _, u := range units {
		key := postingKey(u, id)
		switch ok, err := k.has(key); {
		case err != nil:
			return err
		case !ok:
			k.missing(PostingMissing, key, nil, l, i18n.F("case %[1]s is missing from the list of %[2]s", "%[2]s 的列表缺少案件 %[1]s", id, u))
		}
	}
	for _, n := range linksOf(cs) {
		switch ok, err := k.has(n.key()); {
		case err != nil:
			return err
		case !ok:
			k.missing(LinkMissing, n.key(), nil, l, i18n.F("case %[1]s is missing from the cases that refer to %[2]s", "案件 %[2]s 的关联列表缺少 %[1]s", id, n.to))
		}
	}
	key := reportKey(cs.Report.Reporter, cs.Report.ClientID)
	switch ok, err := k.has(key); {
	case err != nil:
		return err
	case !ok:
		val, err := record.EncodeFiled(record.Filed{Case: id, Hash: contentHash(&cs.Report)})
		if err != nil {
			return err
		}
		k.missing(ReportIDMissing, key, val, l, i18n.F("the report of case %s could be filed a second time: its id is not kept", "案件 %s 的上报编号未保存，可能被重复立案", id))
	}
	return nil
}

// unreadable notes a case that can't be decoded; its events can rebuild it when they are whole.
func (k *checker) unreadable(it storage.Item, id dispatch.CaseID, events []dispatch.Event, whole bool) {
	f := Finding{Kind: CaseUnreadable, Key: it.Key, Case: id, What: i18n.F("case %s can't be read, or is another one's", "案件 %s 无法读取或编号不符", id), Mend: fromBackup}
	if cs := foldWhole(id, events); whole && cs != nil && k.city != nil {
		if val, err := record.EncodeCase(cs, postings(k.city, cs)); err == nil {
			f.Mend = i18n.F("--repair folds it from its events", "使用 --repair 由其事件重建")
			f.guards, f.ops = []storage.Guard{{Key: it.Key, Revision: it.Revision}}, []storage.Op{{Key: it.Key, Value: val}}
		}
	}
	k.add(f)
}

var fromBackup = i18n.F("take it from a backup: nothing here tells it", "请从备份恢复，此处无法重建")

// foldWhole folds the events of a case from its first; nil when there are none.
func foldWhole(id dispatch.CaseID, events []dispatch.Event) *dispatch.Case {
	if len(events) == 0 {
		return nil
	}
	return dispatch.FoldAll(&dispatch.Case{ID: id}, events)
}

// folded checks that a case is the fold of its events.
func (k *checker) folded(l loaded, events []dispatch.Event) error {
	have, err := record.EncodeCase(l.cs, l.postings)
	if err != nil {
		return err
	}
	cs := foldWhole(l.cs.ID, events)
	want, err := record.EncodeCase(cs, l.postings)
	if err != nil {
		return err
	}
	if bytes.Equal(have, want) {
		return nil
	}
	f := Finding{
		Kind: CaseDiffers, Key: caseKey(l.cs.ID), Case: l.cs.ID,
		What: i18n.F("case %[1]s is at %[2]d and %[3]s, its events say %[4]d and %[5]s", "案件 %[1]s 记录为第 %[2]d 号、%[6]s，事件推得第 %[4]d 号、%[7]s", l.cs.ID, l.cs.Seq, l.cs.Stage, cs.Seq, cs.Stage, l.cs.Stage.Text().Zh, cs.Stage.Text().Zh),
		Mend: fromBackup,
	}
	if k.city != nil {
		ops, err := caseDiff(l.indexed, indexed{cs: cs, postings: postings(k.city, cs)}, nil)
		if err != nil {
			return err
		}
		f.Mend = i18n.F("--repair folds it from its events; the events are the record", "使用 --repair 由其事件重建；以事件为准")
		f.guards, f.ops = []storage.Guard{{Key: f.Key, Revision: l.rev}}, ops
	}
	k.add(f)
	return nil
}

// events reads the events of a case and says what is wrong with their row. They are good until the
// next case's are read.
func (k *checker) events(id dispatch.CaseID) ([]dispatch.Event, *Finding, error) {
	all := k.row[:0]
	defer func() { k.row = all }()
	bad := func(key []byte, what i18n.Text) *Finding {
		return &Finding{Kind: EventsBroken, Key: key, Case: id, What: what, Mend: fromBackup}
	}
	for it, err := range k.snap.Scan(storage.Range{Start: eventKey(id, 0), End: eventKey(id+1, 0)}) {
		if err != nil {
			return nil, nil, err
		}
		group, err := record.DecodeEvents(it.Value)
		if err != nil {
			return all, bad(it.Key, i18n.F("events of case %s can't be read", "案件 %s 的事件无法读取", id)), nil
		}
		if group[0].Seq != uint64(binary.BigEndian.Uint32(it.Key[10:])) {
			return all, bad(it.Key, i18n.F("events of case %[1]s stand under %[2]d and begin with %[3]d", "案件 %[1]s 的事件键为 %[2]d，实际从 %[3]d 开始", id, binary.BigEndian.Uint32(it.Key[10:]), group[0].Seq)), nil
		}
		for i := range group {
			if seq := group[i].Seq; seq != uint64(len(all))+1 {
				return all, bad(it.Key, i18n.F("case %[1]s has event %[2]d where %[3]d is next", "案件 %[1]s 应为第 %[3]d 号事件，实为第 %[2]d 号", id, seq, len(all)+1)), nil
			}
			all = append(all, group[i])
		}
	}
	k.report.Events += len(all)
	if len(all) == 0 {
		return nil, bad(eventKey(id, 1), i18n.F("case %s has no events", "案件 %s 没有事件", id)), nil
	}
	return all, nil, nil
}

// eventItem looks for events whose case is gone.
func (k *checker) eventItem(it storage.Item) error {
	id := dispatch.CaseID(binary.BigEndian.Uint64(it.Key[2:]))
	if id == k.eventsOf {
		return nil
	}
	k.eventsOf = id
	ok, err := k.has(caseKey(id))
	if err != nil || ok {
		return err
	}
	f := Finding{Kind: CaseMissing, Key: it.Key, Case: id, What: i18n.F("there are events of case %s, but no case", "有案件 %s 的事件，但案件不存在", id), Mend: fromBackup}
	events, broken, err := k.events(id)
	if err != nil {
		return err
	}
	if broken == nil && k.city != nil {
		cs := foldWhole(id, events)
		ops, err := caseDiff(indexed{}, indexed{cs: cs, postings: postings(k.city, cs)}, nil)
		if err != nil {
			return err
		}
		f.Mend = i18n.F("--repair folds it from its events", "使用 --repair 由其事件重建")
		f.guards, f.ops = []storage.Guard{{Key: caseKey(id)}}, ops
	}
	k.add(f)
	return nil
}

func (k *checker) timerItem(it storage.Item) error {
	k.report.Timers++
	id := tailID(it.Key)
	l, err := k.find(id)
	if err != nil {
		return err
	}
	if !bytes.Equal(l.timer(), it.Key) {
		k.stray(TimerStray, it.Key, id, l, i18n.F("a timer of case %s that is not the one it has: a step could fire twice", "案件 %s 存在多余的定时器，可能重复触发", id))
	}
	return nil
}

func (k *checker) postingItem(it storage.Item) error {
	u, id, ok := parsePosting(it.Key)
	if !ok {
		k.unknown(it.Key)
		return nil
	}
	l, err := k.find(id)
	if err != nil {
		return err
	}
	if !slices.Contains(l.postings, u) {
		k.stray(PostingStray, it.Key, id, l, i18n.F("the list of %[1]s names case %[2]s, which does not stand there", "%[1]s 的列表含有不属于它的案件 %[2]s", u, id))
	}
	return nil
}

func (k *checker) reportItem(it storage.Item) error {
	person, clientID, ok := cutPersonKey(it.Key)
	if !ok {
		k.unknown(it.Key)
		return nil
	}
	was, err := record.DecodeFiled(it.Value)
	if err != nil {
		k.add(Finding{Kind: ReportIDStray, Key: it.Key, What: i18n.F("the id of a report can't be read", "上报编号记录无法读取"), Mend: fromBackup})
		return nil
	}
	l, err := k.find(was.Case)
	if err != nil {
		return err
	}
	if l.cs == nil || l.cs.Report.Reporter != roster.PersonID(person) || l.cs.Report.ClientID != clientID {
		k.stray(ReportIDStray, it.Key, was.Case, l, i18n.F("report %[1]q of %[2]s says it became case %[3]s, which was another report", "%[2]s 的上报 %[1]q 指向案件 %[3]s，但该案件并非由其产生", clientID, person, was.Case))
	}
	return nil
}

func (k *checker) requestItem(it storage.Item) error {
	was, err := record.DecodeActed(it.Value)
	if err != nil {
		k.add(Finding{Kind: RequestIDStray, Key: it.Key, What: i18n.F("the id of a request can't be read", "请求编号记录无法读取"), Mend: fromBackup})
		return nil
	}
	l, err := k.find(was.Case)
	if err != nil {
		return err
	}
	if l.cs == nil || was.Seq > l.cs.Seq {
		k.stray(RequestIDStray, it.Key, was.Case, l, i18n.F("a request says that it brought case %[1]s to %[2]d, where the case has never been", "请求记录称已将案件 %[1]s 推进至 %[2]d，但案件从未到达", was.Case, was.Seq))
	}
	return nil
}

// noticeItem checks a notice for its case and its entry, and an entry for its notice.
func (k *checker) noticeItem(it storage.Item) error {
	tail := it.Key[2:]
	queued := bytes.HasPrefix(it.Key, queuePrefix)
	if queued {
		tail = tail[min(8, len(tail)):]
	}
	id, ok := parseNotice(tail)
	if !ok {
		k.unknown(it.Key)
		return nil
	}
	if queued || bytes.HasPrefix(it.Key, parkedPrefix) {
		return k.noticeEntryItem(it, id)
	}
	n, err := record.DecodeNotice(it.Value)
	if err != nil {
		k.add(Finding{Kind: NoticeStray, Key: it.Key, Case: id.Case, What: i18n.F("a notice of case %s can't be read", "案件 %s 的通知无法读取", id.Case), Mend: fromBackup})
		return nil
	}
	l, err := k.find(id.Case)
	if err != nil {
		return err
	}
	if l.cs == nil || id.Seq > l.cs.Seq {
		k.add(Finding{Kind: NoticeStray, Key: it.Key, Case: id.Case, What: i18n.F("a notice tells of event %[2]d of case %[1]s, which is not there", "通知所指案件 %[1]s 的第 %[2]d 号事件不存在", id.Case, id.Seq), Mend: fromBackup})
		return nil
	}
	key := noticeEntry(id, n)
	if key == nil {
		return nil
	}
	if ok, err := k.has(key); err != nil || ok {
		return err
	}
	k.add(Finding{
		Kind: NoticeUnqueued, Key: key, Case: id.Case, What: i18n.F("a notice of case %s waits in no queue", "案件 %s 的通知不在队列中", id.Case),
		Mend:   i18n.F("--repair writes the entry again", "使用 --repair 重新写入该条目"),
		guards: []storage.Guard{{Key: it.Key, Revision: it.Revision}, {Key: key}}, ops: []storage.Op{{Key: key}},
	})
	return nil
}

func (k *checker) noticeEntryItem(it storage.Item, id NoticeID) error {
	val, err := k.snap.Get(id.key())
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	var n record.Notice
	if err == nil {
		if n, err = record.DecodeNotice(val.Value); err != nil {
			return nil // named under its own key
		}
	}
	if !bytes.Equal(noticeEntry(id, n), it.Key) {
		k.add(Finding{
			Kind: NoticeStray, Key: it.Key, Case: id.Case, What: i18n.F("the queue names a notice of case %s that does not wait there", "队列含有案件 %s 的多余通知", id.Case),
			Mend:   i18n.F("--repair removes the entry", "使用 --repair 删除该条目"),
			guards: []storage.Guard{{Key: id.key(), Revision: val.Revision}}, ops: []storage.Op{{Key: it.Key, Delete: true}},
		})
	}
	return nil
}
