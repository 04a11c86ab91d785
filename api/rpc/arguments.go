package rpc

import (
	"context"
	"fmt"
	"slices"
	"time"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
)

// do runs one act: what all acts carry and what is its own are checked together.
func (s cases) do(ctx context.Context, a dispatch.Act, in *wanggev1.ActContext, args *wanggev1.ActArguments) (*wanggev1.Case, error) {
	var f faults
	id, seq, cmd := act(ctx, &f, in)
	cmd.Act = a
	lacks := s.arguments(ctx, &f, "", "act.note", args, &cmd)
	if err := f.err(ctx); err != nil {
		return nil, s.mayFirst(ctx, id, a, err, len(f) == lacks)
	}
	cs, err := s.desk.Act(ctx, auth.PersonOf(ctx), id, seq, in.GetRequestId(), cmd)
	if err != nil {
		return nil, err
	}
	return s.wire(ctx, cs), nil
}

// arguments reads what an act is given, and returns how many of the faults are fields that the act lacks. prefix stands
// before each field's name.
func (s *server) arguments(ctx context.Context, f *faults, prefix, note string, a *wanggev1.ActArguments, cmd *dispatch.Command) (lacks int) {
	cmd.Condition = short(ctx, f, prefix+"condition", a.GetCondition(), maxName)
	cmd.Closing, cmd.Milestone = short(ctx, f, prefix+"closing", a.GetClosing(), maxText), short(ctx, f, prefix+"milestone", a.GetMilestone(), maxName)
	cmd.Category = s.category(ctx, f, prefix+"category", a.GetCategory())
	cmd.Photos = photos(ctx, f, prefix+"photo_hashes", a.GetPhotoHashes())
	cmd.RadiusM, cmd.Patterns = a.GetRadiusM(), a.GetCategories()
	if !(cmd.RadiusM >= 0 && cmd.RadiusM <= city.MaxPrecedentRadiusM) {
		f.add(ctx, prefix+"radius_m", i18n.F("%[1]g is not from 0 to %[2]d m", "%[1]g 不在 0 至 %[2]d 米之间", cmd.RadiusM, city.MaxPrecedentRadiusM))
	}
	if len(cmd.Patterns) > city.MaxPrecedentPatterns {
		f.add(ctx, prefix+"categories", i18n.F("at most %d", "最多 %d 个", city.MaxPrecedentPatterns))
	} else {
		for i, pattern := range cmd.Patterns {
			words(ctx, f, fmt.Sprintf("%scategories[%d]", prefix, i), pattern)
		}
	}
	if a.GetUnit() != "" {
		u := unit(ctx, f, prefix+"unit", a.GetUnit())
		cmd.Owner = &dispatch.Owner{Unit: u}
		if cmd.Act == dispatch.ActAssist {
			cmd.Owner, cmd.Party = nil, u
		}
	}
	if a.GetHandler() != "" {
		cmd.Handler = roster.PersonID(a.GetHandler())
		if _, ok := s.desk.City().Roster.Person(cmd.Handler); !ok {
			f.add(ctx, prefix+"handler", i18n.F("%q is not a person of this city", "%q 不是本市人员", clip(a.GetHandler())))
		}
	}
	if cmd.Reason = dispatch.ReturnReason(a.GetReason()); cmd.Reason < 0 || cmd.Reason > dispatch.Duplicate {
		f.add(ctx, prefix+"reason", i18n.F("%d is no reason", "%d 不是有效原因", a.GetReason()))
	}
	if cmd.Outcome = dispatch.Outcome(a.GetOutcome()); cmd.Outcome < 0 || cmd.Outcome > dispatch.OutcomeNotFixed {
		f.add(ctx, prefix+"outcome", i18n.F("%d is no outcome", "%d 不是有效结果", a.GetOutcome()))
	}
	if cmd.Satisfied = dispatch.Satisfaction(a.GetSatisfaction()); cmd.Satisfied < 0 || cmd.Satisfied > dispatch.NotReached {
		f.add(ctx, prefix+"satisfaction", i18n.F("%d is no answer", "%d 不是有效答复", a.GetSatisfaction()))
	}
	if a.GetPosition() != nil {
		p := s.position(ctx, f, prefix+"position", a.GetPosition())
		cmd.Position = &p
	}
	if a.GetUntil() != nil {
		if cmd.Until = instant(ctx, f, prefix+"until", a.GetUntil(), time.Time{}).Round(time.Second); cmd.Until.Year() > 2100 {
			f.add(ctx, prefix+"until", i18n.F("is no instant before 2100", "不是 2100 年以前的有效时间"))
		}
	}
	if a.GetTarget() != "" {
		cmd.Target = caseID(ctx, f, prefix+"target", a.GetTarget())
	}
	if cmd.Act == dispatch.ActEscalate {
		cmd.To = short(ctx, f, prefix+"to", a.GetTo(), maxName)
		if !s.desk.City().KnownWhom(cmd.To) {
			if cmd.To == "" {
				lacks++
			}
			f.add(ctx, prefix+"to", i18n.F("%[1]q says nobody; write one of %[2]s", "%[1]q 未指明对象，可填写：%[2]s", clip(cmd.To), city.Whoms))
		}
	}
	cmd.Passed = a.GetPassed() || a.GetGranted()
	must, _ := lifecycle.NeedsOf(cmd.Act)
	for _, n := range must {
		at := prefix + n.Field()
		given := n.Given(cmd)
		switch n {
		case lifecycle.NeedNote:
			at = note
		case lifecycle.NeedVerdict:
			given = a != nil && a.Passed != nil
		case lifecycle.NeedGrant:
			given = a != nil && a.Granted != nil
		case lifecycle.NeedPosition:
			given = given || s.desk.City().Defaults.CheckWithinM == 0
		default:
		}
		if !given && !slices.ContainsFunc(*f, func(v *violation) bool { return v.GetField() == at }) {
			f.add(ctx, at, i18n.F("is required: %[1]s", "必须提供：%[2]s", n.Text().En, n.Text().Zh))
			lacks++
		}
	}
	return lacks
}
