package i18n_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A rule is something that a sentence must not hold.
type rule struct {
	what string
	bad  *regexp.Regexp
}

var chinese = []rule{
	{"half-width punctuation beside Chinese", regexp.MustCompile(`\p{Han}[”）」]?[,;:!?](?: |$)|[,;!?] ?[“（「]?\p{Han}|\p{Han}\.(?: |$)`)},
	{"half-width bracket beside Chinese", regexp.MustCompile(`\p{Han} ?\(|\) ?\p{Han}`)},
	{"half-width quotation mark beside Chinese", regexp.MustCompile(`\p{Han}"|"\p{Han}`)},
	{"punctuation twice", regexp.MustCompile(`[，。；：、][，。；：、]`)},
	{"blank beside full-width punctuation", regexp.MustCompile(`[，。；：、（）「」“”] [^ ]|[^ ] [，。；：、（）「」”]`)},
	{"no blank between Chinese and Latin or a number", regexp.MustCompile(`\p{Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Han}`)},
	{"name of an enum", regexp.MustCompile(`(?:^|[^（A-Z_])[A-Z]{3,}(?:_[A-Z]+)+\b`)},
}

var (
	han       = regexp.MustCompile(`\p{Han}`)
	fullWidth = regexp.MustCompile(`[，。；：、（）「」“”！？【】]`)
	numbers   = regexp.MustCompile(`%[-+.0-9\[\]]*[dfgx]`)
	words     = regexp.MustCompile(`%[-+.0-9\[\]]*[svqUT]`)
	// typed is what a sentence quotes as a person types it: an order of numbers, a row of a table, the form of an id, a name of a value.
	typed = regexp.MustCompile(`\[[^\]]*\]|纬度,经度|,[a-z@:…]*,[^，。；]*,|2006年1月2日|15时4分5秒|^"打印时间|保管"$|"第 " counter\(page\) " 页，共 " counter\(pages\) " 页"|国庆节\([休班]\)|_ - @ \. ；|: 对应列名|国家2000|WANGGE_[A-Z]+`)
)

// broken says what a text breaks of some rules.
func broken(text string, rules []rule) (out []string) {
	text = typed.ReplaceAllString(words.ReplaceAllString(numbers.ReplaceAllString(text, "0"), "…"), "…")
	for _, r := range rules {
		if m := r.bad.FindString(text); m != "" {
			out = append(out, r.what+": "+strconv.Quote(m))
		}
	}
	return out
}

func TestBroken(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"案件 %s 已由%s处置，请稍候。": false, "共 %d 件": false, "共%d件": true, "案件20261128": true, "原因: 无": true, "已撤销; 已改派": true,
		"责任单位 %s （%s）": true, "道里区(市区)": true, "结束。。": true, "阶段 STAGE_CLOSED": true, "写 纬度,经度，如 45.7,126.6": false,
	} {
		if got := broken(text, chinese); (got != nil) != want {
			t.Errorf("%q: %q, want fault %v", text, got, want)
		}
	}
}

// texts calls do for each pair of sentences of a file: a literal with Chinese, behind one without.
func texts(t *testing.T, path string, do func(at token.Position, en, zh string)) {
	t.Helper()
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	value := func(e ast.Expr) (string, bool) {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		l, ok := e.(*ast.BasicLit)
		if !ok || l.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(l.Value)
		return s, err == nil
	}
	ast.Inspect(f, func(n ast.Node) bool {
		var list []ast.Expr
		switch n := n.(type) {
		case *ast.CallExpr:
			list = n.Args
		case *ast.CompositeLit:
			list = n.Elts
		}
		for i := 1; i < len(list); i++ {
			en, ok := value(list[i-1])
			zh, also := value(list[i])
			if ok && also && han.MatchString(zh) && !han.MatchString(en) {
				do(files.Position(list[i].Pos()), en, zh)
			}
		}
		return true
	})
}

