package request

import (
	"regexp"
	"slices"
	"strings"
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
	out := dispatch.Report{
		Caller: f.caller(r), Address: f.Short("address", r.GetAddress(), maxAddress), ExternalID: f.number("external_id", r.GetExternalId()),
		Component: f.number("component_id", r.GetComponentId()), Building: f.Short("building", r.GetBuilding(), maxPart),
		UnitNo: f.Short("unit_no", r.GetUnitNo(), maxPart), Floor: f.Short("floor", r.GetFloor(), maxPart),
		Confidence: f.confidence("confidence", r.GetConfidence(), src),
		ClientID:   r.GetClientId(), Reporter: f.Person, Source: src, Category: code,
		Condition: f.Short("condition", r.GetCondition(), lookup.MaxName), Text: f.Short("text", r.GetText(), MaxText),
		Position: f.Position("position", r.GetPosition()), CapturedAt: captured, PhoneAt: phone,
		PhotoHashes: f.Photos("photo_hashes", r.GetPhotoHashes()),
		AfterPhotos: f.Photos("after_photo_hashes", r.GetAfterPhotoHashes()), Joins: f.joins("joins", r.GetJoins()),
	}
	if slices.ContainsFunc(out.AfterPhotos, func(p string) bool { return slices.Contains(out.PhotoHashes, p) }) {
		f.Add("after_photo_hashes", i18n.F("is a photo of photo_hashes, from before: send one from after", "与 photo_hashes 中的处置前照片相同，请提交处置后照片"))
	}
	return out
}

// Bounds of the fields of a report in characters. The wire's documentation states the same.
const (
	maxCaller  = 100
	maxAddress = 200
	maxNumber  = 64 // of a number of another system
	maxPart    = 50 // of a building, a unit or a floor
)

// phone is a telephone number as callers leave it; a hotline may mask digits.
var phone = regexp.MustCompile(`^\+?[0-9*][0-9* -]{3,18}[0-9*]$`)

// caller reads who called or wrote.
func (f *Reader) caller(r *wanggev1.Report) dispatch.Caller {
	out := dispatch.Caller{
		Name: f.Short("caller_name", r.GetCallerName(), maxCaller), Phone: r.GetCallerPhone(), Confidential: r.GetConfidential(),
	}
	if out.Phone != "" && !phone.MatchString(out.Phone) {
		f.Add("caller_phone", i18n.F("write 5 to 20 digits, '*', '-' or spaces, after at most one '+'", "应为 5 至 20 位数字、*、- 或空格，前面可有一个 +"))
	}
	if r.GetConfidential() && r.GetCallerName() == "" && r.GetCallerPhone() == "" {
		f.Add("confidential", i18n.F("there is no caller to protect: write caller_name or caller_phone, or leave it out",
			"没有需要保密的来电人：请填写 caller_name 或 caller_phone，或不填本项"))
	}
	return out
}

// number reads a number of another system: a key, which spaces at its ends would make another one.
func (f *Reader) number(at, text string) string {
	if strings.TrimSpace(text) != text {
		f.Add(at, i18n.F("begins or ends with a space; leave it out", "首尾有空格，请删除"))
	}
	return f.Short(at, text, maxNumber)
}

// confidence reads how sure a video recogniser is.
func (f *Reader) confidence(at string, share float64, src dispatch.Source) float64 {
	switch {
	case share == 0:
		return 0
	case !(share > 0 && share <= 1): // not a number is neither
		f.Add(at, i18n.F("%v is not within 0 to 1", "%v 不在 0 到 1 之间", share))
	case src != dispatch.SourceVideo:
		f.Add(at, i18n.F("only a report of the source SOURCE_VIDEO has one; leave it out", "仅视频来源（SOURCE_VIDEO）的上报可填，请删除"))
	}
	return share
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
