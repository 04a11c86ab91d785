package record

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
)

// stored is one value to encode, and the bytes of an encoder that lends nothing.
type stored struct {
	encode func() ([]byte, error)
	want   []byte
}

// anyStored draws a value of a kind that is drafted in lent messages, and encodes it in messages of its own.
func anyStored(t *rapid.T) stored {
	scopes := draw[[]roster.Unit](t, "scopes")
	var out stored
	var message proto.Message
	version, own := byte(Version), new(draft)
	switch rapid.IntRange(0, 3).Draw(t, "kind of record") {
	case 0:
		c := anyCase(t)
		message = own.caseRecord(c, scopes)
		out.encode = func() ([]byte, error) { return EncodeCase(c, scopes) }
	case 1:
		events := anyFiling(t)
		version, message = filingVersion, own.filing(events, scopes)
		out.encode = func() ([]byte, error) { return EncodeFiling(events, scopes) }
	case 2:
		events := anyEvents(t)
		version, message = eventsVersion, own.act(events)
		out.encode = func() ([]byte, error) { return EncodeEvents(events) }
	default:
		f := draw[Filed](t, "filed")
		message = own.reportRecord(f)
		out.encode = func() ([]byte, error) { return EncodeFiled(f) }
	}
	var err error
	if out.want, err = encode(version, message); err != nil {
		t.Fatal(err)
	}
	return out
}

// A lent message shows nothing of the record before, in whatever order and however many at once records are encoded.
func TestDraft_BytesAreThoseOfOwnMessages(t *testing.T) {
	t.Parallel()
	var all []stored
	rapid.Check(t, func(t *rapid.T) {
		batch := rapid.SliceOfN(rapid.Custom(anyStored), 2, 4).Draw(t, "records")
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(batch)-1), 1, 20).Draw(t, "order") {
			if err := batch[i].check(); err != nil {
				t.Fatalf("record %d: %v", i, err)
			}
		}
		all = append(all, batch...)
	})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range all {
				if err := all[(i*(2*worker+1)+worker)%len(all)].check(); err != nil {
					t.Errorf("beside other encoders: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// check encodes the value, and encodes another one before it reads the bytes: they belong to the caller.
func (s stored) check() error {
	got, err := s.encode()
	if err != nil {
		return err
	}
	if _, err := EncodeCase(&dispatch.Case{Category: "other", Refused: []roster.Unit{{ID: "other"}}}, nil); err != nil {
		return err
	}
	if !bytes.Equal(got, s.want) {
		return fmt.Errorf("bytes\n%x, want\n%x", got, s.want)
	}
	return nil
}

// A record that cannot be encoded gives its messages back, and leaves nothing in them.
func TestDraft_AfterAnError(t *testing.T) {
	t.Parallel()
	c, scopes := benchCase()
	want, err := encode(Version, new(draft).caseRecord(c, scopes))
	if err != nil {
		t.Fatal(err)
	}
	bad := *c
	bad.Report.Text, bad.Rule, bad.Reopens = "\xff", "another rule", 7
	for range 50 {
		if b, err := EncodeCase(&bad, scopes[:1]); err == nil {
			t.Fatalf("a text that is not UTF-8 was encoded: %x", b)
		}
		got, err := EncodeCase(c, scopes)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("EncodeCase = %x, %v; want %x", got, err, want)
		}
	}
}

// A draft that a large record has grown is not lent again, and one that is lent again holds nothing of its last record.
func TestDraft_IsBounded(t *testing.T) {
	t.Parallel()
	events := func(n int) []dispatch.Event {
		out := make([]dispatch.Event, n)
		for i := range out {
			out[i] = dispatch.Event{Seq: uint64(i) + 1, Note: strings.Repeat("n", 100), NotifiedPosts: []roster.PostID{"a"}}
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		write func(*draft)
		kept  bool
	}{
		{"as many messages as are kept", func(d *draft) { d.act(events(mostLent)) }, true},
		{"one message more", func(d *draft) { d.act(events(mostLent + 1)) }, false},
		{"many texts", func(d *draft) { texts(d, make([]string, 3*mostLent)) }, false},
		{"many messages in many small lists", func(d *draft) {
			for range mostLent + 1 {
				d.filing(nil, make([]roster.Unit, 1))
			}
		}, false},
	} {
		d := new(draft)
		tt.write(d)
		if got := d.takeBack(); got != tt.kept {
			t.Errorf("%s: lent again = %v, want %v", tt.name, got, tt.kept)
		}
	}
	// Every slab is taken back and counted: one that is forgotten would hand out another record's messages.
	d := new(draft)
	v := reflect.ValueOf(d).Elem()
	own := reflect.ValueOf(d).Elem().NumField()
	if own < 17 {
		t.Fatalf("a draft has %d fields: the test does not reach all", own)
	}
	d.caseRecord(new(filledWith[dispatch.Case](0)), filledWith[[]roster.Unit](1))
	d.filing(filledWith[[]dispatch.Event](2), filledWith[[]roster.Unit](3))
	d.act(filledWith[[]dispatch.Event](4))
	d.reportRecord(filledWith[Filed](5))
	for i := range own {
		if v.Field(i).IsZero() {
			t.Errorf("%s: nothing lends from it", v.Type().Field(i).Name)
		}
	}
	d.takeBack()
	for i := range own {
		if f := v.Field(i); f.Kind() == reflect.Struct && f.FieldByName("used").Int() != 0 || f.Kind() == reflect.Slice && f.Len() != 0 {
			t.Errorf("%s is not taken back", v.Type().Field(i).Name)
		}
	}
}
