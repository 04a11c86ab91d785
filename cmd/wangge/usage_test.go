package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A name that no command has is refused, at the root, in a group and as a topic of help.
func TestUsage_MistypedCommand(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ args, en, zh string }{
		{"chek", `unknown command "chek" for "wangge"; did you mean "check"?`, `"wangge" 没有命令 "chek"，是否应为 "check"？`},
		{"city chek", `unknown command "chek" for "wangge city"; did you mean "check"?`, `"wangge city" 没有命令 "chek"，是否应为 "check"？`},
		{"case shw 20261123-000417", `did you mean "show"?`, `是否应为 "show"？`},
		{"audit haed --data d", `did you mean "head"?`, `是否应为 "head"？`},
		{"outbox x", `unknown command "x" for "wangge outbox"`, `"wangge outbox" 没有命令 "x"`},
		{"precedent lst", `did you mean "list"?`, `是否应为 "list"？`},
		{"help chek", `did you mean "check"?`, `是否应为 "check"？`},
		{"help city chek", `unknown command "chek" for "wangge city"`, `"wangge city" 没有命令 "chek"`},
		{"city check harbin --jsn", `unknown flag: --jsn; did you mean --json?`, `没有选项 --jsn，是否应为 --json？`},
	} {
		for lang, want := range map[string]string{"en": tc.en, "zh": tc.zh} {
			if _, says := wangge(t, exitUsage, append(strings.Fields(tc.args), "--lang", lang)...); !strings.Contains(says, want) {
				t.Errorf("wangge %s said %q, want %q", tc.args, says, want)
			}
		}
	}
	for _, group := range []string{"", "city", "case", "audit --data d", "outbox", "precedent", "help city check"} {
		if out, _ := wangge(t, exitOK, strings.Fields(group)...); !strings.Contains(out, "Usage:") {
			t.Errorf("wangge %s printed %q", group, out)
		}
	}
}

// A negative number is a number wherever an argument or a value may stand, and reaches the command as it was typed.
func TestUsage_NegativeNumbers(t *testing.T) {
	t.Parallel()
	city := toyCity(t)
	for _, tc := range []struct {
		args string
		code int
		want string
	}{
		{"route -5 -6 C0106", exitWrong, "-5.000000,-6.000000 is outside the city"},
		{"route -5.5 -.5 C0106", exitWrong, "-5.500000,-0.500000 is outside the city"},
		{"locate -1e1 -2", exitWrong, "-10.000000,-2.000000 is outside the city"},
		{"locate 45.755 -- -126.6", exitWrong, "45.755000,-126.600000 is outside the city"},
		{"route 45.755 126.602 -5", exitWrong, `"-5" is not in the table`},
		{"case list --scope area:1 --limit -1", exitUsage, `--limit "-1": write a whole number from 1 on`},
		{"case list --scope area:1 --limit=-1", exitUsage, `--limit "-1"`},
		{"deadline harbin --from 2026-01-05T09:00 --limit -1 --unit days", exitUsage, `--limit "-1"`},
		{"overdue --scope area:1 --leaders --limit -1", exitUsage, `--limit "-1"`},
		{"city log --limit -1", exitUsage, `--limit "-1"`},
		{"check --data d --most -1", exitUsage, `--most "-1"`},
		{"locate 45 126 --accuracy -1", exitUsage, `--accuracy "-1": write 0 to 100000 metres`},
		{"locate 45 126 --accuracy NaN", exitUsage, `--accuracy "NaN"`},
		{"locate 45 126 --within Inf", exitUsage, `--within "Inf": write 0 to 5000 metres`},
		{"case list --scope area:1 --timeout -1s", exitUsage, `--timeout "-1s"`},
		{"sim --seeds -1", exitUsage, `--seeds "-1"`},
		{"sim --days 0", exitUsage, `--days "0"`},
		{"load --callers 0", exitUsage, `--callers "0"`},
		{"load --rate -2", exitUsage, `--rate "-2": write a number above 0`},
		{"-5", exitUsage, `unknown command "-5"`},
		{"report 45 -126", exitUsage, "missing CATEGORY"},
	} {
		args := strings.Fields(tc.args)
		if args[0] == "route" || args[0] == "locate" {
			args = slices.Insert(args, 1, "--city", city)
		}
		if out, says := wangge(t, tc.code, args...); !strings.Contains(out+says, tc.want) {
			t.Errorf("wangge %s said %q%q, want %q", tc.args, out, says, tc.want)
		}
	}
}

