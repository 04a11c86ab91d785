package sheets_test

import (
	"strings"
	"testing"

	"wangge/dispatch/city"
	"wangge/dispatch/city/sheets"
	"wangge/dispatch/i18n"
)

// Column names, words of closed lists and weekdays in Chinese are read as what they are.
func TestChinese_Tables(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ file, text, want string }{
		{"people.csv", "编号,姓名,电话\nlead,王一,0571-1\n", "id,name,phone,language,email,wecom,active_from,active_to\nlead,王一,0571-1,,,,,\n"},
		{"people.csv", "编号,姓名（必填）,手机号,语言\nlead,王一,0571-1,中文\n", "id,name,phone,language,email,wecom,active_from,active_to\nlead,王一,0571-1,zh,,,,\n"},
		{"people.csv", "编号,姓名,电话,企业微信\nlead,王一,0571-1,wang.yi\n", "id,name,phone,language,email,wecom,active_from,active_to\nlead,王一,0571-1,,,wang.yi,,\n"},
		{
			"categories.csv", "代码,类型,大类,名称,等级,时限,时限单位,可自行处置\nE1,事件,市容,垃圾,Ａ类,2,工作日,是\nC1,部件,设施,井盖,B级,4,小时,否\nE2,event,市容,x,C,1,工作时,\n",
			"code,kind,class,class_en,name,name_en,severity,limit,limit_unit,closing,parent,self_resolve\nE1,event,市容,,垃圾,,A,2,work_days,,,yes\nC1,component,设施,,井盖,,B,4,hours,,,no\nE2,event,市容,,x,,C,1,work_hours,,,\n",
		},
		{
			"shifts.csv", "编号,星期,开始,结束\nday,周一至周五,08:30,17:00\nend,周六、周日,9:00,17:00\nall,每天,00:00,24:00\nodd,星期一 星期三,08:00,12:00\nrow,周二四六,08:00,12:00\nen,mon-fri,08:00,12:00\n",
			"id,weekdays,from,to,season\nday,mon-fri,08:30,17:00,\nend,sat sun,09:00,17:00,\nall,mon-sun,00:00,24:00,\nodd,mon wed,08:00,12:00,\nrow,tue thu sat,08:00,12:00,\nen,mon-fri,08:00,12:00,\n",
		},
		{"campaigns.csv", "编号,名称,适用类别,等级,停止后天数\nsnow,清冰雪,E0507,小雪 大雪,10\n", "id,name,name_en,categories,grades,after_days,note\nsnow,清冰雪,,E0507,小雪 大雪,10,\n"},
		{
			"时限.csv", "类别,街路等级,专项行动,专项行动等级,时限,时限单位\nE0507,Ａ,snow,大雪,24,小时\n",
			"category,condition,severity,tier,section_tier,area,season,from,to,campaign,grade,limit,limit_unit,note\nE0507,,,,A,,,,,snow,大雪,24,hours,\n",
		},
		{"tiers.csv", "区域,区域分级\nW,1\n", "area,tier\nW,1\n"},
		{
			"expectations.csv", "纬度,经度,类别,上报时刻,坐标系,截止时刻\n45.752,126.602,E0101,2026年6月1日 9:00,WGS84,2026/6/1 11:00\n",
			"lat,lng,category,at,datum,owner,person,due,ladder,rule,note\n45.752,126.602,E0101,2026-06-01 09:00,wgs84,,,2026-06-01 11:00,,,\n",
		},
	} {
		im, err := sheets.ReadTable(tc.file, []byte(tc.text), city.Directory{})
		if err != nil || len(im.Faults()) > 0 {
			t.Errorf("%s: %v, %v", tc.text, im.Faults(), err)
			continue
		}
		if got := string(im.Directory()[im.Tables()[0]]); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.file, got, tc.want)
		}
	}
	im, err := sheets.ReadTable("posts.csv", []byte("单位,岗位职责,人员\narea:T,派遣员,lead\n"), city.Directory{})
	if err != nil || len(im.Faults()) > 0 || !strings.Contains(string(im.Directory()["posts.csv"]), "area:T,dispatcher,lead") {
		t.Errorf("roles: %q, %v, %v", im.Directory()["posts.csv"], im.Faults(), err)
	}
	if im, err := sheets.ReadTable("categories.csv", []byte("代码,类型,名称,等级,时限,时限单位\nE1,事故,垃圾,D类,2,月\n"), city.Directory{}); err != nil || len(im.Faults()) != 3 {
		t.Errorf("words of no list: %v, %v", im.Faults(), err)
	}
	// An exported workbook has both names, and reads back the same.
	dir := city.Directory{"people.csv": []byte("id,name,phone,language,active_from,active_to\nlead,王一,0571-1,zh,,\n")}
	book, err := sheets.Workbook(dir, nil, "zh")
	if err != nil {
		t.Fatal(err)
	}
	back, err := sheets.ReadWorkbook(book, dir)
	if err != nil || len(back.Faults()) > 0 || string(back.Directory()["people.csv"]) != string(dir["people.csv"]) {
		t.Errorf("there and back: %q, %v, %v", back.Directory()["people.csv"], back.Faults(), err)
	}
}

