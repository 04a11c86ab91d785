package rpc

import (
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
)

// plans records what a person is answered about a proposal of a directory: what it removes, and what each open case would
// lose or become.
func (r *transcript) plans(person roster.PersonID, words string, p *wanggev1.Proposal, dir city.Directory) {
	r.t.Helper()
	r.begins(person, "预览城市变更："+words)
	stream, err := r.city().PlanCity(r.as(person, "zh"))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := uploads(p, dir, func(head *wanggev1.Proposal, part *wanggev1.FilePart) error {
		return stream.Send(&wanggev1.PlanCityRequest{Proposal: head, Part: part})
	}); err != nil {
		r.t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		r.t.Fatal(err)
	}
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.refused(err)
			return
		}
		for _, g := range m.GetOpened() {
			r.line("  新出现的责任空白：%s", g.GetText())
		}
		for _, g := range m.GetClosed() {
			r.line("  消除的责任空白：%s", g.GetText())
		}
		for _, x := range m.GetRemovals() {
			next := ""
			if s := x.GetSuccessor(); s != "" {
				next = "，由" + r.named(s) + "承接"
			}
			r.line("  撤销 %s（%s）：%d 件未结案件，%d 件尚未决定去向%s", x.GetDisplayName(), x.GetName(), x.GetCases(), x.GetUndecided(), next)
		}
		for _, x := range m.GetMoves() {
			line := strings.TrimPrefix(x.GetCase(), "cases/") + " " + stageWord(x.GetStage())
			for _, lost := range x.GetLost() {
				line += "，" + lost
			}
			if x.GetOwnerMoves() {
				line += "，改由" + x.GetOwnerAfter().GetUnitDisplayName() + "（" + x.GetOwnerAfter().GetPersonDisplayName() + "）负责"
			}
			if x.GetCategoryAfter() != "" {
				line += "，改为类别“" + r.named("categories/"+x.GetCategoryAfter()) + "”"
			}
			r.line("  案件 %s", line)
		}
		if t := m.GetTotals(); t != nil {
			r.line("  合计：%d 处变更，新增空白 %d，%d 件未结案件变动，%d 件尚未决定去向", t.GetChanges(), t.GetOpened(), t.GetCases(), t.GetUndecided())
		}
	}
}

// named is the Chinese name of a unit or a category of the active city by its resource name.
func (r *transcript) named(name string) string {
	if code, ok := strings.CutPrefix(name, "categories/"); ok {
		return r.desk.City().CategoryName(catalog.Code(code)).Zh
	}
	return r.unit(name)
}

// applies puts a directory in force, and records the answer and the notices.
func (r *transcript) applies(person roster.PersonID, words string, p *wanggev1.Proposal, dir city.Directory) {
	r.t.Helper()
	rev, err := r.triesToApply(person, words, p, dir)
	if err != nil {
		r.t.Fatal(err)
	}
	b := rev.GetBackfill()
	r.line("  答复：新版本已生效，检视未结案件 %d 件，移交 %d 件，保持 %d 件", b.GetCasesSeen(), b.GetCasesMoved(), b.GetCasesKept())
	r.tells()
}

// mayNotApply records that a proposal is refused.
func (r *transcript) mayNotApply(person roster.PersonID, words string, p *wanggev1.Proposal, dir city.Directory) { //nolint:unparam // other stories have other people
	r.t.Helper()
	_, err := r.triesToApply(person, words, p, dir)
	r.refused(err)
}

func (r *transcript) triesToApply(person roster.PersonID, words string, p *wanggev1.Proposal, dir city.Directory) (*wanggev1.Revision, error) {
	r.t.Helper()
	r.begins(person, "启用城市版本："+words)
	stream, err := r.city().ApplyCity(r.as(person, "zh"))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := uploads(p, dir, func(head *wanggev1.Proposal, part *wanggev1.FilePart) error {
		return stream.Send(&wanggev1.ApplyCityRequest{Proposal: head, Part: part})
	}); err != nil && !errors.Is(err, io.EOF) { // the reason comes with the answer
		r.t.Fatal(err)
	}
	return stream.CloseAndRecv()
}

// uploads sends a proposal and the files of its directory.
func uploads(p *wanggev1.Proposal, dir city.Directory, send func(*wanggev1.Proposal, *wanggev1.FilePart) error) error {
	if err := send(p, nil); err != nil {
		return err
	}
	for name, data := range dir {
		if err := send(nil, &wanggev1.FilePart{Name: name, Data: data}); err != nil {
			return err
		}
	}
	return nil
}

