package sheets

import (
	"archive/zip"
	"bytes"
	"fmt"
	"regexp"
)

var (
	cellsBegin   = regexp.MustCompile(`<(?:\w+:)?sheetData(?:\s[^>]*)?>`)
	cellsEnd     = regexp.MustCompile(`</(?:\w+:)?sheetData\s*>`)
	hollowCells  = regexp.MustCompile(`<(\w+:)?sheetData\s*(?:/>|>\s*</(?:\w+:)?sheetData>)`)
	prefixes     = regexp.MustCompile(`\sxmlns:\w+\s*=\s*(?:"[^"]*"|'[^']*')`)
	firstElement = regexp.MustCompile(`<(?:\w+:)?worksheet\s[^>]*>`)
	otherCharset = regexp.MustCompile(`(?i)^[^>]*\sencoding\s*=\s*["'](?:[^u"']|u[^t"'])`)
)

// withoutCells removes the cells from the sheets of a workbook, so that adding a comment does not cost time for each cell.
// It returns the workbook without cells, and the removed text by part for withCells.
func withoutCells(data []byte) ([]byte, map[string][]byte, error) {
	taken := map[string][]byte{}
	out, err := repack(data, func(name string, text []byte) []byte {
		if otherCharset.Match(text[:min(len(text), 200)]) {
			return nil
		}
		begin := cellsBegin.FindIndex(text)
		if begin == nil || text[begin[1]-2] == '/' {
			return nil
		}
		ends := cellsEnd.FindAllIndex(text[begin[1]:], -1)
		if len(ends) == 0 {
			return nil
		}
		end := ends[len(ends)-1]
		from, to, after := begin[1], begin[1]+end[0], begin[1]+end[1]
		cells := []byte("<sheetData")
		for _, p := range prefixes.FindAll(firstElement.Find(text[:from]), -1) {
			cells = append(cells, p...)
		}
		cells = append(append(append(cells, '>'), text[from:to]...), "</sheetData>"...)
		taken[name] = cells
		return append(append(bytes.Clone(text[:from]), text[to:after]...), text[after:]...)
	})
	return out, taken, err
}

// withCells restores the cells that withoutCells removed.
func withCells(data []byte, taken map[string][]byte) ([]byte, error) {
	return repack(data, func(name string, text []byte) []byte {
		cells, ok := taken[name]
		at := hollowCells.FindIndex(text)
		if !ok || at == nil {
			return nil
		}
		return append(append(bytes.Clone(text[:at[0]]), cells...), text[at[1]:]...)
	})
}

// repack packs a workbook again with the parts that change returns; a part for which change returns nil is kept.
func repack(data []byte, change func(name string, text []byte) []byte) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("not an XLSX workbook: %w", err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		text, err := unpack(f)
		if err != nil {
			return nil, fmt.Errorf("not an XLSX workbook: %s: %w", f.Name, err)
		}
		changed := change(f.Name, text)
		if changed == nil {
			err = w.Copy(f)
		} else if to, failed := w.Create(f.Name); failed != nil {
			err = failed
		} else {
			_, err = to.Write(changed)
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return out.Bytes(), nil
}
