package request

import (
	"fmt"
	"strconv"
	"time"

	"wangge/api/rpc/apierr"
	"wangge/api/rpc/lookup"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
)

// Act reads what every act carries.
func (f *Reader) Act(a *wanggev1.ActContext) (id dispatch.CaseID, seq uint64, cmd dispatch.Command) {
	id = f.CaseID("act.name", a.GetName())
	if a.GetEtag() != "" {
		var err error
		if seq, err = strconv.ParseUint(a.GetEtag(), 10, 64); err != nil || seq == 0 {
			f.Add("act.etag", i18n.F("%q is not an etag of a case", "%q 不是案件的 etag", apierr.Clip(a.GetEtag())))
		}
	}
	if !safeID.MatchString(a.GetRequestId()) {
		f.Add("act.request_id", i18n.F("write 1 to 64 letters, digits, '-', '_' or '.'", "应为 1 至 64 个字母、数字或 - _ ."))
	}
	return id, seq, dispatch.Command{Note: f.Short("act.note", a.GetNote(), MaxText)}
}

// Arguments reads the arguments of an act into a command, and returns how many of the violations are fields that the
// act lacks. prefix stands before the name of each field; note is the name of the field of the note.
func (f *Reader) Arguments(prefix, note string, a *wanggev1.ActArguments, cmd *dispatch.Command) (lacks int) {
	cmd.Condition = f.Short(prefix+"condition", a.GetCondition(), lookup.MaxName)
	cmd.Closing, cmd.Milestone = f.Short(prefix+"closing", a.GetClosing(), MaxText), f.Short(prefix+"milestone", a.GetMilestone(),
		lookup.MaxName)
	cmd.Category = f.Category(prefix+"category", a.GetCategory())
	cmd.Photos = f.Photos(prefix+"photo_hashes", a.GetPhotoHashes())
	cmd.RadiusM, cmd.Patterns = a.GetRadiusM(), a.GetCategories()
	if !(cmd.RadiusM >= 0 && cmd.RadiusM <= city.MaxPrecedentRadiusM) {
		f.Add(prefix+"radius_m", i18n.F("%[1]g is not from 0 to %[2]d m", "%[1]g 不在 0 至 %[2]d 米之间", cmd.RadiusM, city.MaxPrecedentRadiusM))
	}
	if len(cmd.Patterns) > city.MaxPrecedentPatterns {
		f.Add(prefix+"categories", i18n.F("at most %d", "最多 %d 个", city.MaxPrecedentPatterns))
	} else {
		for i, pattern := range cmd.Patterns {
			f.Words(fmt.Sprintf("%scategories[%d]", prefix, i), pattern)
		}
	}
	if a.GetUnit() != "" {
		u := f.Unit(prefix+"unit", a.GetUnit())
		cmd.Owner = &dispatch.Owner{Unit: u}
		if cmd.Act == dispatch.ActAssist {
			cmd.Owner, cmd.Party = nil, u
		}
	}
	if a.GetHandler() != "" {
		cmd.Handler = roster.PersonID(a.GetHandler())
		if _, ok := f.City.Roster.Person(cmd.Handler); !ok {
			f.Add(prefix+"handler", i18n.F("%q is not a person of this city", "%q 不是本市人员", apierr.Clip(a.GetHandler())))
		}
	}
	if cmd.Reason = dispatch.ReturnReason(a.GetReason()); cmd.Reason < 0 || cmd.Reason > dispatch.Duplicate {
		f.Add(prefix+"reason", i18n.F("%d is no reason", "%d 不是有效原因", a.GetReason()))
	}
	if cmd.Outcome = dispatch.Outcome(a.GetOutcome()); cmd.Outcome < 0 || cmd.Outcome > dispatch.OutcomeNotFixed {
		f.Add(prefix+"outcome", i18n.F("%d is no outcome", "%d 不是有效结果", a.GetOutcome()))
	}
	if cmd.Satisfied = dispatch.Satisfaction(a.GetSatisfaction()); cmd.Satisfied < 0 || cmd.Satisfied > dispatch.NotReached {
		f.Add(prefix+"satisfaction", i18n.F("%d is no answer", "%d 不是有效答复", a.GetSatisfaction()))
	}
	if a.GetPosition() != nil {
		p := f.Position(prefix+"position", a.GetPosition())
		cmd.Position = &p
	}
	if a.GetUntil() != nil {
		if cmd.Until = f.Instant(prefix+"until", a.GetUntil(), time.Time{}).Round(time.Second); cmd.Until.Year() > 2100 {
			f.Add(prefix+"until", i18n.F("is no instant before 2100", "不是 2100 年以前的有效时间"))
		}
	}
	if a.GetTarget() != "" {
		cmd.Target = f.CaseID(prefix+"target", a.GetTarget())
	}
	if cmd.Act == dispatch.ActEscalate {
		cmd.To = f.Short(prefix+"to", a.GetTo(), lookup.MaxName)
		if !f.City.ValidRecipient(cmd.To) {
			if cmd.To == "" {
				lacks++
			}
			f.Add(prefix+"to", i18n.F("%[1]q says nobody; write one of %[2]s", "%[1]q 未指明对象，可填写：%[2]s", apierr.Clip(cmd.To), city.RecipientForms))
		}
	}
	cmd.Passed = a.GetPassed() || a.GetGranted()
	must, _ := lifecycle.NeedsOf(cmd.Act)
	for _, n := range must {
		at := prefix + n.Field()
		given := n.Given(cmd)
		// Of the other needs, the command itself says whether they are given.
		//exhaustive:ignore
		switch n {
		case dispatch.NeedNote:
			at = note
		case dispatch.NeedVerdict:
			given = a != nil && a.Passed != nil
		case dispatch.NeedGrant:
			given = a != nil && a.Granted != nil
		case dispatch.NeedPosition:
			given = given || f.City.Defaults.CheckWithinM == 0
		}
		if !given && !f.Has(at) {
			f.Add(at, i18n.F("is required: %[1]s", "必须提供：%[2]s", n.Text().En, n.Text().Zh))
			lacks++
		}
	}
	return lacks
}
