package csvfile

import (
	"bufio"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Encoding is the character encoding of a text file.
type Encoding int

// The encodings that spreadsheets write; the zero Encoding is invalid.
const (
	UTF8 Encoding = iota + 1
	UTF16LE
	UTF16BE
	GB18030 // a superset of GBK and GB 2312
)

// String returns the name of the encoding in spreadsheet programs.
func (e Encoding) String() string {
	switch e {
	case UTF8:
		return "UTF-8"
	case UTF16LE, UTF16BE:
		return "UTF-16"
	case GB18030:
		return "GBK"
	default:
		return "unknown"
	}
}

// Format is how a text file is written: encoding and line ends.
type Format struct {
	Encoding Encoding
	oldEnds  bool // lines end with CR alone
}

// Survey detects how a text file is written. The file is read to its end, at most twice; open returns a new reader
// each time. A byte order mark decides. Without one, a file is UTF-8 if it is valid UTF-8, else GBK if it is valid
// GBK with mostly two-byte characters. Any other file is treated as UTF-8, and its Rows report the rows with invalid
// bytes. Errors are those of open and of reading.
func Survey(open func() (io.ReadCloser, error)) (Format, error) {
	in, err := open()
	if err != nil {
		return Format{}, err
	}
	first := bufio.NewReaderSize(in, 1<<16)
	w := Format{Encoding: detectMark(first)}
	var n counts
	if w.Encoding != 0 {
		n, err = count(w.Encoding.decode(first))
	} else {
		w.Encoding = UTF8
		n, err = count(first)
	}
	w.oldEnds = n.returns && !n.feeds
	if err = errors.Join(err, in.Close()); err != nil || w.Encoding != UTF8 || n.wrong <= n.right/8 || 2*n.lonely > n.runs {
		return w, err
	}
	if in, err = open(); err != nil {
		return Format{}, err
	}
	asGBK, err := count(GB18030.decode(in))
	if err = errors.Join(err, in.Close()); err == nil && asGBK.wrong == 0 {
		w.Encoding = GB18030
	}
	return w, err
}

// detectMark returns the encoding of a byte order mark, or the one that zero bytes reveal: UTF-16 without a mark has them
// at every other byte of digits, commas and line ends.
func detectMark(r *bufio.Reader) Encoding {
	head, _ := r.Peek(4096) // a shorter file returns what there is
	if len(head) >= 3 && string(head[:3]) == "\ufeff" {
		return UTF8
	}
	if len(head) >= 2 && head[0] == 0xff && head[1] == 0xfe {
		return UTF16LE
	}
	if len(head) >= 2 && head[0] == 0xfe && head[1] == 0xff {
		return UTF16BE
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch least := max(1, len(head)/10); {
	case zeros[1] >= least && zeros[0] == 0:
		return UTF16LE
	case zeros[0] >= least && zeros[1] == 0:
		return UTF16BE
	}
	return 0
}

// counts holds the counts of Survey.
type counts struct {
	returns, feeds bool // CR and LF occur
	right, wrong   int  // characters beyond ASCII
	runs, lonely   int  // runs of bytes beyond ASCII, and those of a single byte, as in Latin-1
}

func count(r io.Reader) (n counts, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	run := 0
	for {
		c, size, err := in.ReadRune()
		if err == nil && c >= utf8.RuneSelf {
			run += size
			if c == utf8.RuneError {
				n.wrong++
			} else {
				n.right++
			}
			continue
		}
		if run > 0 {
			n.runs++
			if run == 1 {
				n.lonely++
			}
			run = 0
		}
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return n, err
		case c == '\r':
			n.returns = true
		case c == '\n':
			n.feeds = true
		}
	}
}

// decode converts r to UTF-8; invalid bytes become U+FFFD.
func (e Encoding) decode(r io.Reader) io.Reader {
	switch e {
	case UTF16LE:
		return transform.NewReader(r, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	case UTF16BE:
		return transform.NewReader(r, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder())
	case GB18030:
		return transform.NewReader(r, simplifiedchinese.GB18030.NewDecoder())
	case UTF8:
	}
	return r
}
