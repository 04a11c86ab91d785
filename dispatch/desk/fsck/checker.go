package fsck

import (
	"bytes"
	"errors"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/revise"
	"wangge/storage"
)

// item checks one entry by what its key holds: see the table in ledger/keys.go. The audit log is checked by
// auditlog.VerifyAudit, and the city's directories when they are read.
func (k *checker) item(it storage.Item) error {
	switch ledger.KindOf(it.Key) {
	case ledger.KindCase:
		return k.caseItem(it)
	case ledger.KindEvents:
		return k.eventItem(it)
	case ledger.KindTimer:
		return k.timerItem(it)
	case ledger.KindPosting:
		return k.postingItem(it)
	case ledger.KindLink:
		return k.linkItem(it)
	case ledger.KindReport:
		return k.reportItem(it)
	case ledger.KindExternal:
		return k.externalItem(it)
	case ledger.KindAccess:
		k.accessItem(it)
	case ledger.KindRequest:
		return k.requestItem(it)
	case ledger.KindNotice, ledger.KindQueued, ledger.KindDeadLetter:
		return k.noticeItem(it)
	case ledger.KindCity, ledger.KindAudit, ledger.KindStore:
	case ledger.KindUnknown:
		k.unknown(it.Key)
	}
	return nil
}

// ofGone remarks that an open case names an owner, a handler, an arbiter, a co-owner, an area or a category that the city does not
// have: somebody must give it to somebody.
func (k *checker) ofGone(key []byte, cs *dispatch.Case) {
	if k.city == nil {
		return
	}
	l := revise.LossOf(k.city, k.city, cs, cs.UpdatedAt)
	if !l.Any() {
		return
	}
	why := dispatch.JoinTexts(i18n.Text{}, l.Why())
	k.remarks = append(k.remarks, Finding{
		Kind: CaseOfGone, Key: bytes.Clone(key), Case: cs.ID,
		What: i18n.F("case %[1]s, %[2]s: %[4]s", "案件 %[1]s（%[3]s）：%[5]s", cs.ID, cs.Stage.Text().En, cs.Stage.Text().Zh, why.En, why.Zh),
		Mend: i18n.F("reclassify it if its category is gone; reroute it or hand it over, or apply the city with a successor (city apply --successor) or with --open-cases move",
			"类别已删除的请改类；其他请改派或移交，或在启用城市版本时指定承接者（city apply --successor）或选择 --open-cases move"),
	})
}

func (k *checker) unknown(key []byte) {
	k.add(Finding{
		Kind: KeyUnknown, Key: key, What: i18n.F("this program knows no such key", "本程序不认识该键"),
		Mend: i18n.F("a later program may have written it: use that one", "可能由更新版本写入，请使用该版本"),
	})
}

