package fsck

import (
	"context"
	"errors"

	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/i18n"
	"wangge/storage"
)

var damageZh = map[storage.DamageKind]string{
	storage.FileEmpty: "为空", storage.FileMissing: "缺失", storage.FileCut: "被截断", storage.FileForeign: "不是本程序的存储", storage.HeadDamaged: "首页损坏，最后一次提交可能缺失",
	storage.PageDamaged: "有页损坏", storage.RecordDamaged: "有记录损坏", storage.RecordMissing: "缺少记录", storage.BlockDamaged: "有键块损坏", storage.ListDamaged: "空闲页清单损坏",
}

var rebuildZh = [...]string{
	storage.RebuildAtStart: "下次启动时重建", storage.RebuildRunning: "正在重建，请稍后重试", storage.RebuildFailed: "运行中未能重建：请检查磁盘，然后重新启动服务",
}

// DamageText describes damage of a file of the store in both languages: the file, the place, the revision, and, for a
// derived file, its repair.
func DamageText(d *storage.DamageError) i18n.Text {
	zh := d.Path + " " + damageZh[d.Kind]
	if d.Offset >= 0 {
		zh += i18n.F("", "，位于第 %d 字节", d.Offset).Zh
	}
	if d.Revision != 0 {
		zh += i18n.F("", "，版本 %d", d.Revision).Zh
	}
	zh += "：存储已损坏"
	if d.Derived {
		zh += "；该文件可以推导，" + rebuildZh[d.Rebuild]
	}
	return i18n.Text{En: d.Error(), Zh: zh}
}

// files lets the engine verify the checksums of its files.
func (k *checker) files(store storage.Engine, o CheckOptions) (err error) {
	v, ok := store.(storage.Verifier)
	if !ok {
		return nil
	}
	k.report.Files, err = v.Verify(func(d *storage.DamageError) error {
		k.list(DamageFinding(d), o)
		return nil
	})
	return err
}

// DamageFinding converts damage of a file of the store to a finding, under the file's path.
func DamageFinding(d *storage.DamageError) Finding {
	f := Finding{Kind: FindingKind(d.Kind), Key: []byte(d.Path), What: DamageText(d), Mend: i18n.F("put back a backup of this file, or look at the disk", "请放回该文件的备份，或检查磁盘")}
	if d.Derived && d.Rebuild == storage.RebuildRunning {
		f.Mend = i18n.F("the server makes it anew; look at the disk", "服务正在重建；请检查磁盘")
	} else if d.Derived {
		f.Mend = i18n.F("start the server or use --repair, and look at the disk", "启动服务或使用 --repair，并检查磁盘")
	}
	return f
}

// older notes that only the files of a store with an older layout were checked: the entries differ until a server
// upgrades the store.
func (k *checker) older(ctx context.Context, store storage.Engine, o CheckOptions) (bool, error) {
	was, err := ledger.LayoutOf(ctx, store)
	switch {
	case errors.Is(err, storage.ErrCorrupt):
		k.cut(err, o)
		return true, nil
	case err != nil || was == ledger.Layout:
		return false, err
	}
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return false, err
	}
	defer snap.Close()
	for it, err := range snap.Scan(storage.Prefix(ledger.CasePrefix)) { // a store without cases has no layout yet
		if err != nil {
			return false, err
		}
		k.list(Finding{
			Kind: LayoutOlder, Key: it.Key, What: i18n.F("the store has layout %[1]d, this program has %[2]d: its files were checked, its entries were not", "存储为布局 %[1]d，本程序为 %[2]d：已检查文件，未检查条目", was, ledger.Layout),
			Mend: i18n.F("start the server once, which upgrades it, and check again", "请启动一次服务以升级，然后重新检查"),
		}, o)
		return true, nil
	}
	return false, nil
}

// cut notes that the rest of the store could not be read.
func (k *checker) cut(err error, o CheckOptions) {
	what := i18n.Text{En: err.Error(), Zh: err.Error()}
	if d, ok := errors.AsType[*storage.DamageError](err); ok {
		what = DamageText(d)
	}
	k.list(Finding{
		Kind: CheckCut, What: i18n.F("the check ended here: %[1]s", "检查在此中断：%[2]s", what.En, what.Zh),
		Mend: i18n.F("mend the files first, then check again", "请先修复文件，然后重新检查"),
	}, o)
}

// list counts a finding that a repair of entries cannot fix, and lists the first ones.
func (k *checker) list(f Finding, o CheckOptions) {
	k.report.Found++
	k.report.ByKind[f.Kind]++
	if len(k.report.Findings) < o.Most {
		k.report.Findings = append(k.report.Findings, f)
	}
}
