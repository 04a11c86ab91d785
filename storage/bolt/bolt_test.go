package bolt

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"wangge/storage"
	"wangge/storage/storagetest"

	bbolt "go.etcd.io/bbolt"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("WANGGE_CRASH_CHILD"); path != "" {
		crashChild(path)
		return
	}
	os.Exit(m.Run())
}

func TestConformance(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storagetest.Opener {
		path := filepath.Join(t.TempDir(), "store.db")
		return func() (storage.Engine, error) { return Open(path) }
	})
}

// crashChild commits counters from several callers and prints each one after it is acknowledged.
func crashChild(path string) {
	e, err := Open(path)
	if err != nil {
		panic(err)
	}
	lines := make(chan int)
	for w := range 8 {
		go func() {
			for i := w; ; i += 8 {
				if _, err := e.Commit(context.Background(), storage.Batch{Ops: []storage.Op{{Key: u64(uint64(i)), Value: []byte("v")}}}); err != nil {
					panic(err)
				}
				lines <- i
			}
		}()
	}
	for i := range lines {
		fmt.Println(i)
	}
}

// kill -9 in the middle of group commits: everything acknowledged is there, and nothing is torn.
func TestKillKeepsWhatWasAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	acked := map[uint64]bool{}
	for range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), "WANGGE_CRASH_CHILD="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		for range 400 {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			n, err := strconv.ParseUint(strings.TrimSpace(line), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			acked[n] = true
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, lines)
		_ = cmd.Wait()
	}
	e, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for n := range acked {
		if _, err := s.Get(u64(n)); err != nil {
			t.Errorf("acknowledged %d: %v", n, err)
		}
	}
	for it, err := range s.Scan(storage.Range{}) {
		if err != nil || string(it.Value) != "v" {
			t.Errorf("torn item %v, %v", it, err)
		}
	}
}

// testdata/v1.db.gz was written by format version 1 and must stay readable.
func TestOpensVersion1(t *testing.T) {
	packed, err := os.Open("testdata/v1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "v1.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	it, err := s.Get([]byte("case"))
	if err != nil || string(it.Value) != "20261123-000417" || it.Revision != 2 || s.Revision() != 3 {
		t.Errorf("Get = %q at %d of %d, %v", it.Value, it.Revision, s.Revision(), err)
	}
}

func TestRefusesOtherFormatsAndSecondProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	e, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("second Open = %v, want that the file is held", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(metaB).Put([]byte("format"), u64(99)) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("Open of format 99 = %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	whole, _ := encode([]storage.Op{{Key: []byte("k"), Value: []byte("v")}, {Key: []byte("d"), Delete: true}})
	f.Add(whole)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := decode(data)
		if err != nil {
			if !errors.Is(err, storage.ErrCorrupt) {
				t.Errorf("decode = %v, want ErrCorrupt", err)
			}
			return
		}
		record, _ := encode(opsOf(entries))
		again, err := decode(record)
		if err != nil || len(again) != len(entries) {
			t.Fatalf("encode of %v decodes to %v, %v", entries, again, err)
		}
		for i, e := range entries {
			if !bytes.Equal(e.key, again[i].key) || !bytes.Equal(e.value, again[i].value) || e.del != again[i].del || !bytes.Equal(e.value, data[e.at:e.at+len(e.value)]) {
				t.Errorf("op %d: %v, then %v", i, e, again[i])
			}
		}
	})
}

// BenchmarkCommit is one 700-byte record under a time-ordered key; BenchmarkBare is the ceiling:
// the same bytes in bare bbolt, as many records a transaction as there are callers.
func BenchmarkCommit(b *testing.B) {
	for _, callers := range []int{1, 64, 256} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			e, err := Open(filepath.Join(b.TempDir(), "store.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			value := make([]byte, 700)
			next := make(chan uint64, callers)
			errs := make(chan error, callers)
			b.ResetTimer()
			for range callers {
				go func() {
					for n := range next {
						if _, err := e.Commit(context.Background(), storage.Batch{Ops: []storage.Op{{Key: u64(n), Value: value}}}); err != nil {
							errs <- err
							return
						}
					}
					errs <- nil
				}()
			}
			for n := range b.N {
				next <- uint64(n)
			}
			close(next)
			for range callers {
				if err := <-errs; err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBare(b *testing.B) {
	for _, group := range []int{1, 64, 256} {
		b.Run(strconv.Itoa(group), func(b *testing.B) {
			db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			value := make([]byte, 700)
			b.ResetTimer()
			for n := 0; n < b.N; n += group {
				err := db.Update(func(tx *bbolt.Tx) error {
					bk, err := tx.CreateBucketIfNotExists([]byte("b"))
					for i := n; err == nil && i < min(n+group, b.N); i++ {
						err = bk.Put(binary.BigEndian.AppendUint64(nil, uint64(i)), value)
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