// townDirectory is the small town with people as a desk meets them, a department of urban management, one of sanitation, and a
// crew of the water company.
func townDirectory(t *testing.T) city.Directory {
	t.Helper()
	dir := townFiles(t)
	names := strings.NewReplacer("城市领导", "王建国", "值班长", "赵敏", "受理员", "孙丽", "派遣员", "周涛", "核查员", "吴芳", "采集员", "李强", "供水负责人", "刘洋", "老城负责人", "陈静", "新城负责人", "杨帆")
	dir["people.csv"] = []byte(names.Replace(string(dir["people.csv"])) +
		"office,高文,0451-1000010\ncgz,马海涛,0451-1000011\nhwz,梁桂芝,0451-1000012\nhwl,钱进,0451-1000013\ncrew,曹红霞,0451-1000014\ncrew2,宋佳宁,0451-1000015\npipel,韩志强,0451-1000016\n")
	dir["posts.csv"] = append(dir["posts.csv"], "area:town,grid_office,office,1,,,\ndepartment:CG,owner,cgz,1,,,\ndepartment:HW,owner,hwz,1,,,\ndepartment:HW,leader,hwl,1,,,\n"+
		"department:WATER,handler,crew,1,,,\ndepartment:WATER,handler,crew2,2,,,\ndepartment:WATER,leader,pipel,1,,,\n"...)
	dir["departments.csv"] = append(dir["departments.csv"], "CG,城市管理局,Urban Management,,,2\nHW,环卫处,Sanitation,,,3\n"...)
	dir["categories.csv"] = append(dir["categories.csv"], "E02,event,市容,占道经营,Stall,C,4,work_hours\n"...)
	dir["rules.csv"] = []byte(strings.ReplaceAll(string(dir["rules.csv"]), "close the road", "封闭道路"))
	dir["rules.csv"] = []byte(strings.Replace(string(dir["rules.csv"]), "20,E01,block:district,", "20,\"E01,E02\",line:CG,", 1))
	return dir
}

// without is a directory without the lines of its tables that begin with one of some texts, and with other texts replaced.
func without(dir city.Directory, begins []string, swaps ...string) city.Directory {
	out, change := city.Directory{}, strings.NewReplacer(swaps...)
	for name, data := range dir {
		var kept []string
		for line := range strings.SplitSeq(string(data), "\n") {
			gone := false
			for _, b := range begins {
				gone = gone || strings.HasPrefix(line, b)
			}
			if !gone {
				kept = append(kept, change.Replace(line))
			}
		}
		out[name] = []byte(strings.Join(kept, "\n"))
	}
	return out
}

// seen is a matter in the old town, seen by the inspector.
func (r *transcript) seen(id, category, condition, text string) *wanggev1.Case {
	r.t.Helper()
	return r.reports("eyes", &wanggev1.Report{
		ClientId: id, Category: category, Condition: condition, Source: wanggev1.Source_SOURCE_INSPECTOR, Text: text, CaptureTime: timestamppb.New(r.Now()),
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: oldTown, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	})
}