// caseItem compares a case with its events, and looks for its entries.
func (k *checker) caseItem(it storage.Item) error {
	k.report.Cases++
	id := ledger.TailID(it.Key)
	s, err := record.DecodeCase(id, it.Value)
	l := ledger.Loaded{Indexed: ledger.Indexed{Cs: s.Case, Postings: s.Scopes, Filing: s.Filing}, Rev: it.Revision}
	if s.Filing == nil { // otherwise the case is stored as its events
		events, broken, failed := k.events(id)
		if failed != nil {
			return failed
		}
		if broken != nil {
			k.add(*broken)
		}
		if err != nil {
			k.unreadable(it, id, events, broken == nil)
			return nil //nolint:nilerr // the finding tells it
		}
		if broken == nil {
			if err := k.folded(l, events); err != nil {
				return err
			}
		}
	}
	k.report.Events += len(s.Filing)
	k.keep(l)
	cs, units := l.Cs, l.Postings
	if cs.Open() {
		k.report.Open++
		k.ofGone(it.Key, cs)
		if !cs.NextAt.IsZero() {
			k.report.Armed++
		} else if k.city != nil && escalation.LacksTimer(k.city, cs) {
			k.add(Finding{
				Kind: TimerUnarmed, Key: ledger.TimerKey(cs.NextAt, id), Case: id,
				What: i18n.F("the clock of case %s runs and its escalation policy has a step to come, but nothing is armed", "案件 %s 计时中且升级规则未完，但未设定时器", id),
				Mend: i18n.F("act on the case or escalate it by hand: either arms the next step again", "请处理案件或手动升级，均会重新设定"),
			})
		}
	}
	if key := l.Timer(); key != nil {
		switch ok, err := k.has(key); {
		case err != nil:
			return err
		case !ok:
			k.missing(TimerMissing, key, nil, l, i18n.F("case %s waits for somebody and has no timer: it would be in no list, and never escalate", "案件 %s 待处理但没有定时器，将不会列出，也不会升级", id))
		}
	}
	for _, u := range units {
		key := ledger.PostingKey(u, id)
		switch ok, err := k.has(key); {
		case err != nil:
			return err
		case !ok:
			k.missing(PostingMissing, key, nil, l, i18n.F("case %[1]s is missing from the list of %[2]s", "%[2]s 的列表缺少案件 %[1]s", id, u))
		}
	}
	for _, n := range ledger.LinksOf(cs) {
		switch ok, err := k.has(n.Key()); {
		case err != nil:
			return err
		case !ok:
			k.missing(LinkMissing, n.Key(), nil, l, i18n.F("case %[1]s is missing from the cases that refer to %[2]s", "案件 %[2]s 的关联列表缺少 %[1]s", id, n.To))
		}
	}
	key := ledger.ReportKey(cs.Report.Reporter, cs.Report.ClientID)
	switch ok, err := k.has(key); {
	case err != nil:
		return err
	case !ok:
		val, err := record.EncodeFiled(record.Filed{Case: id, Hash: ledger.ContentHash(&cs.Report)})
		if err != nil {
			return err
		}
		k.missing(ReportIDMissing, key, val, l, i18n.F("the report of case %s could be filed a second time: its id is not kept", "案件 %s 的上报编号未保存，可能被重复立案", id))
	}
	return k.numbered(l)
}

// unreadable notes a case that cannot be decoded. Complete events can rebuild the case.
func (k *checker) unreadable(it storage.Item, id dispatch.CaseID, events []dispatch.Event, whole bool) {
	f := Finding{Kind: CaseUnreadable, Key: it.Key, Case: id, What: i18n.F("case %s can't be read, or is another one's", "案件 %s 无法读取或编号不符", id), Mend: fromBackup}
	if cs := ledger.FoldWhole(id, events); whole && cs != nil && k.city != nil {
		if val, err := record.EncodeCase(cs, ledger.Postings(k.city, cs)); err == nil {
			f.Mend = i18n.F("--repair folds it from its events", "使用 --repair 由其事件重建")
			f.guards, f.ops = []storage.Guard{{Key: it.Key, Revision: it.Revision}}, []storage.Op{{Key: it.Key, Value: val}}
		}
	}
	k.add(f)
}

var fromBackup = i18n.F("take it from a backup: nothing here tells it", "请从备份恢复，此处无法重建")

// folded checks that a case is the fold of its events.
func (k *checker) folded(l ledger.Loaded, events []dispatch.Event) error {
	have, err := record.EncodeCase(l.Cs, l.Postings)
	if err != nil {
		return err
	}
	cs := ledger.FoldWhole(l.Cs.ID, events)
	want, err := record.EncodeCase(cs, l.Postings)
	if err != nil {
		return err
	}
	if bytes.Equal(have, want) {
		return nil
	}
	f := Finding{
		Kind: CaseDiffers, Key: ledger.CaseKey(l.Cs.ID), Case: l.Cs.ID,
		What: i18n.F("case %[1]s is at %[2]d and %[3]s, its events say %[4]d and %[5]s", "案件 %[1]s 记录为第 %[2]d 号、%[6]s，事件推得第 %[4]d 号、%[7]s", l.Cs.ID, l.Cs.Seq, l.Cs.Stage, cs.Seq, cs.Stage, l.Cs.Stage.Text().Zh, cs.Stage.Text().Zh),
		Mend: fromBackup,
	}
	if k.city != nil {
		ops, err := ledger.CaseDiff(l.Indexed, ledger.Indexed{Cs: cs, Postings: ledger.Postings(k.city, cs)}, nil)
		if err != nil {
			return err
		}
		f.Mend = i18n.F("--repair folds it from its events; the events are the record", "使用 --repair 由其事件重建；以事件为准")
		f.guards, f.ops = []storage.Guard{{Key: f.Key, Revision: l.Rev}}, ops
	}
	k.add(f)
	return nil
}

