// Package csvfile reads and writes rows of separated text as spreadsheet programs do: encoding and separator are
// detected, an unreadable row is reported on its own, and formulas are made inert.
package csvfile

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"wangge/dispatch/i18n"
)

// Bounds of one row of a text file. A row beyond a bound is returned with its Fault, and reading goes on.
const (
	MaxRowBytes = 1 << 20
	MaxRowLines = 1000
)

// Row is one row of a text file.
type Row struct {
	Line  int // 1-based, of its first line
	Cells []string
	Raw   string    // as written in the file, in UTF-8, without the line end
	Fault i18n.Text // why the cells are unknown; zero = they are known

	Garbled bool // the Fault is an invalid byte
}

// Blank reports a row without text.
func (r *Row) Blank() bool {
	for _, c := range r.Cells {
		if Trim(c) != "" {
			return false
		}
	}
	return r.Fault == (i18n.Text{})
}

// Rows reads the rows of a text file (RFC 4180) in order. Choose detects commas, semicolons or tabs. A quote inside
// an unquoted cell is an ordinary character. A quote that is never closed costs only its own line. Memory is bounded
// by one row.
type Rows struct {
	Comma byte

	in     *bufio.Reader
	lost   bool   // U+FFFD replaced invalid bytes
	ahead  []line // read but not used yet
	number int    // number of the next line
}

// line is one line of the file with its end.
type line struct {
	text string
	long bool // truncated
}

// Rows returns the rows of a text file of this writing.
func (w Format) Rows(r io.Reader) *Rows {
	in := w.Encoding.decode(r)
	if w.oldEnds {
		in = &lineFeedReader{in}
	}
	rows := &Rows{Comma: ',', in: bufio.NewReaderSize(in, 1<<16), lost: w.Encoding != UTF8, number: 1}
	if mark, err := rows.in.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = rows.in.Discard(3)
	}
	return rows
}

// lineFeedReader converts carriage returns to line feeds.
type lineFeedReader struct{ r io.Reader }

