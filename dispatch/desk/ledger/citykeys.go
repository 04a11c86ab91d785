package ledger

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"wangge/storage"
)

// PrecedentsKey holds the edition: how many changes of the precedents there have been.
var PrecedentsKey = []byte("m/precedents")

func PrecedentKey(edition uint64) []byte { return U64([]byte("p/"), edition) }

var HeadKey = []byte("m/head")

func ApplyKey(number uint64) []byte { return U64([]byte("a/"), number) }

func WaitKey(from time.Time, number uint64) []byte {
	return U64(U64([]byte("g/"), SortTime(from)), number)
}

func SweepKey(number uint64) []byte { return U64([]byte("w/"), number) }

var (
	ApplyPrefix = []byte("a/")
	WaitPrefix  = []byte("g/")
	SweepPrefix = []byte("w/")
)

// OfCity reports a key that keeps the city: see the table at the head of ledger.go.
func OfCity(key []byte) bool {
	if bytes.Equal(key, HeadKey) || bytes.Equal(key, PrecedentsKey) {
		return true
	}
	return len(key) > 2 && key[1] == '/' && strings.IndexByte("vfagwp", key[0]) >= 0
}

// Turns reports a commit after which another city decides.
func Turns(b storage.Batch) bool {
	for _, op := range b.Ops {
		if bytes.Equal(op.Key, HeadKey) || bytes.Equal(op.Key, PrecedentsKey) {
			return true
		}
	}
	return false
}

// WaitNumber reads the number that ends a key of an apply.
func WaitNumber(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }
