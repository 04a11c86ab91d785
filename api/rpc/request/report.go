package request

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/rpc/lookup"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/i18n"
)

// Earliest and Latest are the first and the last instant that a record can hold.
var (
	Earliest = time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)
	Latest   = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Report reads a report; its category may be a code or a name.
func (f *Reader) Report(at string, r *wanggev1.Report) dispatch.Report {
	if r == nil {
		f.Add(at, i18n.F("is missing", "缺失"))
		return dispatch.Report{}
	}
	defer f.Under(at)() // names of fields are joined only for what is wrong
	if !safeID.MatchString(r.GetClientId()) {
		f.Add("client_id", i18n.F("write 1 to 64 letters, digits, '-', '_' or '.'", "应为 1 至 64 个字母、数字或 - _ ."))
	}
	code := f.NeedCategory("category", r.GetCategory())
	if r.GetCaptureTime() == nil {
		f.Add("capture_time", i18n.F("is missing", "缺失"))
	}
	captured := f.PhoneTime("capture_time", r.GetCaptureTime())
	phone := f.PhoneTime("phone_time", r.GetPhoneTime())
	src := dispatch.Source(r.GetSource())
	if src < dispatch.SourceInspector || src >= dispatch.SourceImport {
		f.Add("source", i18n.F("is not set, or not one that a phone may send", "未设置或不允许"))
	}
	return dispatch.Report{
		ClientID: r.GetClientId(), Reporter: f.Person, Source: src, Category: code,
		Condition: f.Short("condition", r.GetCondition(), lookup.MaxName), Text: f.Short("text", r.GetText(), MaxText),
		Position: f.Position("position", r.GetPosition()), CapturedAt: captured, PhoneAt: phone,
		PhotoHashes: f.Photos("photo_hashes", r.GetPhotoHashes()),
		AfterPhotos: f.Photos("after_photo_hashes", r.GetAfterPhotoHashes()), Joins: f.joins("joins", r.GetJoins()),
	}
}

// PhoneTime is an instant by a phone's clock, whatever the clock says; zero when there is none. An instant that
// a record can't hold becomes the nearest that it can.
func (f *Reader) PhoneTime(at string, t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	if err := t.CheckValid(); err != nil {
		f.Add(at, i18n.F("is not an instant", "不是有效时间"))
		return time.Time{}
	}
	switch out := t.AsTime(); {
	case out.Before(Earliest):
		return Earliest
	case out.After(Latest):
		return Latest
	case out.Equal(time.Unix(0, 0)): // a record takes it for none
		return out.Add(-time.Nanosecond)
	default:
		return out
	}
}

// joins is the case that a report says it repeats; none when it says nothing.
func (f *Reader) joins(at, text string) dispatch.CaseID {
	if text == "" {
		return 0
	}
	return f.CaseID(at, text)
}
