package request

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/convert"
	"wangge/api/rpc/lookup"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
)

// maxSuperior is the most levels above the accountable unit at which a superior is notified.
const maxSuperior = 9

// Target reads the case of an act, and the number of events of the etag; 0 = any. prefix is the path of
// the target in the request, with the dot.
func (f *Reader) Target(prefix, name, etag string) (id dispatch.CaseID, seq uint64) {
	id = f.CaseID(prefix+"name", name)
	if etag != "" {
		var err error
		if seq, err = strconv.ParseUint(etag, 10, 64); err != nil || seq == 0 {
			f.Add(prefix+"etag", i18n.F("%q is not an etag of a case", "%q 不是案件的 etag", apierr.Clip(etag)))
		}
	}
	return id, seq
}

// RequestID reads the request id of an act.
func (f *Reader) RequestID(id string) string {
	if !safeID.MatchString(id) {
		f.Add("request_id", i18n.F("write 1 to 64 letters, digits, '-', '_' or '.'", "应为 1 至 64 个字母、数字或 - _ ."))
	}
	return id
}

// ActPath is the path in a request of the fields of an act, with the dot: "act.check.".
func ActPath(act dispatch.Act) string { return "act." + convert.ActField(act) + "." }

// CaseAct reads an act, the field act of a request, into a command. lacks is how many of the violations are fields that
// the act lacks. If no act is set, that is the violation, and the command has no act.
func (f *Reader) CaseAct(in *wanggev1.CaseAct) (cmd dispatch.Command, lacks int) {
	cmd = dispatch.Command{Act: convert.ActOf(in), Note: f.Short("act.note", in.GetNote(), MaxText)}
	if cmd.Act == "" {
		all := i18n.List(convert.ActFields()...)
		f.Add("act", i18n.F("is required: set one of %s", "必须提供：请填写其中一项：%s", all))
		return cmd, 0
	}
	decision := actReader{f, ActPath(cmd.Act), &cmd}.fields(in)
	cmd.Passed = decision != nil && *decision
	for _, n := range needed(f.City, &cmd, decision) {
		at, given := ActPath(cmd.Act)+n.Field(), n.Given(&cmd)
		// Of the other needs, the command itself says whether they are given.
		//exhaustive:ignore
		switch n {
		case dispatch.NeedNote:
			at = "act.note"
		case dispatch.NeedVerdict, dispatch.NeedGrant:
			given = decision != nil
		case dispatch.NeedTo: // one that is wrong has its violations
			given = in.GetEscalate().GetRecipient().GetRecipient() != nil
		}
		if !given && !f.Has(at) {
			f.Add(at, i18n.F("is required: %[1]s", "必须提供%[2]s", n.Text().En, n.Text().Zh))
			lacks++
		}
	}
	return cmd, lacks
}

// needed lists what a command must give. Without a decision it is not one that something is not so.
func needed(c *city.City, cmd *dispatch.Command, decision *bool) []dispatch.Need {
	if decision == nil {
		return lifecycle.NeedsIn(c, cmd.Act)
	}
	return lifecycle.NeedsFor(c, cmd)
}

// actReader reads the fields of one act into its command.
type actReader struct {
	*Reader
	at  string // the path of the act's message in the request, with the dot
	cmd *dispatch.Command
}