func (l *lineFeedReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i := range p[:n] {
		if p[i] == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// separators are the separators that spreadsheets write.
var separators = []byte{',', ';', '\t'}

// SeparatorName returns the name of the separator, for people.
func (r *Rows) SeparatorName() i18n.Text {
	switch r.Comma {
	case ';':
		return i18n.F("semicolons", "分号")
	case '\t':
		return i18n.F("tabs", "制表符")
	default:
		return i18n.F("commas", "逗号")
	}
}

// Choose sets the separator under which one of the first rows has the highest score. Among equal scores the separator
// that is most frequent in the first line wins. Choose consumes no row.
func (r *Rows) Choose(score func(cells []string) int) error {
	var lines []line
	for len(lines) < 4*HeadRows {
		l, err := r.line()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		lines = append(lines, l)
	}
	r.ahead = append(lines, r.ahead...)
	best := -1
	for _, comma := range separators {
		try := &Rows{Comma: comma, in: bufio.NewReader(strings.NewReader("")), ahead: append([]line(nil), lines...), number: 1}
		found := 0
		for range HeadRows {
			row, err := try.Next()
			if err != nil {
				break
			}
			found = max(found, score(row.Cells))
		}
		n := 0
		if len(lines) > 0 {
			n = min(strings.Count(lines[0].text, string(comma)), 999)
		}
		if at := found*1000 + n; at > best {
			r.Comma, best = comma, at
		}
	}
	return nil
}

// line reads one line with its end, truncated at MaxRowBytes.
func (r *Rows) line() (line, error) {
	if len(r.ahead) > 0 {
		l := r.ahead[0]
		r.ahead = r.ahead[1:]
		return l, nil
	}
	var out []byte
	long := false
	for {
		part, err := r.in.ReadSlice('\n')
		if room := MaxRowBytes - len(out); len(part) > room {
			part, long = part[:room], true
		}
		out = append(out, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == nil, errors.Is(err, io.EOF) && (len(out) > 0 || long):
			return line{string(out), long}, nil
		default:
			return line{}, err
		}
	}
}

// Next returns the next row, blank rows included; io.EOF after the last. Other errors are those of reading.
func (r *Rows) Next() (Row, error) {
	first, err := r.line()
	if err != nil {
		return Row{}, err
	}
	row := Row{Line: r.number}
	s := splitter{comma: r.Comma}
	used := []line{first}
	bytes := len(first.text)
	for s.feed(first.text); s.quoted && s.bad == (i18n.Text{}); {
		more, err := r.line()
		if errors.Is(err, io.EOF) {
			s.bad = i18n.F("a quote is opened and never closed", "引号没有闭合")
			break
		}
		if err != nil {
			return Row{}, err
		}
		used = append(used, more)
		if bytes += len(more.text); len(used) > MaxRowLines || bytes > MaxRowBytes {
			s.bad = i18n.F("a quote is opened and not closed within %d lines", "引号在 %d 行内没有闭合", MaxRowLines)
			break
		}
		s.feed(more.text)
	}
	if s.bad != (i18n.Text{}) { // the lines after the first are read as rows of their own
		r.ahead = append(append([]line(nil), used[1:]...), r.ahead...)
		used = used[:1]
	}
	r.number += len(used)
	var raw strings.Builder
	for _, l := range used {
		raw.WriteString(l.text)
		if l.long {
			s.bad = i18n.F("a row of more than %d bytes", "一行超过 %d 字节", MaxRowBytes)
		}
	}
	row.Raw = strings.TrimRight(raw.String(), "\r\n")
	row.Cells, row.Fault = s.done(), s.bad
	switch {
	case !utf8.ValidString(row.Raw):
		row.Garbled, row.Fault = true, i18n.F("holds bytes that are neither UTF-8 nor GBK", "含有既不是 UTF-8 也不是 GBK 的字节")
	case r.lost && strings.ContainsRune(row.Raw, utf8.RuneError):
		row.Garbled, row.Fault = true, i18n.F("holds bytes that could not be decoded", "含有无法解码的字节")
	}
	return row, nil
}

// splitter splits the lines of one row into cells.
type splitter struct {
	comma  byte
	cells  []string
	cell   strings.Builder
	quoted bool // inside quotes
	bad    i18n.Text
}

// feed adds the next line of the row, with its end.
func (s *splitter) feed(line string) {
	text := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	for start := !s.quoted; len(text) > 0; {
		switch {
		case s.quoted:
			i := strings.IndexByte(text, '"')
			if i < 0 {
				i = len(text)
			}
			s.cell.WriteString(text[:i])
			text = text[i:]
			switch {
			case text == "":
			case strings.HasPrefix(text, `""`):
				s.cell.WriteByte('"')
				text = text[2:]
			case len(text) == 1 || text[1] == s.comma:
				s.quoted, text = false, text[1:]
			default:
				s.bad = i18n.F("text follows a closing quote: write a quote within quotes twice", "闭合引号之后还有文字：引号内的引号请写两个")
				return
			}
		case start && text[0] == '"':
			s.quoted, start, text = true, false, text[1:]
		case text[0] == s.comma:
			s.next()
			text, start = text[1:], true
		default:
			i := strings.IndexByte(text, s.comma)
			if i < 0 {
				i = len(text)
			}
			s.cell.WriteString(text[:i])
			text, start = text[i:], false
		}
	}
	if s.quoted && strings.HasSuffix(line, "\n") {
		s.cell.WriteByte('\n')
	}
}

func (s *splitter) next() {
	s.cells = append(s.cells, s.cell.String())
	s.cell.Reset()
}

func (s *splitter) done() []string {
	s.next()
	return s.cells
}

// HeadRows is how many rows of a sheet are searched for the names of the columns, past titles.
const HeadRows = 6

// Trim removes white space at both ends, including ideographic and no-break spaces and invisible characters.
func Trim(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return r
	}, s), " \t\r\n\u3000\u00a0")
}