// What is missing is called by its name, and the line of use is said.
func TestUsage_MissingAndSurplusArguments(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ args, en, zh string }{
		{"city check", "missing DIR; write wangge city check DIR", "缺少 DIR；用法：wangge city check DIR"},
		{"locate 45", "missing LNG; write wangge locate LAT LNG", "缺少 LNG；用法：wangge locate LAT LNG"},
		{"locate", "missing LAT LNG", "缺少 LAT LNG"},
		{"locate 45 126 7", `"7" is more than the command takes; write wangge locate LAT LNG`, `多出 "7"；用法：wangge locate LAT LNG`},
		{"check extra --data d", `"extra" is more than the command takes`, `多出 "extra"`},
		{"case show", "missing NUMBER", "缺少 NUMBER"},
		{"case act", "missing NUMBER... ACT", "缺少 NUMBER... ACT"},
		{"city import a", "missing DIR; write wangge city import FILE DIR", "缺少 DIR；用法：wangge city import FILE DIR"},
		{"city replay a b", "missing FILE", "缺少 FILE"},
		{"route test a b", `"b" is more than the command takes; write wangge route test [FILE]`, `多出 "b"`},
		{"case list", "--scope must be given", "缺少必需的选项：--scope"},
		{"token", "--city, --data, --person must be given", "缺少必需的选项：--city、--data、--person"},
		{"locate 45 126 --json=perhaps", `--json "perhaps": write true or false`, `--json "perhaps"：应为 true 或 false`},
		{"watch --scope area:1 --after x", `--after "x": write a whole number`, `--after "x"：应为整数`},
		{"token --city harbin --data d --person p --ttl soon", `--ttl "soon": write a length of time as in 90s, 15m, 2h or 30d`, `--ttl "soon"：应为时长`},
		{"locate 45 126 --datum gjc02", `--datum "gjc02": did you mean "gcj02"?`, `--datum "gjc02"：是否应为 "gcj02"？`},
		{"locate 45 126 --datum moonmoonmoon", "write one of wgs84, gcj02, bd09, cgcs2000", "可选：wgs84、gcj02、bd09 或 cgcs2000"},
		{"report 45 126 C0106 --source import", `--source "import": write one of inspector, hotline, public, media, leader, video`, "可选：inspector 监督员、hotline 热线"},
		{"case act 20261123-000417 return --reason not_my_lin", `did you mean "not_my_line"?`, `是否应为 "not_my_line"？`},
		{"case act 20261123-000417 start --reason not_my_line", "--reason is not for start; it is for return", "--reason 不用于 start 开始处置；可用于：return 回退"},
		{"city apply d --open-cases sideways", "write one of keep, move, reroute", "可选："},
		{"deadline harbin --from 2026-01-05T09:00 --limit 1 --unit day", `did you mean "days"?`, `是否应为 "days"？`},
	} {
		for lang, want := range map[string]string{"en": tc.en, "zh": tc.zh} {
			if _, says := wangge(t, exitUsage, append(strings.Fields(tc.args), "--lang", lang)...); !strings.Contains(says, want) {
				t.Errorf("wangge %s said %q, want %q", tc.args, says, want)
			}
		}
	}
}

// A flag at the end of a call needs its value.
func TestUsage_FlagWithoutItsValue(t *testing.T) {
	t.Parallel()
	if _, says := wangge(t, exitUsage, "token", "--city"); !strings.Contains(says, "flag --city needs a value") {
		t.Errorf("said %q", says)
	}
	if _, says := wangge(t, exitUsage, "token", "--lang", "zh", "--city"); !strings.Contains(says, "选项 --city 缺少值") {
		t.Errorf("said %q", says)
	}
}