// fields reads the fields of the act, and returns the decision that some acts are; nil if there is none. An act without
// fields of its own has no case here.
func (f actReader) fields(in *wanggev1.CaseAct) (decision *bool) {
	switch a := in.GetAct().(type) {
	case *wanggev1.CaseAct_Confirm:
		f.photos(a.Confirm.GetPhotoHashes())
		return a.Confirm.Passed
	case *wanggev1.CaseAct_Accept:
		f.condition(a.Accept.GetCondition())
		f.severity(a.Accept.GetSeverity())
	case *wanggev1.CaseAct_SelfResolve:
		f.photos(a.SelfResolve.GetPhotoHashes())
	case *wanggev1.CaseAct_Dispatch:
		f.owner(a.Dispatch.GetUnit())
	case *wanggev1.CaseAct_Reroute:
		f.owner(a.Reroute.GetUnit())
	case *wanggev1.CaseAct_Return:
		f.reason(a.Return.GetReason())
	case *wanggev1.CaseAct_Arbitrate:
		f.owner(a.Arbitrate.GetUnit())
		f.holds(a.Arbitrate.GetRadiusM(), a.Arbitrate.GetCategories())
		f.until("end_time", a.Arbitrate.GetEndTime())
	case *wanggev1.CaseAct_Start:
		f.handler(a.Start.GetHandler())
	case *wanggev1.CaseAct_Acknowledge:
		f.cmd.Party = f.unit(a.Acknowledge.GetUnit())
	case *wanggev1.CaseAct_HandOver:
		f.handler(a.HandOver.GetHandler())
	case *wanggev1.CaseAct_DecideExtension:
		return a.DecideExtension.Granted
	case *wanggev1.CaseAct_Extend:
		f.until("due_time", a.Extend.GetDueTime())
	case *wanggev1.CaseAct_Suspend:
		f.until("resume_time", a.Suspend.GetResumeTime())
	case *wanggev1.CaseAct_DecideSuspension:
		return a.DecideSuspension.Granted
	case *wanggev1.CaseAct_CompleteMilestone:
		f.cmd.Milestone = f.Short(f.at+"milestone", a.CompleteMilestone.GetMilestone(), lookup.MaxName)
		f.photos(a.CompleteMilestone.GetPhotoHashes())
	case *wanggev1.CaseAct_Assist:
		f.photos(a.Assist.GetPhotoHashes())
		f.cmd.Party = f.unit(a.Assist.GetUnit())
	case *wanggev1.CaseAct_Resolve:
		f.photos(a.Resolve.GetPhotoHashes())
	case *wanggev1.CaseAct_Check:
		f.photos(a.Check.GetPhotoHashes())
		if a.Check.GetPosition() != nil {
			p := f.Position(f.at+"position", a.Check.GetPosition())
			f.cmd.Position = &p
		}
		return a.Check.Passed
	case *wanggev1.CaseAct_Close:
		f.closing(a.Close.GetClosing(), a.Close.GetOutcome())
	case *wanggev1.CaseAct_ForceClose:
		f.closing(a.ForceClose.GetClosing(), a.ForceClose.GetOutcome())
		f.cmd.Denied = a.ForceClose.Granted != nil && !a.ForceClose.GetGranted()
	case *wanggev1.CaseAct_Escalate:
		f.recipient(a.Escalate.GetRecipient())
	case *wanggev1.CaseAct_Reclassify:
		f.cmd.Category = f.Category(f.at+"category", a.Reclassify.GetCategory())
		f.condition(a.Reclassify.GetCondition())
		f.severity(a.Reclassify.GetSeverity())
	case *wanggev1.CaseAct_Merge:
		f.target(a.Merge.GetTarget())
	case *wanggev1.CaseAct_Attach:
		f.target(a.Attach.GetTarget())
	case *wanggev1.CaseAct_DecideAppeal:
		return a.DecideAppeal.Granted
	case *wanggev1.CaseAct_Reply:
		if f.cmd.Satisfied = dispatch.Satisfaction(a.Reply.GetSatisfaction()); f.cmd.Satisfied < 0 || f.cmd.Satisfied > dispatch.MostlySatisfied {
			f.Add(f.at+"satisfaction", i18n.F("%d is no answer", "%d 不是有效答复", a.Reply.GetSatisfaction()))
		}
	}
	return nil
}

func (f actReader) condition(id string) {
	f.cmd.Condition = f.Short(f.at+"condition", id, lookup.MaxName)
}

func (f actReader) severity(s wanggev1.Severity) {
	if f.cmd.Severity = catalog.Severity(s); f.cmd.Severity < 0 || f.cmd.Severity > catalog.SeverityC {
		f.Add(f.at+"severity", i18n.F("%d is no severity", "%d 不是有效等级", s))
	}
}

func (f actReader) photos(hashes []string) {
	f.cmd.Photos = f.Photos(f.at+"photo_hashes", hashes)
}

// unit reads the name of a unit, which the city need not have; zero for none.
func (f actReader) unit(name string) roster.Unit {
	if name == "" {
		return roster.Unit{}
	}
	u, ok := resource.ParseUnit(name)
	if !ok {
		f.Add(f.at+"unit", lookup.UnitForm(name))
	}
	return u
}

// owner reads the unit that is made the owner.
func (f actReader) owner(name string) {
	if name != "" {
		f.cmd.Owner = &dispatch.Owner{Unit: f.unit(name)}
	}
}

// handler reads the name of the person who does the work.
func (f actReader) handler(name string) {
	if name == "" {
		return
	}
	id, ok := resource.ParsePerson(name)
	if !ok {
		f.Add(f.at+"handler", lookup.PersonForm(name))
	} else if _, ok := f.City.Roster.Person(id); !ok {
		f.Add(f.at+"handler", i18n.F("%q is not a person of this city", "%q 不是本市人员", apierr.Clip(string(id))))
	}
	f.cmd.Handler = id
}

func (f actReader) reason(r wanggev1.ReturnReason) {
	if f.cmd.Reason = dispatch.ReturnReason(r); f.cmd.Reason < 0 || f.cmd.Reason > dispatch.Duplicate {
		f.Add(f.at+"reason", i18n.F("%d is no reason", "%d 不是有效原因", r))
	}
}

