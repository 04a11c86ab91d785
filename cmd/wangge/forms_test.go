package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What a form needs, as a desk types and reads it, in either language.
func TestForms_WhatADeskTypes(t *testing.T) {
	t.Parallel()
	_, _, as := servedTown(t)
	eyes, boss := as("eyes"), as("boss")
	says := func(want string, args ...string) {
		t.Helper()
		out, errs := wangge(t, exitOK, args...)
		for line := range strings.Lines(want) {
			if !strings.Contains(out+errs, strings.TrimRight(line, "\n")) {
				t.Errorf("wangge %.4v printed\n%s%swant %q in it", args, out, errs, line)
			}
		}
	}
	zh, en := append(eyes, "--lang", "zh"), append(append([]string{}, eyes...), "--lang", "en")
	says("E01  暴露垃圾  事件，市容\nC 级，4 个工作时，可自行处置\n  另有时限：", append([]string{"categories", "blj"}, zh...)...)
	says("E01  Litter  event, 市容\nseverity C, 4 work hours, may be put right on the spot\n  other limit: ", append([]string{"categories", "blj"}, en...)...)
	says("节点 围挡警示（safe）：3 小时\n结案条件：路面恢复", append([]string{"categories", "--kind", "component"}, zh...)...)
	says("已列出 1 项，共 2 项", append([]string{"categories", "--limit", "1"}, zh...)...)
	says("采集员（eyes）\n监督员，责任区域 小城（当班）\ncheck 核查\n城市事项：查阅", append([]string{"me"}, zh...)...)
	says("inspector at Small Town (area:town), ground Small Town (on duty)\n  for the city: review", append([]string{"me"}, en...)...)
	says("、启用城市版本、", append([]string{"me", "--lang", "zh"}, boss...)...)
	says("department:WATER  供水公司  上级 小城（area:town）\n主责：C01 供水管道", append([]string{"units", "gsgs"}, zh...)...)
	says("area:old  ", append([]string{"areas", "--position", "45.706,126.502"}, zh...)...)
	says("accountable for: C01 Water main\nwithin 30 min", append([]string{"city", "public"}, en...)...)
	for _, args := range [][]string{{"areas", "x", "--parent", "old"}, {"areas", "--position", "45"}, {"categories", "a", "b"}, {"units", "--kind", "person"}} {
		wangge(t, exitUsage, append(args, zh...)...)
	}
}

// Who I am ends with what waits for me: nothing, then the public report that the acceptor has to accept, and nobody else.
func TestMe_WhatWaits(t *testing.T) {
	t.Parallel()
	_, _, as := servedTown(t)
	desk, eyes := as("desk"), as("eyes")
	says := func(want string, who []string, lang string) {
		t.Helper()
		if out, errs := wangge(t, exitOK, append(append([]string{"me"}, who...), "--lang", lang)...); !strings.Contains(out, want) {
			t.Errorf("wangge me printed\n%s%swant %q in it", out, errs, want)
		}
	}
	says("  待办：无\n", desk, "zh")
	says("  waiting for you: nothing\n", desk, "en")
	at := time.Now().Add(-time.Minute).Format(time.RFC3339)
	wangge(t, exitOK, append([]string{"report", "45.706", "126.502", "E01", "--source", "public", "--id", "r-1", "--at", at}, desk...)...)
	says("  待办：待受理 1\n", desk, "zh")
	says("  waiting for you: to accept 1\n", desk, "en")
	says("  待办：无\n", eyes, "zh")
}

// A citizen without a token reads the public part of a city that is public, and is refused by another.
func TestCityPublic_WithoutAToken(t *testing.T) {
	t.Parallel()
	dir := townDirectory(t)
	addr, stop := served(t, "--city", dir, "--data", t.TempDir())
	_, errs := wangge(t, exitWrong, "city", "public", "--server", addr, "--lang", "zh")
	if !strings.Contains(errs, "令牌") {
		t.Errorf("a closed city says %q", errs)
	}
	stop()
	head := filepath.Join(dir, "city.yaml")
	text, err := os.ReadFile(head)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(head, append(text, "public: true\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	addr, _ = served(t, "--city", dir, "--data", t.TempDir())
	out, _ := wangge(t, exitOK, "city", "public", "--server", addr, "--lang", "zh")
	for _, want := range []string{"小城（TWN）", "  待受理  时限 30 分\n", "E01  暴露垃圾", "责任单位：供水公司"} {
		if !strings.Contains(out, want) {
			t.Errorf("the public part lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "0451-") || strings.Contains(out, "城市领导") {
		t.Errorf("the public part names people:\n%s", out)
	}
}