// A department is removed: the plan names its cases, nothing is applied without a choice, the named successor takes over,
// everybody is told, and the list of the removed department shows its cases, open and closed, under the old name.
func TestTranscript_DepartmentRemoved(t *testing.T) {
	t.Parallel()
	was := townDirectory(t)
	is := without(was, []string{"CG,", "E02,", "department:CG,"}, `"E01,E02",line:CG`, "E01,line:HW", "department:HW,leader,hwl,1,,,", "department:HW,leader,hwl,1,,,\ndepartment:HW,handler,cgz,1,,,")
	r := newTranscript(t, "department_removed", "撤销城市管理局：其未结案件由环卫处承接，占道经营并入暴露垃圾类", "2026-03-04 09:00", was)
	photo := []string{strings.Repeat("ab", 32)}
	closed := r.seen("r-1", "E01", "", "垃圾箱外溢")
	r.acts("cgz", closed.GetName(), "", &wanggev1.StartAct{})
	r.acts("cgz", closed.GetName(), "已清运", &wanggev1.ResolveAct{PhotoHashes: photo})
	r.acts("eyes", closed.GetName(), "", &wanggev1.CheckAct{Passed: new(true), Position: closed.GetReport().GetPosition()})
	r.acts("desk", closed.GetName(), "", &wanggev1.CloseAct{Closing: "地面清洁", Outcome: wanggev1.Outcome_OUTCOME_FIXED})
	r.at("2026-03-04 09:30")
	litter := r.seen("r-2", "E01", "", "路边建筑垃圾")
	r.acts("cgz", litter.GetName(), "", &wanggev1.StartAct{})
	stall := r.seen("r-3", "E02", "", "早市摊贩占道")
	p := func(choice wanggev1.OpenCases, successors ...string) *wanggev1.Proposal {
		out := &wanggev1.Proposal{BaseRevision: r.desk.City().Base(), OpenCases: choice, Note: "机构改革"}
		for i := 0; i < len(successors); i += 2 {
			out.Successors = append(out.Successors, &wanggev1.Successor{Former: successors[i], Successor: successors[i+1]})
		}
		return out
	}
	keep := wanggev1.OpenCases_OPEN_CASES_KEEP
	r.at("2026-03-04 10:00")
	r.plans("office", "撤销城市管理局和占道经营类", p(keep), is)
	r.mayNotApply("office", "保持未结案件，未指定承接者", p(keep), is)
	r.mayNotApply("office", "未结案件按新规则重新派遣，未指定承接类别", p(wanggev1.OpenCases_OPEN_CASES_REROUTE), is)
	r.mayNotApply("office", "承接者有误", p(keep, "departments/CG", "departments/GC", "categories/E03", "categories/E01"), is)
	choice := []string{"departments/CG", "departments/HW", "categories/E02", "categories/E01"}
	r.plans("office", "由环卫处承接，占道经营改为暴露垃圾", p(keep, choice...), is)
	r.applies("office", "由环卫处承接，占道经营改为暴露垃圾", p(keep, choice...), is)
	r.lists("boss", "已撤销的城市管理局的全部案件", &wanggev1.ListCasesRequest{Scope: "departments/CG", OrderBy: "create_time"})
	r.lists("boss", "已撤销的城市管理局的未结案件", &wanggev1.ListCasesRequest{Scope: "departments/CG", State: wanggev1.CaseState_CASE_STATE_OPEN})
	r.at("2026-03-04 10:30")
	r.acts("hwz", litter.GetName(), "", &wanggev1.StartAct{})
	r.sees("boss", stall.GetName())
	r.history("boss", closed.GetName())
	r.history("boss", litter.GetName())
	r.history("boss", stall.GetName())
}

// People leave with work in hand: a handler with an open request, and the duty chief who supervises the case. The work goes back
// to the post, the decision on the request reaches the owner, and the answer the next duty chief.
func TestTranscript_PersonLeavesWithWorkInHand(t *testing.T) {
	t.Parallel()
	was := townDirectory(t)
	is := without(was, []string{"crew,", "duty,", "department:WATER,handler,crew,"}, "area:town,duty_chief,duty,1", "area:town,duty_chief,duty9,1", "look,吴芳", "duty9,郑伟,0451-1000099\nlook,吴芳")
	r := newTranscript(t, "person_leaves", "在办人员离岗：处置人员和督办的值班长离职，工作退回岗位", "2026-03-04 09:00", was)
	photo := []string{strings.Repeat("ab", 32)}
	main := r.seen("r-1", "C01", "1", "供水管道渗漏，路面湿滑")
	name := main.GetName()
	r.acts("pipe", name, "", &wanggev1.StartAct{Handler: "people/crew"})
	r.at("2026-03-04 10:00")
	r.acts("crew", name, "", &wanggev1.CompleteMilestoneAct{Milestone: "safe", PhotoHashes: photo})
	r.acts("duty", name, "主干道，请今日通水", &wanggev1.SuperviseAct{})
	r.acts("crew", name, "管件须从外地调运", &wanggev1.ExtendAct{})
	r.at("2026-03-04 11:00")
	keep := &wanggev1.Proposal{BaseRevision: r.desk.City().Base(), OpenCases: wanggev1.OpenCases_OPEN_CASES_KEEP, Note: "人员调动"}
	r.plans("office", "曹红霞、赵敏离职，郑伟任值班长", keep, is)
	r.mayNotApply("office", "保持未结案件", keep, is)
	move := &wanggev1.Proposal{BaseRevision: r.desk.City().Base(), OpenCases: wanggev1.OpenCases_OPEN_CASES_MOVE, Note: "人员调动"}
	r.applies("office", "移交无人负责的案件", move, is)
	r.sees("pipe", name)
	r.acts("pipel", name, "同意", &wanggev1.DecideExtensionAct{Granted: new(true)})
	r.acts("send", name, "同意", &wanggev1.DecideExtensionAct{Granted: new(true)})
	r.acts("pipe", name, "已改由宋佳宁班组抢修", &wanggev1.AnswerAct{})
	r.acts("pipe", name, "", &wanggev1.StartAct{Handler: "people/crew2"})
	r.at("2026-03-04 15:00")
	r.acts("crew2", name, "", &wanggev1.CompleteMilestoneAct{Milestone: "repair", PhotoHashes: photo})
	r.history("boss", name)
}