func (f actReader) closing(text string, o wanggev1.Outcome) {
	f.cmd.Closing = f.Short(f.at+"closing", text, MaxText)
	if f.cmd.Outcome = dispatch.Outcome(o); f.cmd.Outcome < 0 || f.cmd.Outcome > dispatch.OutcomeNotFixed {
		f.Add(f.at+"outcome", i18n.F("%d is no outcome", "%d 不是有效结果", o))
	}
}

func (f actReader) target(name string) {
	if name != "" {
		f.cmd.Target = f.CaseID(f.at+"target", name)
	}
}

// until reads the instant at which what the act begins ends, to the second.
func (f actReader) until(field string, ts *timestamppb.Timestamp) {
	if ts == nil {
		return
	}
	if f.cmd.Until = f.Instant(f.at+field, ts, time.Time{}).Round(time.Second); f.cmd.Until.Year() > 2100 {
		f.Add(f.at+field, i18n.F("is no instant before 2100", "不是 2100 年以前的有效时间"))
	}
}

// holds reads where and for what a ruling holds.
func (f actReader) holds(radiusM float64, categories []string) {
	f.cmd.RadiusM, f.cmd.Patterns = radiusM, categories
	if !(radiusM >= 0 && radiusM <= city.MaxPrecedentRadiusM) {
		f.Add(f.at+"radius_m", i18n.F("%[1]g is not from 0 to %[2]d m", "%[1]g 不在 0 至 %[2]d 米之间", radiusM, city.MaxPrecedentRadiusM))
	}
	if len(categories) > city.MaxPrecedentPatterns {
		f.Add(f.at+"categories", i18n.F("at most %d", "最多 %d 个", city.MaxPrecedentPatterns))
		return
	}
	for i, pattern := range categories {
		f.Words(fmt.Sprintf("%scategories[%d]", f.at, i), pattern)
	}
}

// recipient reads the recipient of an escalation as a step of an escalation policy writes it: see city.RecipientForms.
func (f actReader) recipient(r *wanggev1.Recipient) {
	at := f.at + "recipient."
	switch r := r.GetRecipient().(type) {
	case *wanggev1.Recipient_Superior:
		switch {
		case r.Superior < 1 || r.Superior > maxSuperior:
			f.Add(at+"superior", i18n.F("%[1]d is not within 1 to %[2]d", "%[1]d 不在 1 到 %[2]d 之间", r.Superior, maxSuperior))
		case r.Superior == 1:
			f.cmd.To = "superior"
		default:
			f.cmd.To = "superior_" + strconv.Itoa(int(r.Superior))
		}
	case *wanggev1.Recipient_Level:
		if f.cmd.To = "level:" + r.Level; !slices.Contains(f.City.Levels, r.Level) {
			all := i18n.List(f.City.Levels...)
			f.Add(at+"level", i18n.F("%[1]q is not a level of this city; write one of %[2]s", "%[1]q 不是本市的层级；可填写：%[2]s", apierr.Clip(r.Level), all))
		}
	case *wanggev1.Recipient_CityLeader:
		f.cmd.To = "city_leader"
		f.set(at+"city_leader", r.CityLeader)
	case *wanggev1.Recipient_CoOwners:
		f.cmd.To = "co_owners"
		f.set(at+"co_owners", r.CoOwners)
	case *wanggev1.Recipient_Role:
		if f.cmd.To = r.Role; !slices.Contains(roster.Roles, roster.Role(r.Role)) {
			all := roleList()
			f.Add(at+"role", i18n.F("%[1]q is not a role; write one of %[2]s, or set another recipient",
				"%[1]q 不是角色；可填写：%[2]s，或改填其他对象", apierr.Clip(r.Role), all))
		}
	case *wanggev1.Recipient_Post:
		id, ok := resource.ParsePost(r.Post)
		if f.cmd.To = "post:" + string(id); !ok || len(f.City.Roster.Holdings(id)) == 0 {
			f.Add(at+"post", i18n.F("%q is not a post of this city; write areas/230102/posts/leader, departments/GREEN/posts/owner and so on",
				"%q 不是本市的岗位；请写成 areas/230102/posts/leader、departments/GREEN/posts/owner 等", apierr.Clip(r.Post)))
		}
	}
}

// roleList lists the roles by name, each with its word as typed.
func roleList() i18n.Text {
	en, zh := make([]string, len(roster.Roles)), make([]string, len(roster.Roles))
	for i, r := range roster.Roles {
		en[i], zh[i] = string(r), i18n.F("", "%[1]s（%[2]s）", r.Words(), r).Zh
	}
	return i18n.Text{En: i18n.List(en...).En, Zh: i18n.List(zh...).Zh}
}

// set refuses a member of a oneof that is set to false: it names nobody.
func (f actReader) set(at string, yes bool) {
	if !yes {
		f.Add(at, i18n.F("write true, or set another recipient", "请填写 true，或改填其他对象"))
	}
}
