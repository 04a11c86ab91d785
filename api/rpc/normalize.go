package rpc

import (
	"context"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// Bounds of a request. The wire's documentation states the same.
const (
	maxText   = 4000
	maxName   = 100 // characters of a category or a condition
	maxPhotos = 20
	maxBatch  = 100
)

var (
	safeID   = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	earliest = time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC) // this and the latest are what a record can hold
	latest   = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (s *server) position(ctx context.Context, f *faults, at string, p *wanggev1.Position) grid.Position {
	if p == nil {
		f.add(ctx, at, i18n.F("is missing", "缺失"))
		return grid.Position{}
	}
	out := grid.Position{Lat: p.GetLatitude(), Lng: p.GetLongitude(), Datum: grid.Datum(p.GetDatum()), AccuracyM: p.GetAccuracyM()}
	if wrong, ok := errors.AsType[*grid.PositionError](out.Validate()); ok {
		for _, fault := range wrong.Faults {
			f.add(ctx, at+"."+fault.Field, routing.PositionText(fault))
		}
	}
	return out
}

func photos(ctx context.Context, f *faults, at string, hashes []string) []string {
	if len(hashes) > maxPhotos {
		f.add(ctx, at, i18n.F("%[1]d photos; at most %[2]d", "照片 %[1]d 张，最多 %[2]d 张", len(hashes), maxPhotos))
	}
	for i, h := range hashes {
		if b, err := hex.DecodeString(h); err != nil || len(b) != 32 {
			f.add(ctx, at+"["+strconv.Itoa(i)+"]", i18n.F("is not a SHA-256 in hexadecimal", "不是十六进制 SHA-256"))
		}
	}
	return hashes
}

// words are what people wrote, refused with a stray character in them: see i18n.Stray. Every text that is
// stored comes through here.
func words(ctx context.Context, f *faults, at, text string) string {
	if r, n := i18n.Stray(text); n > 0 {
		f.add(ctx, at, i18n.F("character %[1]d is %[2]U, a control character; leave it out", "第 %[1]d 个字符 %[2]U 是控制字符，请删除", n, r))
		return ""
	}
	return text
}

// short is a text of people's words that is not too long.
func short(ctx context.Context, f *faults, at, text string, most int) string {
	if utf8.RuneCountInString(text) > most {
		f.add(ctx, at, i18n.F("at most %d characters", "最多 %d 个字符", most))
		return ""
	}
	return words(ctx, f, at, text)
}

// category finds a category by code or name; "" selects none.
func (s *server) category(ctx context.Context, f *faults, at, text string) catalog.Code {
	if text == "" {
		return ""
	}
	return s.needCategory(ctx, f, at, text)
}

func (s *server) needCategory(ctx context.Context, f *faults, at, text string) catalog.Code {
	switch {
	case text == "":
		f.add(ctx, at, i18n.F("is missing", "缺失"))
		return ""
	case utf8.RuneCountInString(text) > maxName:
		f.add(ctx, at, i18n.F("at most %d characters", "最多 %d 个字符", maxName))
		return ""
	}
	cat, near := s.desk.City().Category(text)
	if cat == nil {
		names := s.desk.City().CategoryNames(near)
		f.add(ctx, at, i18n.F("%[1]q is not in the table; nearest: %[2]s", "类别 %[1]q 不存在；相近的有：%[3]s", text, names.En, names.Zh))
		return ""
	}
	return cat.Code
}

func stage(ctx context.Context, f *faults, at string, st wanggev1.Stage) dispatch.Stage {
	if _, ok := wanggev1.Stage_name[int32(st)]; !ok {
		f.add(ctx, at, i18n.F("%d is not a stage", "%d 不是阶段", st))
	}
	return dispatch.Stage(st)
}

// report checks every field and converts it; the category may be a code or a name.
func (s *server) report(ctx context.Context, f *faults, at string, r *wanggev1.Report) dispatch.Report {
	if r == nil {
		f.add(ctx, at, i18n.F("is missing", "缺失"))
		return dispatch.Report{}
	}
	if !safeID.MatchString(r.GetClientId()) {
		f.add(ctx, at+".client_id", i18n.F("write 1 to 64 letters, digits, '-', '_' or '.'", "应为 1 至 64 个字母、数字或 - _ ."))
	}
	code := s.needCategory(ctx, f, at+".category", r.GetCategory())
	if r.GetCapturedTime() == nil {
		f.add(ctx, at+".captured_time", i18n.F("is missing", "缺失"))
	}
	captured := phoneTime(ctx, f, at+".captured_time", r.GetCapturedTime())
	phone := phoneTime(ctx, f, at+".phone_time", r.GetPhoneTime())
	src := dispatch.Source(r.GetSource())
	if src < dispatch.SourceInspector || src >= dispatch.SourceImport {
		f.add(ctx, at+".source", i18n.F("is not set, or not one that a phone may send", "未设置或不允许"))
	}
	return dispatch.Report{
		ClientID: r.GetClientId(), Reporter: auth.PersonOf(ctx), Source: src, Category: code, Condition: short(ctx, f, at+".condition", r.GetCondition(), maxName), Text: short(ctx, f, at+".text", r.GetText(), maxText),
		Position: s.position(ctx, f, at+".position", r.GetPosition()), CapturedAt: captured, PhoneAt: phone,
		PhotoHashes: photos(ctx, f, at+".photo_hashes", r.GetPhotoHashes()), AfterPhotos: photos(ctx, f, at+".after_photo_hashes", r.GetAfterPhotoHashes()), Joins: joins(ctx, f, at+".joins", r.GetJoins()),
	}
}

// phoneTime is an instant by a phone's clock, whatever the clock says; zero when there is none. An instant that
// a record can't hold becomes the nearest that it can.
func phoneTime(ctx context.Context, f *faults, at string, t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	if err := t.CheckValid(); err != nil {
		f.add(ctx, at, i18n.F("is not an instant", "不是有效时间"))
		return time.Time{}
	}
	switch out := t.AsTime(); {
	case out.Before(earliest):
		return earliest
	case out.After(latest):
		return latest
	case out.Equal(time.Unix(0, 0)): // a record takes it for none
		return out.Add(-time.Nanosecond)
	default:
		return out
	}
}

// joins is the case that a report says it repeats; none when it says nothing.
func joins(ctx context.Context, f *faults, at, text string) dispatch.CaseID {
	if text == "" {
		return 0
	}
	return caseID(ctx, f, at, text)
}

func caseID(ctx context.Context, f *faults, at, name string) dispatch.CaseID {
	number, ok := strings.CutPrefix(name, "cases/")
	id, err := dispatch.ParseCaseID(number)
	if !ok || err != nil {
		f.add(ctx, at, i18n.F("%q: write cases/20261123-000417", "%q：请写成 cases/20261123-000417", clip(name)))
	}
	return id
}

func etag(seq uint64) string { return strconv.FormatUint(seq, 10) }

// act checks what every act carries.
func act(ctx context.Context, f *faults, a *wanggev1.ActContext) (id dispatch.CaseID, seq uint64, cmd dispatch.Command) {
	id = caseID(ctx, f, "act.name", a.GetName())
	if a.GetEtag() != "" {
		var err error
		if seq, err = strconv.ParseUint(a.GetEtag(), 10, 64); err != nil || seq == 0 {
			f.add(ctx, "act.etag", i18n.F("%q is not an etag of a case", "%q 不是案件的 etag", clip(a.GetEtag())))
		}
	}
	if !safeID.MatchString(a.GetRequestId()) {
		f.add(ctx, "act.request_id", i18n.F("write 1 to 64 letters, digits, '-', '_' or '.'", "应为 1 至 64 个字母、数字或 - _ ."))
	}
	return id, seq, dispatch.Command{Note: short(ctx, f, "act.note", a.GetNote(), maxText)}
}

func unit(ctx context.Context, f *faults, at, text string) roster.Unit {
	u, err := roster.ParseUnit(text)
	if err != nil {
		f.add(ctx, at, i18n.F("%q: write area:ID or department:ID", "%q：请写成 area:编号 或 department:编号", clip(text)))
	}
	return u
}

func pageSize(ctx context.Context, f *faults, n int32, most int) int {
	if n < 0 || int(n) > most {
		f.add(ctx, "page_size", i18n.F("%[1]d is not within 0 to %[2]d", "%[1]d 不在 0 到 %[2]d 之间", n, most))
	}
	return int(n)
}
