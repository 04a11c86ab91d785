package compile

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city"
)

// Departments that stand below one another are bounded, and those that come round to themselves are named,
// in one look at each: 10,000 in a chain or in a ring take no longer than 10,000 side by side; 50,000 with WANGGE_DEEP=1.
func TestDepartments_ChainsAreBounded(t *testing.T) {
	t.Parallel()
	chain := func(n int, last string) string {
		var b strings.Builder
		b.WriteString("id,name,name_en,parent,area,phone\n")
		for i := range n {
			parent := fmt.Sprintf("X%d", i+1)
			if i == n-1 {
				parent = last
			}
			fmt.Fprintf(&b, "X%d,处,Office,%s,,\n", i, parent)
		}
		return b.String()
	}
	many := 10_000
	if os.Getenv("WANGGE_DEEP") == "1" {
		many = 50_000
	}
	for _, tt := range []struct {
		name, table string
		deep, round int // rows that are too deep, and rows below a ring
	}{
		{"as deep as it may be", chain(mostDepartmentLevels, ""), 0, 0},
		{"one level deeper", chain(mostDepartmentLevels+1, ""), 1, 0},
		{"a long chain", chain(many, ""), many - mostDepartmentLevels, 0},
		{"a long ring", chain(many, "X0"), 0, many},
		{"its own parent", chain(1, "X0"), 0, 1},
		{"a chain that ends in a ring", chain(40, "X35"), 0, 40},
		{"a chain that ends at nobody", chain(3, "X9"), 0, 0},
	} {
		l := &loader{fsys: fstest.MapFS{"departments.csv": {Data: []byte(tt.table)}}, c: &city.City{Departments: map[string]*city.Department{}}}
		l.departments()
		deep, round := 0, 0
		for _, f := range l.List {
			if strings.Contains(f.Message.En, "at most 14 levels") {
				deep++
			}
			if strings.Contains(f.Message.En, "its own superior") {
				round++
			}
		}
		if deep != tt.deep || round != tt.round {
			t.Errorf("%s: %d rows are too deep and %d come round, want %d and %d", tt.name, deep, round, tt.deep, tt.round)
		}
		l.Accepted, l.List = true, nil
		if l.departments(); len(l.List) != tt.round && tt.name != "a chain that ends at nobody" {
			t.Errorf("%s: kept, it has the faults %v", tt.name, l.List[:1])
		}
	}
}
