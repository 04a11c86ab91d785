package testdir

import (
	"embed"
	"io/fs"
	"testing/fstest"
)

//go:embed toy
var toy embed.FS

// Toy returns a new copy of the files of the toy city: see package citytest for its people and places.
func Toy() fstest.MapFS {
	root, err := fs.Sub(toy, "toy")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	out := fstest.MapFS{}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		out[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		panic(err) // embedded files can be read
	}
	return out
}