// What is not understood is told with the words that a clerk may write, in Chinese without an English sentence.
func TestChinese_Diagnostics(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ file, text, zh, en string }{
		{"people.csv", "编号,姓名,电话,生效\nlead,王一,0571-1,\n", "应为以下之一：id (编号)、name (姓名)、phone (电话)", "write one of id, name, phone"},
		{"people.csv", "编号,姓名,电话号,启用日\nlead,王一,0571-1,\n", "是否应为 \"启用日期\"？", "write one of id, name, phone"},
		{"people.csv", "工号,姓名,电话\nlead,王一,0571-1\n", "请补充：唯一编号", "add it: an id of its own"},
		{"categories.csv", "代码,类型,名称,等级,时限,时限单位\nE1,混合,垃圾,D类,2,月\n", "应为以下之一：component (部件)、event (事件)", "write one of component, event"},
		{"categories.csv", "代码,类型,名称,等级,时限,时限单位\nE1,事件,垃圾,C,2,月\n", "应为以下之一：minutes (分钟)、hours (小时)、work_hours (工作时)、work_days (工作日)、days (自然日)", "write one of minutes, hours, work_hours"},
		{"posts.csv", "单位,职责,人员\narea:T,市长大人们,lead\n", "leader (领导)", "write one of leader"},
	} {
		im, err := sheets.ReadTable(tc.file, []byte(tc.text), city.Directory{})
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		var zh, en []string
		for _, f := range im.Faults() {
			zh, en = append(zh, f.Suggestion.Zh), append(en, f.Suggestion.En)
		}
		if !strings.Contains(strings.Join(zh, "\n"), tc.zh) || !strings.Contains(strings.Join(en, "\n"), tc.en) {
			t.Errorf("%s:\n%q, want %q\n%q, want %q", tc.text, zh, tc.zh, en, tc.en)
		}
	}
	im, err := sheets.ReadTable("categories.csv", []byte("代码,类型,名称,等级,时限,时限单位\nE1,事件,垃圾,C,2,个工作日\n"), city.Directory{})
	if err != nil || len(im.Faults()) > 0 || !strings.Contains(string(im.Directory()["categories.csv"]), ",work_days,") {
		t.Errorf("个工作日: %v, %v", im.Faults(), err)
	}
	_, err = sheets.ReadTable("p.csv", []byte("编号\n1\n"), city.Directory{})
	if zh := i18n.Of(err).Zh; !strings.Contains(zh, "无法判断是哪张表") {
		t.Errorf("a table without a name: %q", zh)
	}
}

// A sentence that names a column names it as the sheet does, in Chinese too.
func TestChinese_EveryColumnIsNamed(t *testing.T) {
	t.Parallel()
	was := city.Directory{"people.csv": []byte("id,name,phone,language\nlead,王一,0571-1,zh\n")}
	for _, tc := range []struct{ text, en, zh string }{
		{"编号,姓名,电话\nlead,王一,0571-1\n", "column language is not there", "缺少列 language (语言)，而现有城市目录中该列有内容"},
		{"编号,电话,语言\nlead,0571-1,中文\n", "column name is missing", "缺少列 name (姓名)"},
		{"编号,姓名,电话,手机,语言\nlead,王一,0571-1,0571-1,中文\n", "column phone occurs twice", "列 phone (电话) 重复"},
		{"编号,姓名,电话,语言\nlead,王一,0571-1,法文\n", "can't stand in language", "language (语言) 不能填写"},
		{"编号,姓名,电话,语言,\nlead,王一,0571-1,中文,x\n", "columns are id, name", "可用列名为 id (编号), name (姓名)"},
		{"x\n1\n", "begin with id, name", "首行应为 id (编号), name (姓名)"},
	} {
		im, err := sheets.ReadTable("people.csv", []byte(tc.text), was)
		if err != nil {
			t.Fatal(err)
		}
		var en, zh []string
		for _, f := range im.Faults() {
			en, zh = append(en, f.Message.En, f.Suggestion.En), append(zh, f.Message.Zh, f.Suggestion.Zh)
		}
		if !strings.Contains(strings.Join(en, "\n"), tc.en) || !strings.Contains(strings.Join(zh, "\n"), tc.zh) {
			t.Errorf("%q:\n%q, want %q\n%q, want %q", tc.text, en, tc.en, zh, tc.zh)
		}
	}
}
