package bolt

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"wangge/storage"
)

// storeID tells a store from every other one: keys beside a feed of another store are never taken for its own.
type storeID [16]byte

// newStoreID draws an id at random.
func newStoreID() (id storeID) {
	_, _ = rand.Read(id[:]) // it never fails: see crypto/rand
	return id
}

// header is what the feed says of itself.
type header struct {
	format uint64
	id     storeID
	from   storage.Revision // the first batch that must have a checksum
}

var (
	formatKey = []byte("format")
	storeKey  = []byte("store")
	markKey   = []byte("mark")
)

// encode: id, first revision with a checksum, and the checksum of both.
func (h header) encode() []byte {
	return withSum(append(h.id[:len(h.id):len(h.id)], u64(uint64(h.from))...))
}

// parseHeader reads the meta bucket of a feed; false for damage. A feed of an older format gets a new id and has
// checksums from after the revision last.
func parseHeader(meta map[string][]byte) (h header, ok bool) {
	format := meta[string(formatKey)]
	if len(format) != 8 {
		return h, false
	}
	h.format = binary.BigEndian.Uint64(format)
	stored, has := meta[string(storeKey)]
	if h.format < 1 || (h.format >= sealedFormat) != has {
		return h, false
	}
	if !has {
		return h, true
	}
	b, ok := withoutSum(stored, len(h.id)+8)
	if !ok {
		return h, false
	}
	copy(h.id[:], b)
	h.from = storage.Revision(binary.BigEndian.Uint64(b[len(h.id):]))
	return h, true
}

// markOf says up to which batch of which store the keys are folded.
type markOf struct {
	rev storage.Revision
	sum uint32 // of that batch; 0 before the first
	id  storeID
}

func (m markOf) encode() []byte {
	b := binary.BigEndian.AppendUint32(u64(uint64(m.rev)), m.sum)
	return withSum(append(b, m.id[:]...))
}

func parseMark(b []byte) (m markOf, ok bool) {
	b, ok = withoutSum(b, 8+sumSize+len(m.id))
	if !ok {
		return m, false
	}
	m.rev, m.sum = storage.Revision(binary.BigEndian.Uint64(b)), binary.BigEndian.Uint32(b[8:])
	copy(m.id[:], b[8+sumSize:])
	return m, true
}

func withSum(b []byte) []byte { return binary.BigEndian.AppendUint32(b, sum(b)) }

// withoutSum cuts the checksum off what has so many bytes without it.
func withoutSum(b []byte, size int) ([]byte, bool) {
	if len(b) != size+sumSize || !bytes.Equal(withSum(bytes.Clone(b[:size])), b) {
		return nil, false
	}
	return b[:size], true
}
