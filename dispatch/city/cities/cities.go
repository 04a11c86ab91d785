// Package cities holds two real city directories, built into the program: Harbin, the demo, and
// Boston, whose 311 records test it. What in them is made up stands in each NOTICE.
package cities

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed harbin boston/NOTICE boston/*.csv boston/*.geojson boston/*.yaml
var files embed.FS

// Names lists the built-in cities.
func Names() []string { return []string{"boston", "harbin"} }

// FS is the directory of a built-in city.
func FS(name string) (fs.FS, error) {
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("there is no built-in city %q; there are %s", name, strings.Join(Names(), " and "))
	}
	return fs.Sub(files, name)
}
