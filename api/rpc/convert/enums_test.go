package convert

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/duplicate"
	"wangge/grid"
	"wangge/storage"
)

// The numbers of the wire's enums are those of the domain's.
func TestEnums_Numbers(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][2]int{
		"extension":           {int(dispatch.RequestExtension), int(wanggev1.ApprovalKind_APPROVAL_KIND_EXTENSION)},
		"suspension":          {int(dispatch.RequestSuspension), int(wanggev1.ApprovalKind_APPROVAL_KIND_SUSPENSION)},
		"force close":         {int(dispatch.RequestForceClose), int(wanggev1.ApprovalKind_APPROVAL_KIND_FORCE_CLOSE)},
		"appeal":              {int(dispatch.RequestAppeal), int(wanggev1.ApprovalKind_APPROVAL_KIND_APPEAL)},
		"filed":               {int(dispatch.AppealFiled), int(wanggev1.AppealState_APPEAL_STATE_FILED)},
		"upheld":              {int(dispatch.AppealUpheld), int(wanggev1.AppealState_APPEAL_STATE_UPHELD)},
		"exempted":            {int(dispatch.Exempted), int(wanggev1.AppealState_APPEAL_STATE_EXEMPTED)},
		"hours":               {int(calendar.Hours), int(wanggev1.LimitUnit_LIMIT_UNIT_HOURS)},
		"minutes":             {int(calendar.Minutes), int(wanggev1.LimitUnit_LIMIT_UNIT_MINUTES)},
		"work hours":          {int(calendar.WorkHours), int(wanggev1.LimitUnit_LIMIT_UNIT_WORK_HOURS)},
		"work days":           {int(calendar.WorkDays), int(wanggev1.LimitUnit_LIMIT_UNIT_WORK_DAYS)},
		"days":                {int(calendar.Days), int(wanggev1.LimitUnit_LIMIT_UNIT_DAYS)},
		"queued":              {int(record.NoticeQueued), int(wanggev1.NoticeState_NOTICE_STATE_QUEUED)},
		"sent":                {int(record.NoticeSent), int(wanggev1.NoticeState_NOTICE_STATE_SENT)},
		"dead letter":         {int(record.NoticeDeadLetter), int(wanggev1.NoticeState_NOTICE_STATE_DEAD_LETTER)},
		"severity A":          {int(catalog.SeverityA), int(wanggev1.Severity_SEVERITY_A)},
		"severity C":          {int(catalog.SeverityC), int(wanggev1.Severity_SEVERITY_C)},
		"component":           {int(catalog.Component), int(wanggev1.CategoryKind_CATEGORY_KIND_COMPONENT)},
		"event":               {int(catalog.Event), int(wanggev1.CategoryKind_CATEGORY_KIND_EVENT)},
		"area":                {int(roster.UnitArea), int(wanggev1.UnitKind_UNIT_KIND_AREA)},
		"department":          {int(roster.UnitDepartment), int(wanggev1.UnitKind_UNIT_KIND_DEPARTMENT)},
		"section":             {int(roster.UnitSection), int(wanggev1.UnitKind_UNIT_KIND_SECTION)},
		"point unit":          {int(roster.UnitPoint), int(wanggev1.UnitKind_UNIT_KIND_POINT)},
		"block":               {int(catalog.OwnerBlock), int(wanggev1.OwnerKind_OWNER_KIND_BLOCK)},
		"line":                {int(catalog.OwnerLine), int(wanggev1.OwnerKind_OWNER_KIND_LINE)},
		"point":               {int(catalog.OwnerPoint), int(wanggev1.OwnerKind_OWNER_KIND_POINT)},
		"not my area":         {int(dispatch.NotMyArea), int(wanggev1.ReturnReason_RETURN_REASON_NOT_MY_AREA)},
		"duplicate":           {int(dispatch.Duplicate), int(wanggev1.ReturnReason_RETURN_REASON_DUPLICATE)},
		"satisfied":           {int(dispatch.Satisfied), int(wanggev1.Satisfaction_SATISFACTION_SATISFIED)},
		"not reached":         {int(dispatch.NotReached), int(wanggev1.Satisfaction_SATISFACTION_NOT_REACHED)},
		"mostly satisfied":    {int(dispatch.MostlySatisfied), int(wanggev1.Satisfaction_SATISFACTION_MOSTLY_SATISFIED)},
		"misfiled":            {int(dispatch.OutcomeMisfiled), int(wanggev1.Outcome_OUTCOME_MISFILED)},
		"fixed":               {int(dispatch.OutcomeFixed), int(wanggev1.Outcome_OUTCOME_FIXED)},
		"not fixed":           {int(dispatch.OutcomeNotFixed), int(wanggev1.Outcome_OUTCOME_NOT_FIXED)},
		"WGS-84":              {int(grid.WGS84), int(wanggev1.Datum_DATUM_WGS84)},
		"GCJ-02":              {int(grid.GCJ02), int(wanggev1.Datum_DATUM_GCJ02)},
		"BD-09":               {int(grid.BD09), int(wanggev1.Datum_DATUM_BD09)},
		"CGCS2000":            {int(grid.CGCS2000), int(wanggev1.Datum_DATUM_CGCS2000)},
		"milestone completed": {int(dispatch.EventMilestoneCompleted), int(wanggev1.EventKind_EVENT_KIND_MILESTONE_COMPLETED)},
		"requested":           {int(dispatch.EventRequested), int(wanggev1.EventKind_EVENT_KIND_REQUESTED)},
		"escalated by hand":   {int(dispatch.EventEscalatedByHand), int(wanggev1.EventKind_EVENT_KIND_ESCALATED_BY_HAND)},
		"acknowledged":        {int(dispatch.EventAcknowledged), int(wanggev1.EventKind_EVENT_KIND_ACKNOWLEDGED)},
		"receipt missed":      {int(dispatch.EventReceiptMissed), int(wanggev1.EventKind_EVENT_KIND_RECEIPT_MISSED)},
		"handed over":         {int(dispatch.EventHandedOver), int(wanggev1.EventKind_EVENT_KIND_HANDED_OVER)},
		"reminded":            {int(dispatch.EventReminded), int(wanggev1.EventKind_EVENT_KIND_REMINDED)},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %d in the domain and %d on the wire", name, pair[0], pair[1])
		}
	}
}

