package sheets

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"wangge/dispatch/i18n"
)

// maxNote bounds the characters of a comment; spreadsheets allow 32,767.
const maxNote = 8_000

// comments holds the comments to write, by cell of one sheet.
type comments map[string][]string

func (n comments) add(cell, text string) {
	if !slices.Contains(n[cell], text) {
		n[cell] = append(n[cell], text)
	}
}

// text returns a cell's notes after its existing comment, separated by empty lines.
func (n comments) text(cell, before, lang string) string {
	var b strings.Builder
	b.WriteString(before)
	for i, t := range n[cell] {
		if i > 0 && b.Len()+len(t) > maxNote {
			b.WriteString("\n\n" + i18n.F("and %d more", "另有 %d 条", len(n[cell])-i).In(lang))
			break
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(t)
	}
	return b.String()
}

// write sets the comments of a sheet: one per cell, beginning with the clerk's own comment.
func (n comments) write(f *excelize.File, sheet, lang string) error {
	if len(n) == 0 {
		return nil
	}
	all, err := f.GetComments(sheet)
	if err != nil {
		return err
	}
	before := map[string]string{}
	for _, c := range all {
		var text strings.Builder
		text.WriteString(c.Text)
		for _, run := range c.Paragraph {
			text.WriteString(run.Text)
		}
		before[c.Cell] = strings.TrimPrefix(text.String(), c.Author+":\n")
	}
	for _, cell := range slices.Sorted(maps.Keys(n)) {
		if _, there := before[cell]; there {
			if err := f.DeleteComment(sheet, cell); err != nil {
				return err
			}
		}
		if err := f.AddComment(sheet, excelize.Comment{
			Author: author, Cell: cell, Text: n.text(cell, before[cell], lang), Width: 320, Height: 160,
		}); err != nil {
			return fmt.Errorf("comment on %s!%s: %w", sheet, cell, err)
		}
	}
	return nil
}

// Annotate returns the clerk's workbook with the diagnostics as comments on their cells, several on one cell in one
// comment. A diagnostic in a merged range is put on its visible cell. A diagnostic without a sheet in the workbook is
// put on A1 of the first visible sheet, with its file and line.
func Annotate(data []byte, faults []Diagnostic, lang string) ([]byte, error) {
	if err := checkBook(data); err != nil {
		return nil, err
	}
	data, taken, err := withoutCells(data)
	if err != nil {
		return nil, err
	}
	if data, err = usualParts(data); err != nil {
		return nil, err
	}
	f, err := openBook(data)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	useFont(f)
	b, err := newBook(f)
	if err != nil {
		return nil, err
	}
	first := ""
	bySheet := map[string]comments{}
	merged := map[string][]merge{}
	for _, s := range f.GetSheetList() {
		shown, err := f.GetSheetVisible(s)
		if err != nil {
			return nil, err
		}
		if shown && first == "" {
			first = s
		}
		bySheet[s] = comments{}
		if merged[s], err = b.merges(s); err != nil {
			return nil, err
		}
	}
	for _, x := range faults {
		text, sheet, cell := x.Message.In(lang)+"\n"+x.Suggestion.In(lang), x.Sheet, cmp.Or(x.Cell, "A1")
		if bySheet[sheet] == nil {
			text, sheet, cell = fmt.Sprintf("%s:%d: %s", x.File, x.Line, text), first, "A1"
		}
		if bySheet[sheet] != nil {
			bySheet[sheet].add(visibleCell(merged[sheet], cell), text)
		}
	}
	for _, s := range f.GetSheetList() {
		if err := bySheet[s].write(f, s, lang); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return nil, err
	}
	return withCells(out.Bytes(), taken)
}

// useFont adds the usual font to a workbook without a named font, as some programs write one. Package excelize needs
// a font to write a comment.
func useFont(f *excelize.File) {
	usual := excelize.NewFile()
	defer usual.Close()
	switch fonts := f.Styles.Fonts; {
	case fonts == nil || len(fonts.Font) == 0:
		f.Styles.Fonts = usual.Styles.Fonts
	case fonts.Font[0].Name == nil || fonts.Font[0].Name.Val == nil:
		fonts.Font[0].Name = usual.Styles.Fonts.Font[0].Name
	}
}

// visibleCell returns the visible cell of a merged range, or the cell itself.
func visibleCell(merged []merge, cell string) string {
	column, row, err := excelize.CellNameToCoordinates(cell)
	if err != nil {
		return cell
	}
	for _, m := range merged {
		if row-1 >= m.top && row-1 <= m.bottom && column-1 >= m.left && column-1 <= m.right {
			return name(m.top, m.left)
		}
	}
	return cell
}