// events reads the events of a case, and what is wrong with them. The result is valid until the next call.
func (k *checker) events(id dispatch.CaseID) ([]dispatch.Event, *Finding, error) {
	all := k.row[:0]
	defer func() { k.row = all }()
	bad := func(key []byte, what i18n.Text) *Finding {
		return &Finding{Kind: EventsBroken, Key: key, Case: id, What: what, Mend: fromBackup}
	}
	for it, err := range k.snap.Scan(storage.Range{Start: ledger.EventKey(id, 0), End: ledger.EventKey(id+1, 0)}) {
		if err != nil {
			return nil, nil, err
		}
		group, err := record.DecodeEvents(it.Value)
		if err != nil {
			return all, bad(it.Key, i18n.F("events of case %s can't be read", "案件 %s 的事件无法读取", id)), nil
		}
		if _, seq, _ := ledger.ParseEvent(it.Key); group[0].Seq != seq {
			return all, bad(it.Key, i18n.F("events of case %[1]s stand under %[2]d and begin with %[3]d", "案件 %[1]s 的事件键为 %[2]d，实际从 %[3]d 开始", id, seq, group[0].Seq)), nil
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
		return nil, bad(ledger.EventKey(id, 1), i18n.F("case %s has no events", "案件 %s 没有事件", id)), nil
	}
	return all, nil, nil
}

// eventItem finds events without a case.
func (k *checker) eventItem(it storage.Item) error {
	id, _, _ := ledger.ParseEvent(it.Key)
	if id == k.eventsOf {
		return nil
	}
	k.eventsOf = id
	ok, err := k.has(ledger.CaseKey(id))
	if err != nil || ok {
		return err
	}
	f := Finding{Kind: CaseMissing, Key: it.Key, Case: id, What: i18n.F("there are events of case %s, but no case", "有案件 %s 的事件，但案件不存在", id), Mend: fromBackup}
	events, broken, err := k.events(id)
	if err != nil {
		return err
	}
	if broken == nil && k.city != nil {
		cs := ledger.FoldWhole(id, events)
		ops, err := ledger.CaseDiff(ledger.Indexed{}, ledger.Indexed{Cs: cs, Postings: ledger.Postings(k.city, cs)}, nil)
		if err != nil {
			return err
		}
		f.Mend = i18n.F("--repair folds it from its events", "使用 --repair 由其事件重建")
		f.guards, f.ops = []storage.Guard{{Key: ledger.CaseKey(id)}}, ops
	}
	k.add(f)
	return nil
}

func (k *checker) timerItem(it storage.Item) error {
	k.report.Timers++
	id := ledger.TailID(it.Key)
	l, err := k.find(id)
	if err != nil {
		return err
	}
	if !bytes.Equal(l.Timer(), it.Key) {
		k.stray(TimerStray, it.Key, id, l, i18n.F("a timer of case %s that is not the one it has: a step could fire twice", "案件 %s 存在多余的定时器，可能重复触发", id))
	}
	return nil
}

func (k *checker) postingItem(it storage.Item) error {
	u, id, ok := ledger.ParsePosting(it.Key)
	if !ok {
		k.unknown(it.Key)
		return nil
	}
	l, err := k.find(id)
	if err != nil {
		return err
	}
	if !slices.Contains(l.Postings, u) {
		k.stray(PostingStray, it.Key, id, l, i18n.F("the list of %[1]s names case %[2]s, which does not stand there", "%[1]s 的列表含有不属于它的案件 %[2]s", u, id))
	}
	return nil
}

func (k *checker) reportItem(it storage.Item) error {
	person, clientID, ok := ledger.ParsePersonKey(it.Key)
	if !ok {
		k.unknown(it.Key)
		return nil
	}
	was, err := record.DecodeFiled(it.Value)
	if err != nil {
		k.add(Finding{Kind: ReportIDStray, Key: it.Key, What: i18n.F("the id of a report can't be read", "上报编号记录无法读取"), Mend: fromBackup})
		return nil //nolint:nilerr // the finding tells it
	}
	l, err := k.find(was.Case)
	if err != nil {
		return err
	}
	if l.Cs == nil || l.Cs.Report.Reporter != person || l.Cs.Report.ClientID != clientID {
		k.stray(ReportIDStray, it.Key, was.Case, l, i18n.F("report %[1]q of %[2]s says it became case %[3]s, which was another report", "%[2]s 的上报 %[1]q 指向案件 %[3]s，但该案件并非由其产生", clientID, person, was.Case))
	}
	return nil
}

func (k *checker) requestItem(it storage.Item) error {
	was, err := record.DecodeActed(it.Value)
	if err != nil {
		k.add(Finding{Kind: RequestIDStray, Key: it.Key, What: i18n.F("the id of a request can't be read", "请求编号记录无法读取"), Mend: fromBackup})
		return nil //nolint:nilerr // the finding tells it
	}
	l, err := k.find(was.Case)
	if err != nil {
		return err
	}
	if l.Cs == nil || was.Seq > l.Cs.Seq {
		k.stray(RequestIDStray, it.Key, was.Case, l, i18n.F("a request says that it brought case %[1]s to %[2]d, where the case has never been", "请求记录称已将案件 %[1]s 推进至 %[2]d，但案件从未到达", was.Case, was.Seq))
	}
	return nil
}

// noticeItem checks that a notice has its case and its queue entry, and an entry its notice.
func (k *checker) noticeItem(it storage.Item) error {
	id, ok := ledger.ParseNotice(it.Key)
	if !ok {
		k.unknown(it.Key)
		return nil
	}
	if ledger.KindOf(it.Key) != ledger.KindNotice {
		return k.noticeEntryItem(it, id)
	}
	n, err := record.DecodeNotice(it.Value)
	if err != nil {
		k.add(Finding{Kind: NoticeStray, Key: it.Key, Case: id.Case, What: i18n.F("a notice of case %s can't be read", "案件 %s 的通知无法读取", id.Case), Mend: fromBackup})
		return nil //nolint:nilerr // the finding tells it
	}
	l, err := k.find(id.Case)
	if err != nil {
		return err
	}
	if l.Cs == nil || id.Seq > l.Cs.Seq {
		k.add(Finding{Kind: NoticeStray, Key: it.Key, Case: id.Case, What: i18n.F("a notice tells of event %[2]d of case %[1]s, which is not there", "通知所指案件 %[1]s 的第 %[2]d 号事件不存在", id.Case, id.Seq), Mend: fromBackup})
		return nil
	}
	key := ledger.NoticeEntry(id, n)
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

func (k *checker) noticeEntryItem(it storage.Item, id ledger.NoticeID) error {
	val, err := k.snap.Get(id.Key())
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	var n record.Notice
	if err == nil {
		if n, err = record.DecodeNotice(val.Value); err != nil {
			return nil //nolint:nilerr // it is named under its own key
		}
	}
	if !bytes.Equal(ledger.NoticeEntry(id, n), it.Key) {
		k.add(Finding{
			Kind: NoticeStray, Key: it.Key, Case: id.Case, What: i18n.F("the queue names a notice of case %s that does not wait there", "队列含有案件 %s 的多余通知", id.Case),
			Mend:   i18n.F("--repair removes the entry", "使用 --repair 删除该条目"),
			guards: []storage.Guard{{Key: id.Key(), Revision: val.Revision}}, ops: []storage.Op{{Key: it.Key, Delete: true}},
		})
	}
	return nil
}

// linkItem finds a link that the case does not have.
func (k *checker) linkItem(it storage.Item) error {
	n, _ := ledger.ParseLink(it.Key)
	id := n.From
	l, err := k.find(id)
	if err != nil {
		return err
	}
	if !slices.Contains(ledger.LinksOf(l.Cs), n) {
		k.stray(LinkStray, it.Key, id, l, i18n.F("case %[1]s does not refer to %[2]s", "案件 %[1]s 并未关联 %[2]s", id, n.To))
	}
	return nil
}
