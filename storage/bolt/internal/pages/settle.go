package pages

import "os"

// Settle makes the visible state of a bbolt file durable: it writes the valid head page again, unchanged, and syncs.
//
// bbolt writes a head page after it synced the pages of the transaction, so a visible head page has its pages on disk. After
// a failed sync the head page itself may exist only in the page cache, marked clean, and no later sync would write it. The
// next transaction would then overwrite pages that the head page on disk still needs.
//
// Settle returns the valid head page, or a *storage.DamageError if there is none. Nobody may write the file meanwhile.
func Settle(f *os.File) (Head, error) {
	p := &File{Path: f.Name(), file: f}
	whole, _, err := p.Heads()
	if err != nil {
		return Head{}, err
	}
	var buf []byte
	page, err := p.bytes(whole[0].At, whole[0].Size, &buf)
	if err != nil {
		return Head{}, err
	}
	if _, err := f.WriteAt(page, whole[0].At); err != nil {
		return Head{}, err
	}
	return whole[0], f.Sync()
}
