package dispatch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"wangge/dispatch"
)

func TestCaseID_TextForm(t *testing.T) {
	t.Parallel()
	for id, want := range map[dispatch.CaseID]string{20261123000000417: "20261123-000417", 20261123001234567: "20261123-1234567", 20261123999999999: "20261123-999999999", 0: "00000000-000000"} {
		if got := id.String(); got != want {
			t.Errorf("CaseID(%d) = %s, want %s", uint64(id), got, want)
		}
		if back, err := dispatch.ParseCaseID(want); id != 0 && (err != nil || back != id) {
			t.Errorf("ParseCaseID(%s) = %d, %v", want, back, err)
		}
	}
}

// Acts has every constant of the type, as the source declares them.
func TestActs_ListsEveryConstant(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "command.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []dispatch.Act
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Act" {
			return true
		}
		for _, v := range spec.Values {
			text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			declared = append(declared, dispatch.Act(text))
		}
		return true
	})
	slices.Sort(declared)
	if got := dispatch.Acts(); len(declared) < 40 || !slices.Equal(got, declared) {
		t.Errorf("Acts() = %v, declared are %v", got, declared)
	}
}
