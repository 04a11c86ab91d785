package main

import (
	"bytes"
	"strings"
	"testing"

	"wangge/cmd/wangge/cli"
)

// Each help text has its Chinese, which translates the text as it is now; nothing else is in the catalog.
func TestHelp_BothLanguages(t *testing.T) {
	t.Parallel()
	wrong, err := cli.CheckTranslation(cli.Tree("en", commands))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

func TestHelp_Chinese(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--lang", "zh", "case", "act", "--help"}, {"help", "case", "act", "--lang=zh"}} {
		var out bytes.Buffer
		if code := run(t.Context(), args, &out, &out); code != exitOK {
			t.Fatalf("%v: exit %d: %s", args, code, &out)
		}
		for _, want := range []string{"用法：", "选项：", "显示帮助", "（默认 30s）", "以令牌所属人员的身份"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%v: no %q in\n%s", args, want, &out)
			}
		}
	}
}

// The flags without which a command does nothing are named by its help.
func TestHelp_NamesRequiredFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{"import": "--city, --data, --format", "token": "--city, --data, --person", "case list": "--scope", "precedent create": "--categories, --text, --unit", "audit prove": "--data, --old"} {
		for lang, said := range map[string]string{"en": "Required flags: " + want, "zh": "必需的选项：" + strings.ReplaceAll(want, ", ", "、")} {
			out, _ := wangge(t, exitOK, append(strings.Fields(args), "--help", "--lang", lang)...)
			if !strings.Contains(out, said+"\n") {
				t.Errorf("help of %s lacks %q:\n%s", args, said, out)
			}
		}
	}
	for _, args := range []string{"audit", "case", "locate"} {
		if out, _ := wangge(t, exitOK, strings.Fields(args+" --help")...); strings.Contains(out, "Required flags") {
			t.Errorf("help of %s:\n%s", args, out)
		}
	}
}

func TestUsage_UnknownLanguage(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if code := run(t.Context(), []string{"city", "check", "harbin", "--lang", "fr"}, &out, &out); code != exitUsage || !strings.Contains(out.String(), "zh or en") {
		t.Errorf("exit %d: %s", code, &out)
	}
}