// With --json a failure is one JSON object on standard error, whatever failed: code, message, and the field or flag.
func TestJSON_FailureIsOneObject(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args       string
		exit       int
		code, flag string
	}{
		{"city chek", exitUsage, "INVALID_ARGUMENT", ""},
		{"city check", exitUsage, "INVALID_ARGUMENT", ""},
		{"city check --jso", exitUsage, "INVALID_ARGUMENT", ""},
		{"case list --scope area:1 --limit -1", exitUsage, "INVALID_ARGUMENT", "--limit"},
		{"case list", exitUsage, "INVALID_ARGUMENT", "--scope"},
		{"token", exitUsage, "INVALID_ARGUMENT", "--city"},
		{"locate 45 126 --json --datum", exitUsage, "INVALID_ARGUMENT", "--datum"},
		{"locate 45 126 --datum x", exitUsage, "INVALID_ARGUMENT", "--datum"},
		{"city check no-such-city", exitWrong, "NOT_FOUND", ""},
		{"city check harbin --lang fr", exitUsage, "INVALID_ARGUMENT", ""},
		{"check --data no-such-directory", exitWrong, "NOT_FOUND", ""},
		{"case show 20261123-000417 --server 127.0.0.1:1", exitWrong, "UNAVAILABLE", ""},
		{"city grid harbin", exitUsage, "INVALID_ARGUMENT", ""},
	} {
		for _, lang := range []string{"en", "zh"} {
			args := append(strings.Fields(tc.args), "--json")
			if !slices.Contains(args, "--lang") {
				args = append(args, "--lang", lang)
			}
			_, says := wangge(t, tc.exit, args...)
			var got failure
			if err := json.Unmarshal([]byte(says), &got); err != nil || strings.Count(says, "\n") != 1 {
				t.Errorf("wangge %v said %q: %v", args, says, err)
			}
			if got.Code != tc.code || got.Flag != tc.flag || got.Message == "" {
				t.Errorf("wangge %v said %+v, want code %s and flag %q", args, got, tc.code, tc.flag)
			}
		}
	}
}

// The faults of a directory that does not load are one object too, with file and line of each.
func TestJSON_DiagnosticsOfACityAreOneObject(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "api", "rpc", "testdata", "town"))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "people.csv"), []byte("id,name,fon\n,x,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"locate", "45", "126", "--city", dir}, {"route", "45", "126", "C", "--city", dir}, {"deadline", dir, "--from", "2026-01-05T09:00", "--limit", "1", "--unit", "days"}} {
		_, says := wangge(t, exitWrong, append(args, "--json")...)
		var got failure
		if err := json.Unmarshal([]byte(says), &got); err != nil || len(got.Faults) < 2 || got.Faults[0].File != "people.csv" || got.Code != "FAILED_PRECONDITION" {
			t.Fatalf("wangge %v said %q: %v", args, says, err)
		}
		_, lines := wangge(t, exitWrong, args...)
		if strings.Count(lines, "\n") != len(got.Faults) || !strings.HasPrefix(lines, "people.csv:1: ") {
			t.Errorf("wangge %v said %q, want %d lines of faults", args, lines, len(got.Faults))
		}
	}
}

// The language of the environment is that of refusals, too.
func TestLanguage_OfTheEnvironment(t *testing.T) {
	t.Setenv("LC_ALL", "zh_CN.UTF-8")
	t.Setenv("LANG", "en_GB.UTF-8")
	if _, says := wangge(t, exitUsage, "city", "chek"); !strings.Contains(says, "没有命令") {
		t.Errorf("under LC_ALL=zh_CN.UTF-8 it said %q", says)
	}
}

// The shell is offered what may stand in a place: cities, categories, units, acts and the words of closed lists.
func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ args, want string }{
		{"city check |", "harbin"},
		{"city check b|", "boston"},
		{"locate --city |", "boston"},
		{"deadline |", "harbin"},
		{"route 45 126 C010|", "C0106\tstreet-light manhole cover"},
		{"route --lang zh 45 126 C010|", "C0106\t路灯井盖"},
		{"report 45 126 E04|", "E0401"},
		{"on-duty --city boston 42 -71 building/|", "building/ada"},
		{"case list --scope |", "department:"},
		{"case list --scope area:23010210|", "area:230102104\tYushu Town"},
		{"overdue --scope department:W|", "department:WATER"},
		{"watch --scope person:p-lead|", "person:p-leader"},
		{"case act 20261123-000417 --unit department:W|", "department:WATER"},
		{"precedent create --unit department:W|", "department:WATER"},
		{"case act 20261123-000417 st|", "start"},
		{"case act 20261123-000417 return --reason |", "not_my_line"},
		{"case act 20261123-000417 close --outcome |", "not_fixed"},
		{"report 45 126 C0106 --datum |", "gcj02"},
		{"report 45 126 C0106 --source |", "hotline"},
		{"deadline harbin --unit |", "work_days"},
		{"overdue --scope area:1 --summary --sort |", "worst"},
		{"city apply d --open-cases |", "reroute"},
		{"city check --lang |", "zh"},
	} {
		line, _ := strings.CutSuffix(tc.args, "|")
		args := append([]string{"__complete"}, strings.Fields(line)...)
		if strings.HasSuffix(line, " ") {
			args = append(args, "")
		}
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, &out, &errs); code != exitOK || !slices.ContainsFunc(strings.Split(out.String(), "\n"), func(l string) bool { return l == tc.want || strings.HasPrefix(l, tc.want+"\t") }) {
			t.Errorf("%s offered %q, want %q (exit %d, %s)", tc.args, fmt.Sprintf("%.300s", out.String()), tc.want, code, &errs)
		}
	}
}