// Enums whose values have words in the domain have the numbers of these words, and no value besides. Four kinds of events
// have a clearer name on the wire than their older word.
func TestEnums_Words(t *testing.T) {
	t.Parallel()
	clearer := map[string]string{"ASKED": "REQUESTED", "REACHED": "MILESTONE_COMPLETED", "RAISED": "ESCALATED_BY_HAND", "NUDGED": "REMINDED"}
	kinds, stages, sources := map[int]string{}, map[int]string{}, map[int]string{}
	for k := range dispatch.EventKind(256) {
		if k.Known() {
			kinds[int(k)] = k.String()
		}
	}
	for s := dispatch.Reported; s <= dispatch.SelfResolved; s++ {
		stages[int(s)] = s.String()
	}
	for i, word := range dispatch.SourceNames[1:] {
		sources[i+1] = word
	}
	for _, tt := range []struct {
		of     protoreflect.EnumDescriptor
		prefix string
		words  map[int]string
	}{
		{wanggev1.EventKind(0).Descriptor(), "EVENT_KIND_", kinds},
		{wanggev1.Stage(0).Descriptor(), "STAGE_", stages},
		{wanggev1.Source(0).Descriptor(), "SOURCE_", sources},
	} {
		if n := tt.of.Values().Len() - 1; n != len(tt.words) {
			t.Errorf("%s has %d values, the domain %d", tt.of.Name(), n, len(tt.words))
		}
		for number, word := range tt.words {
			name := strings.ToUpper(word)
			if other := clearer[name]; other != "" && tt.prefix == "EVENT_KIND_" {
				name = other
			}
			if v := tt.of.Values().ByNumber(protoreflect.EnumNumber(number)); v == nil || string(v.Name()) != tt.prefix+name {
				t.Errorf("%s: %d is %s in the domain and %v on the wire", tt.of.Name(), number, word, v)
			}
		}
	}
}

// Enums whose values are texts in the domain have a value for each of these texts, and no value besides.
func TestEnums_Texts(t *testing.T) {
	t.Parallel()
	findings := texts(
		fsck.CaseUnreadable, fsck.CaseDiffers, fsck.CaseMissing, fsck.EventsBroken, fsck.TimerMissing, fsck.TimerStray, fsck.TimerUnarmed,
		fsck.PostingMissing, fsck.PostingStray, fsck.LinkMissing, fsck.LinkStray, fsck.ReportIDMissing, fsck.ReportIDStray, fsck.RequestIDStray,
		fsck.NoticeUnqueued, fsck.NoticeStray, fsck.AccessUnreadable, fsck.KeyUnknown, fsck.LayoutOlder, fsck.CheckCut, fsck.CaseOfGone,
	)
	findings = append(findings, texts(
		storage.FileEmpty, storage.FileMissing, storage.FileCut, storage.FileForeign, storage.HeadDamaged, storage.PageDamaged,
		storage.RecordDamaged, storage.RecordMissing, storage.BlockDamaged, storage.ListDamaged,
	)...)
	for _, tt := range []struct {
		values map[string]int32
		prefix string
		texts  []string
	}{
		{wanggev1.FindingKind_value, "FINDING_KIND_", findings},
		{wanggev1.MismatchReason_value, "MISMATCH_REASON_", texts(
			duplicate.MismatchUnknown, duplicate.MismatchEnded, duplicate.MismatchCategory, duplicate.MismatchDistance, duplicate.MismatchPosition, duplicate.MismatchIdle,
			duplicate.MismatchTime, duplicate.MismatchSeverity,
		)},
		{wanggev1.Light_value, "LIGHT_", []string{"green", "yellow", "red"}},
		{wanggev1.NoticeChannel_value, "NOTICE_CHANNEL_", city.Channels},
	} {
		if n := len(tt.values) - 1; n != len(tt.texts) {
			t.Errorf("%s… has %d values, the domain %d", tt.prefix, n, len(tt.texts))
		}
		for _, text := range tt.texts {
			if Enum[protoreflect.EnumNumber](tt.values, tt.prefix, text) == 0 {
				t.Errorf("%s… has no value for %q", tt.prefix, text)
			}
		}
	}
}

func texts[T ~string](values ...T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
