package fsck

import (
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/i18n"
	"wangge/storage"
)

// numbered checks that a case stands under its number in the system of its source. A case that takes another up again
// leaves the number to the other.
func (k *checker) numbered(l ledger.Loaded) error {
	r := &l.Cs.Report
	if r.ExternalID == "" || l.Cs.Reopens != 0 {
		return nil
	}
	key := ledger.ExternalKey(r.Source, r.ExternalID)
	if ok, err := k.has(key); err != nil || ok {
		return err
	}
	val, err := record.EncodeFiled(record.Filed{Case: l.Cs.ID, Hash: ledger.ContentHash(r)})
	if err != nil {
		return err
	}
	k.missing(ReportIDMissing, key, val, l, i18n.F("the report of case %s could be filed a second time: its external number is not kept", "案件 %s 的外部编号未保存，可能被重复立案", l.Cs.ID))
	return nil
}

// externalItem finds a number whose case has another one.
func (k *checker) externalItem(it storage.Item) error {
	source, number, ok := ledger.ParseExternal(it.Key)
	if !ok {
		k.unknown(it.Key)
		return nil
	}
	was, err := record.DecodeFiled(it.Value)
	if err != nil {
		k.add(Finding{Kind: ReportIDStray, Key: it.Key, What: i18n.F("the external number of a report can't be read", "上报的外部编号记录无法读取"), Mend: fromBackup})
		return nil //nolint:nilerr // the finding tells it
	}
	l, err := k.find(was.Case)
	if err != nil {
		return err
	}
	if l.Cs == nil || l.Cs.Report.Source != source || l.Cs.Report.ExternalID != number || l.Cs.Reopens != 0 {
		k.stray(ReportIDStray, it.Key, was.Case, l, i18n.F("the external number %[1]q names case %[2]s, which does not have it", "外部编号 %[1]q 指向案件 %[2]s，但该案件并无此编号", number, was.Case))
	}
	return nil
}

// accessItem reads an access record.
func (k *checker) accessItem(it storage.Item) {
	if _, ok := ledger.ParseAccess(it.Key); !ok {
		k.unknown(it.Key)
		return
	}
	if _, err := record.DecodeAccess(it.Value); err != nil {
		k.add(Finding{Kind: AccessUnreadable, Key: it.Key, What: i18n.F("who has seen a phone can't be read", "查阅记录无法读取"), Mend: fromBackup})
	}
}