// Every sentence that is made in two languages keeps the typography of each: Chinese has full-width punctuation, and blanks around
// Latin and numbers alone; English has none of the Chinese marks.
func TestTexts_Typography(t *testing.T) {
	t.Parallel()
	seen := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".pb.go") {
			return err
		}
		texts(t, path, func(at token.Position, en, zh string) {
			seen++
			for _, b := range broken(zh, chinese) {
				t.Errorf("%s: %s\n\t%s", at, b, zh)
			}
			if m := fullWidth.FindString(en); m != "" {
				t.Errorf("%s: Chinese punctuation %s in %q", at, m, en)
			}
		})
		return nil
	})
	if err != nil || seen < 1000 {
		t.Fatalf("%d texts, %v", seen, err)
	}
}

// golden is what people read in stories and notices: names stand where a program has ids. Columns are parted by blanks, and names of
// a city's files are as they are.
var golden = append([]rule{
	{"bare id of a person", regexp.MustCompile(`(?:^|[^（(/:@a-z-])p-[0-9a-z]+-[0-9a-z-]+`)},
	{"word of the wire", regexp.MustCompile(`(?:^|[^a-zA-Z0-9_./（(])[a-z]+_[a-z_]+`)},
}, slices.DeleteFunc(slices.Clone(chinese), func(r rule) bool { return strings.Contains(r.what, "blank") })...)

// The stories and notices of the goldens keep the rules, too, with the values that a service puts into the sentences.
func TestGoldens_Typography(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"api/rpc/testdata/transcripts/*.zh.txt", "cmd/wangge/client/testdata/*.zh.txt", "dispatch/notify/testdata/notices.txt"} {
		found, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern)))
		if err != nil || found == nil {
			t.Fatalf("%s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	refusal := regexp.MustCompile(`不准：[a-z_.]+：|；[a-z_.]+：`) // the field of the request
	offers := regexp.MustCompile(`^  [a-z_]+ \p{Han}+`)      // an act as it is typed
	english := regexp.MustCompile(`^[A-Z\[][A-Za-z -]+`)     // a line of an English notice
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range bytes.Split(data, []byte("\n")) {
			text := offers.ReplaceAllString(refusal.ReplaceAllString(string(line), ""), "")
			if !han.MatchString(text) || english.MatchString(text) {
				continue
			}
			for _, b := range broken(text, golden) {
				t.Errorf("%s:%d: %s\n\t%s", file, n+1, b, line)
			}
		}
	}
}

var (
	// counted is a number and the words behind it, up to one that looks like a plural.
	counted = regexp.MustCompile(`%(?:\[\d+\])?d (?:[a-z-]+ ){0,2}?([a-z]+s|vertices|leaves|people)\b`)
	// other is what stands before a number that is a bound or a name: nothing is counted there.
	other = regexp.MustCompile(`(?:at most|at least|more than|within|longer than|larger than|holds|to|for|below|rows or|step|season|change|entry|order) $`)
	// several is a part of a sentence that is never said of a single thing: a bound that is passed, or a fixed number.
	several = regexp.MustCompile(`at most|at_most|is the most|only the first|and others|one feature may|a cell may|no more are kept|send 1 to|` +
		`with their repeats|repeats included|within 24 hours|are under way|already; (?:try|send)|are being looked at|^%d headers$|%d at borders|of the gaps`)
	// singular are words that end as a plural does.
	singular = regexp.MustCompile(`^(?:is|was|has|this|its|as|bytes)$`)
)

// What is counted has the form of its number: {case|cases}, or there can be no single one.
func TestTexts_Plural(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".pb.go") {
			return err
		}
		texts(t, path, func(at token.Position, en, _ string) {
			for _, m := range counted.FindAllStringSubmatchIndex(en, -1) {
				if word := en[m[2]:m[3]]; !singular.MatchString(word) && !other.MatchString(en[:m[0]]) && !several.MatchString(en) {
					t.Errorf("%s: %q: write {one|many} for the number: %s", at, en[m[0]:m[1]], en)
				}
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
