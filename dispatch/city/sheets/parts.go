package sheets

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// relationship is a link from one packed file to another.
type relationship struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
	Mode   string `xml:"TargetMode,attr,omitempty"`
}

func (r relationship) isComments() bool { return strings.HasSuffix(r.Type, "/comments") }

type relationships struct {
	XMLName xml.Name       `xml:"http://schemas.openxmlformats.org/package/2006/relationships Relationships"`
	List    []relationship `xml:"Relationship"`
}

var legacyDrawing = regexp.MustCompile(`<(?:\w+:)?legacyDrawing\s[^>]*:id="([^"]+)"`)

// The numbers of renamed parts. Comments count from 1, as excelize expects for the next sheet that gets comments;
// drawings without comments have numbers far away.
const (
	drawingsFrom = 100_001
	othersFrom   = 200_001
)

// usualParts packs a workbook again with the names that excelize expects for comments and their drawings:
// "xl/comments1.xml" and "xl/drawings/vmlDrawing1.vml" for the first sheet with comments, and so on without a gap.
// Other programs use other names and numbers, and excelize then mixes up the comments of several sheets. A workbook
// that has these names already is returned unchanged.
func usualParts(data []byte) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("not an XLSX workbook: %w", err)
	}
	parts := map[string][]byte{}
	for _, f := range z.File {
		if parts[f.Name], err = unpack(f); err != nil {
			return nil, fmt.Errorf("not an XLSX workbook: %s: %w", f.Name, err)
		}
	}
	renamed := map[string]string{}
	comments, drawings, others := 1, drawingsFrom, othersFrom
	for _, f := range z.File {
		sheet, ok := strings.CutPrefix(f.Name, "xl/worksheets/_rels/")
		if !ok || !strings.HasSuffix(sheet, ".rels") {
			continue
		}
		var links relationships
		if err := xml.Unmarshal(parts[f.Name], &links); err != nil {
			return nil, fmt.Errorf("not an XLSX workbook: %s: %w", f.Name, err)
		}
		drawing := ""
		if m := legacyDrawing.FindSubmatch(parts["xl/worksheets/"+strings.TrimSuffix(sheet, ".rels")]); m != nil {
			drawing = string(m[1])
		}
		number := &drawings
		if slices.ContainsFunc(links.List, relationship.isComments) {
			number = &comments
		}
		changed, used := false, false
		for i := range links.List {
			l := &links.List[i]
			var is string
			switch {
			case l.isComments():
				is, used = fmt.Sprintf("xl/comments%d.xml", *number), true
			case strings.HasSuffix(l.Type, "/vmlDrawing") && l.ID == drawing:
				is, used = fmt.Sprintf("xl/drawings/vmlDrawing%d.vml", *number), true
			case strings.HasSuffix(l.Type, "/vmlDrawing"): // of a header or a footer
				is = fmt.Sprintf("xl/drawings/vmlDrawing%d.vml", others)
				others++
			default:
				continue
			}
			was := path.Join("xl/worksheets", l.Target)
			if after, ok0 := strings.CutPrefix(l.Target, "/"); ok0 {
				was = after
			}
			if target := "../" + strings.TrimPrefix(is, "xl/"); l.Target != target {
				l.Target, changed = target, true
			}
			renamed[was] = is
		}
		if used {
			*number++
		}
		if changed {
			if parts[f.Name], err = xml.Marshal(links); err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name, err)
			}
		}
	}
	maps.DeleteFunc(renamed, func(was, is string) bool { return was == is })
	if len(renamed) == 0 {
		return data, nil
	}
	const types = "[Content_Types].xml"
	var names []string
	for was, is := range renamed {
		names = append(names, `"/`+was+`"`, `"/`+is+`"`)
	}
	// All at once: a new name may be the old name of another part.
	parts[types] = []byte(strings.NewReplacer(names...).Replace(string(parts[types])))
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		name := f.Name
		if is, ok := renamed[name]; ok {
			name = is
		}
		to, err := w.Create(name)
		if err == nil {
			_, err = to.Write(parts[f.Name])
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return out.Bytes(), nil
}

// unpack reads a packed file. measure has checked the bounds.
func unpack(f *zip.File) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(in, MaxUnpacked))
	if closed := in.Close(); err == nil {
		err = closed
	}
	return data, err
}