// What can't be meant is refused before anything is asked, read or written, and says in both languages what to write.
func TestUsage_WrongValuesInBothLanguages(t *testing.T) {
	town, boston := townDirectory(t), plainBoston(t)
	t.Chdir(t.TempDir())
	for _, tc := range []struct {
		exit   int
		args   []string
		en, zh string
	}{
		{exitUsage, []string{"audit", "prove", "--data", "d"}, "--old must be given", "缺少必需的选项：--old"},
		{exitUsage, []string{"audit", "head"}, "--data must be given", "缺少必需的选项：--data"},
		{exitUsage, []string{"audit", "prove", "--data", "d", "--old", "x"}, `audit head "x": write SIZE:HASH`, `日志头 "x"：应为 SIZE:HASH`},
		{exitUsage, []string{"route", "tset"}, `unknown command "tset" for "wangge route"; did you mean "test"?`, `"wangge route" 没有命令 "tset"，是否应为 "test"？`},
		{exitUsage, []string{"route", "1", "2", "C", "--points", "x"}, "--points stands alone", "--points 须单独使用"},
		{exitWrong, []string{"route", "--city", town, "--points", "nowhere.csv"}, "wangge: open nowhere.csv: no such file", "wangge: nowhere.csv：文件或目录不存在"},
		{exitWrong, []string{"token", "--city", town, "--data", "d", "--person", "nope"}, `person "nope" is not in people.csv`, `没有人员 "nope"`},
		{exitWrong, []string{"token", "--city", town, "--data", "d", "--person", "eyes", "--revoke"}, "d holds no store", "d 中没有数据"},
		{exitUsage, []string{"token", "--city", town, "--data", "d", "--person", "eyes", "--ttl", "-1h"}, `--ttl "-1h": write 1s or longer`, `--ttl "-1h"：不得短于 1s`},
		{exitUsage, []string{"token", "--city", town, "--data", "", "--person", ""}, "--data, --person must not be empty", "--data、--person 的值不能为空"},
		{exitUsage, []string{"serve", "--city", town, "--data", ""}, "--data must not be empty", "--data 的值不能为空"},
		{exitUsage, []string{"case", "list", "--scope", ""}, "--scope must not be empty", "--scope 的值不能为空"},
		{exitWrong, []string{"deadline", town, "--from", "2026-03-02T09:00", "--limit", "2", "--unit", "days", "--owner", "area:odl"}, `--owner "area:odl" is not in the city; did you mean "old"?`, `--owner "area:odl" 不在该城市中，是否应为 "old"？`},
		{exitWrong, []string{"deadline", town, "--from", "2026-03-02T09:00", "--limit", "2", "--unit", "days", "--owner", "department:zzzzzzzzz"}, "write one of WATER", "应为以下之一：WATER"},
		{exitWrong, []string{"deadline", town, "--from", "2026-03-02T09:00", "--limit", "99999", "--unit", "days"}, "limit out of range: 99999 days", "时限超出范围：99999 days"},
		{exitWrong, []string{"deadline", town, "--from", "2100-12-30T09:00", "--limit", "9", "--unit", "work_days"}, "add holidays/2100.json", "请添加 holidays/2100.json"},
		{exitUsage, []string{"deadline", "--case", "1", town}, "--case stands alone", "--case 须单独使用"},
		{exitUsage, []string{"deadline", "--case", "1", "--limit", "3"}, "--case stands alone", "--case 须单独使用"},
		{exitUsage, []string{"city", "prove", town, "--from", "2026-03-09", "--to", "2026-03-02"}, "want an end after the beginning", "结束须晚于开始"},
		{exitUsage, []string{"city", "export", town, "--xlsx", "a", "--csv", "b"}, "give one of --xlsx FILE and --csv DIR", "须给出其中一个"},
		{exitWrong, []string{"city", "check", "."}, "can't be read: open city.yaml", "无法读取：city.yaml：文件或目录不存在"},
		{exitWrong, []string{"city", "check", "nowhere"}, "neither built in (boston, harbin) nor a directory", "不是内置城市（boston, harbin），也不是目录"},
		{exitUsage, []string{"import", "x", "--city", town, "--format", "f", "--data", "d"}, "has no formats: add imports.yaml", "没有格式：请添加 imports.yaml"},
		{exitUsage, []string{"import", "x", "--city", boston, "--format", "boston31", "--data", "d"}, `did you mean "boston311"?`, `是否应为 "boston311"？`},
		{exitUsage, []string{"overdue", "--scope", "area:town", "--summary", "--leaders"}, "--summary and --leaders exclude each other", "--summary 与 --leaders 不能同时使用"},
		{exitUsage, []string{"overdue", "--scope", "area:town", "--sort", "worst"}, "--sort needs --summary", "--sort 须与 --summary 同用"},
		{exitUsage, []string{"overdue", "--scope", "area:town", "--summary", "--filter", "severity = A"}, "--filter does not go with --summary", "--filter 不能与 --summary 同用"},
		{exitUsage, []string{"overdue", "--scope", "area:town", "--leaders", "--page", "x"}, "--page does not go with --leaders", "--page 不能与 --leaders 同用"},
		{exitUsage, []string{"watch", "--scope", "area:town", "--overview", "--after", "3"}, "--after does not go with --overview", "--after 不能与 --overview 同用"},
		{exitUsage, []string{"report", "x", "6", "E01"}, `latitude: "x" is not a number of degrees`, `纬度："x" 不是度数`},
		{exitUsage, []string{"report", "6", "x", "E01"}, `longitude: "x" is not a number of degrees`, `经度："x" 不是度数`},
		{exitUsage, []string{"case", "act", "20261123-000417"}, "missing ACT after 20261123-000417", "20261123-000417 之后缺少 ACT"},
		{exitUsage, []string{"case", "act", "20261123-000417", "strt"}, `"strt" is no act; did you mean "start"?`, `"strt" 不是有效操作，是否应为 "start"？`},
		{exitUsage, []string{"sim", "--seed", "-1"}, "write a whole number from 0 on", "应为整数，不小于 0"},
		{exitUsage, []string{"demo", "--listen", "x"}, `listen address "x"`, `监听地址 "x"`},
		{exitUsage, []string{"case", "show", "1", "--server", ""}, `--server "": write HOST:PORT`, `--server ""：应写作 主机:端口`},
		{exitUsage, []string{"case", "show", "1", "--server", "localhost:http"}, `--server "localhost:http": write HOST:PORT`, "应写作 主机:端口"},
		{exitUsage, []string{"case", "show", "1", "--server", "localhost:0"}, "write HOST:PORT", "应写作 主机:端口"},
		{exitUsage, []string{"case", "show", "1", "--server", "localhost:70000"}, "write HOST:PORT", "应写作 主机:端口"},
		{exitWrong, []string{"case", "show", "1", "--server", "127.0.0.1:1"}, "UNAVAILABLE: no server answers: dial tcp 127.0.0.1:1: connect: connection refused", "服务无应答，请检查地址与网络（UNAVAILABLE：127.0.0.1:1：连接被拒绝）"},
	} {
		for lang, want := range map[string]string{"en": tc.en, "zh": tc.zh} {
			if out, says := wangge(t, tc.exit, append(tc.args, "--lang", lang)...); !strings.Contains(out+says, want) {
				t.Errorf("wangge %v --lang %s printed %q and said %q, want %q", tc.args, lang, out, says, want)
			}
		}
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) > 0 {
		t.Errorf("calls that were refused left %v, %v", entries, err)
	}
	if out, _ := wangge(t, exitOK, "audit"); !strings.Contains(out, "Usage:") {
		t.Errorf("audit printed %q", out)
	}
}

// failure is what a command that fails prints with --json.
type failure struct {
	Code, Field, Flag, Message string
	Faults                     []struct {
		File, Message, Suggestion string
		Line                      int
	}
}
