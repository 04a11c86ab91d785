package pages

import "os"

// Settle makes what a bbolt file shows durable: it writes the head page that counts once more, as it is, and syncs.
// A head page is written after the pages of its transaction were synced: when it is there, its pages are on the
// disk. What is not known after a failed sync is whether the head page itself is there: the system may hold one in
// memory that is on no disk, and no later sync would write it; the next transaction would then overwrite pages that
// the one on the disk still needs. settle returns the head page that counts; without a whole one it gives a
// *storage.DamageError. Nobody may write the file meanwhile.
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
