package client_test

import (
	"strings"
	"testing"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
)

// pipe is a case that had a course: reported with photos, returned with words, dispatched again, supervised, answered, under way and late.
func pipe(o *office) string {
	number := o.file("eyes", "r-1", &wanggev1.Report{
		Category: "C01", Condition: "1", Source: wanggev1.Source_SOURCE_INSPECTOR, Text: "供水管破裂，路面积水，路人跌倒<script>alert(1)</script>",
		PhotoHashes: []string{strings.Repeat("ab", 32), strings.Repeat("cd", 32)},
		Position:    &wanggev1.Position{Latitude: 45.706, Longitude: 126.502, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8},
	})
	o.at("03-04 09:20")
	o.says("pipe", "case", "act", number, "return", "--reason", "not_my_line", "--note", "这是物业的二次供水管")
	o.at("03-04 09:40")
	o.says("send", "case", "act", number, "dispatch", "--unit", "department:WATER", "--note", "现场已认定为市政管")
	o.at("03-04 10:00")
	o.says("duty", "case", "act", number, "supervise", "--note", "今日内恢复供水，每两小时报一次")
	o.at("03-04 10:10")
	o.says("pipe", "case", "act", number, "start")
	o.at("03-04 10:30")
	o.says("pipe", "case", "act", number, "answer", "--note", "抢修队已到场")
	o.at("03-04 11:00")
	o.says("pipe", "case", "act", number, "reach", "--milestone", "safe", "--photo", strings.Repeat("ef", 32))
	o.at("03-04 20:00")
	o.says("duty", "case", "act", number, "comment", "--note", "已通知公交改线\n2026-03-04 20:00:00  结案  赵敏")
	return number
}

// A desk reads in one case: the words of the report, the place in words, photos, who must act and who does, the instruction and its answer,
// why it was returned, who was told, what is awaited.
func TestCaseShow_WhatADeskNeeds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	number := pipe(o)
	for _, lang := range []string{"zh", "en"} {
		golden(t, "show."+lang+".txt", o.says("duty", "case", "show", number, "--lang", lang))
	}
	shown := o.says("duty", "case", "show", number, "--lang", "zh")
	for _, id := range []string{"eyes", "pipe", "department:", "area:", "rules.csv", "cases/", "etag"} {
		if strings.Contains(shown, id) {
			t.Errorf("case show names %q, which is no word of a desk:\n%s", id, shown)
		}
	}
	if strings.Contains(shown, "\n2026-03-04 20:00:00  结案") {
		t.Errorf("a line end in a note forges a line:\n%s", shown)
	}
}

// What named the accountable unit is said in words, with the row of the table only for who asks for it.
func TestCaseShow_BasisInWords(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	number := litter(o, "r-1", 126.502)
	for _, tc := range []struct{ lang, without, with string }{
		{"zh", "依据      责任规则第 20 号\n", "依据      责任规则第 20 号（rules.csv:3）\n"},
		{"en", "decided by   rule no. 20\n", "decided by   rule no. 20 (rules.csv:3)\n"},
	} {
		if shown := o.says("duty", "case", "show", number, "--lang", tc.lang); !strings.Contains(shown, tc.without) {
			t.Errorf("no %q in\n%s", tc.without, shown)
		}
		if shown := o.says("duty", "case", "show", number, "--lang", tc.lang, "--why"); !strings.Contains(shown, tc.with) {
			t.Errorf("no %q in\n%s", tc.with, shown)
		}
	}
}

// litter is a report of litter that an inspector saw, filed and dispatched at once.
func litter(o *office, id string, lng float64) string {
	return o.file("eyes", id, &wanggev1.Report{
		Category: "E01", Source: wanggev1.Source_SOURCE_INSPECTOR, Text: "垃圾未清运",
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: lng, Datum: wanggev1.Datum_DATUM_WGS84},
	})
}

// A case that waits for the office names no accountable unit and no limit: a line without a value is left out, never printed empty.
func TestCaseShow_NoEmptyLabel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	number := o.file("desk", "r-1", &wanggev1.Report{
		Category: "E01", Source: wanggev1.Source_SOURCE_HOTLINE,
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: 126.502, Datum: wanggev1.Datum_DATUM_WGS84},
	})
	shown := o.says("desk", "case", "show", number, "--lang", "zh")
	for line := range strings.Lines(shown) {
		if fields := strings.Fields(line); len(fields) < 2 && !strings.HasPrefix(line, "办理过程") && !strings.HasPrefix(line, "您可以") {
			t.Errorf("the line %q has a label and no value", line)
		}
	}
	for _, label := range []string{"责任单位", "依据", "处置时限", "上报内容", "照片"} {
		if strings.Contains(shown, label) {
			t.Errorf("a case without it prints %q:\n%s", label, shown)
		}
	}
	if !strings.Contains(shown, "等待      小城 受理员（孙丽）：受理，截止 2026-03-04 09:30\n") {
		t.Errorf("nothing is awaited in\n%s", shown)
	}
}

// Who works on a case reads address, order number and caller; others read that there is a caller whom they may not know.
func TestCaseShow_CallerAndAddress(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	number := o.file("desk", "r-1", &wanggev1.Report{
		Category: "E01", Source: wanggev1.Source_SOURCE_HOTLINE, Text: "垃圾未清运", Address: "中山路 18 号门前", ExternalId: "12345-20260304-77",
		CallerName: "郑先生", CallerPhone: "13900000000", Confidential: true,
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: 126.502, Datum: wanggev1.Datum_DATUM_WGS84},
	})
	for who, sees := range map[roster.PersonID]bool{"desk": true, "boss": false} {
		shown := o.says(who, "case", "show", number, "--lang", "zh")
		for _, line := range []string{"地址        中山路 18 号门前\n", "外部工单号  12345-20260304-77\n", "保密        来电人要求保密\n"} {
			if !strings.Contains(shown, line) {
				t.Errorf("%s reads no %q in\n%s", who, line, shown)
			}
		}
		if strings.Contains(shown, "来电人      郑先生 13900000000\n") != sees || strings.Contains(shown, "联系方式    仅经办人员可见\n") == sees {
			t.Errorf("%s sees the caller: want %t in\n%s", who, sees, shown)
		}
	}
}
