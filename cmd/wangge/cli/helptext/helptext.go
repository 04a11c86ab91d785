// Package helptext has the help of every command in Chinese, by ids that stay the same when the English changes.
package helptext

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

//go:embed zh.yaml
var chinese []byte

// Row is one help text. Zh translates En.
type Row struct{ ID, En, Zh string }

// Rows returns all help texts. It fails for a file that can't be read, a row that is not complete, and an id with two rows.
func Rows() ([]Row, error) { return parse(chinese) }

func parse(data []byte) ([]Row, error) {
	var rows []Row
	if err := yaml.Unmarshal(data, &rows); err != nil {
		return nil, fmt.Errorf("zh.yaml: %w", err)
	}
	seen := map[string]bool{}
	for i, r := range rows {
		switch {
		case r.ID == "" || r.En == "" || r.Zh == "":
			return nil, fmt.Errorf("zh.yaml: row %d, %q: id, en and zh must all be there", i+1, r.ID)
		case seen[r.ID]:
			return nil, fmt.Errorf("zh.yaml: id %q has two rows", r.ID)
		}
		seen[r.ID] = true
	}
	return rows, nil
}

// A Catalog finds help texts in Chinese.
type Catalog struct{ p *message.Printer }

// Load returns the catalog. It fails as Rows does.
func Load() (Catalog, error) {
	rows, err := Rows()
	if err != nil {
		return Catalog{}, err
	}
	b := catalog.NewBuilder()
	for _, r := range rows {
		if err := b.SetString(language.Chinese, r.ID, literal(r.Zh)); err != nil {
			return Catalog{}, fmt.Errorf("zh.yaml: %s: %w", r.ID, err)
		}
	}
	return Catalog{message.NewPrinter(language.Chinese, message.Catalog(b))}, nil
}

// Text returns the text of the first id that has one, or else the English text en.
func (c Catalog) Text(en string, ids ...string) string {
	text := en
	for _, id := range slices.Backward(ids) {
		text = c.p.Sprintf(message.Key(id, literal(text)))
	}
	return text
}

// literal is a text as a format without arguments.
func literal(text string) string { return strings.ReplaceAll(text, "%", "%%") }
