package compile

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/compile/filing"
	"wangge/dispatch/city/compile/platforms"
	"wangge/dispatch/city/compile/quiet"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// defaults holds the defaults for keys that city.yaml omits.
var defaults = defaultsYAML{
	VerifyMinutes: 30, ArbitrateHours: 24, ReopenDays: 15, AppealDays: 15, SuspendDays: 366, ExtendPercent: 100, DuplicateM: 50,
	DuplicateHours: 24, RecentHours: 72, CheckWithinM: 100,
}

// defaultsYAML is the form of city.Defaults in city.yaml.
type defaultsYAML struct {
	AcceptMinutes   int     `yaml:"accept_minutes"`
	DispatchMinutes int     `yaml:"dispatch_minutes"`
	CheckHours      int     `yaml:"check_hours"`
	ReturnHours     int     `yaml:"return_hours"`
	NearBorderM     float64 `yaml:"near_border_m"`

	VerifyMinutes  int      `yaml:"verify_minutes"`
	ArbitrateHours int      `yaml:"arbitrate_hours"`
	ReopenDays     int      `yaml:"reopen_days"`
	AppealDays     int      `yaml:"appeal_days"`
	SuspendDays    int      `yaml:"suspend_days"`
	ExtendPercent  int      `yaml:"extend_percent"`
	DuplicateM     float64  `yaml:"duplicate_m"`
	DuplicateHours int      `yaml:"duplicate_hours"`
	RecentHours    int      `yaml:"recent_hours"`
	CheckWithinM   float64  `yaml:"check_within_m"`
	CheckPhotos    bool     `yaml:"check_photos"`
	VerifySources  []string `yaml:"verify_sources"`
	UrgentByDay    bool     `yaml:"urgent_by_day"`

	ReceiptMinutes city.ReceiptMinutes `yaml:"receipt_minutes"`

	Arbitrate    calendar.Limit    `yaml:"arbitrate"`
	JointMeeting city.JointMeeting `yaml:"joint_meeting"`

	SecondDispatchMinutes int `yaml:"second_dispatch_minutes"`
}

// process checks the defaults.
func process(d city.Defaults, need needs) {
	const month = 31 * 24
	for _, n := range []struct {
		key         string
		value       float64
		least, most float64
		example     string
	}{
		{"accept_minutes", float64(d.AcceptMinutes), 1, 60 * month, "30"},
		{"dispatch_minutes", float64(d.DispatchMinutes), 1, 60 * month, "15"},
		{"check_hours", float64(d.CheckHours), 1, month, "2"},
		{"return_hours", float64(d.ReturnHours), 1, month, "4"},
		{"verify_minutes", float64(d.VerifyMinutes), 1, 60 * month, "30"},
		{"arbitrate_hours", float64(d.ArbitrateHours), 1, month, "24"},
		{"reopen_days", float64(d.ReopenDays), 1, 366, "15"},
		{"appeal_days", float64(d.AppealDays), 1, 366, "15"},
		{"suspend_days", float64(d.SuspendDays), 1, 366, "366"},
		{"extend_percent", float64(d.ExtendPercent), 1, 300, "100"},
		{"duplicate_m", d.DuplicateM, 0, 5000, "50"},
		{"duplicate_hours", float64(d.DuplicateHours), 1, month, "24"},
		{"recent_hours", float64(d.RecentHours), 1, month, "72"},
		{"second_dispatch_minutes", float64(d.SecondDispatchMinutes), 0, 60 * month, "30"},
		{"check_within_m", d.CheckWithinM, 0, 5000, "100"},
	} {
		need.within(n.value, n.least, n.most, "defaults "+n.key, n.example)
	}
	need.key(d.NearBorderM >= 0, "defaults near_border_m", "30")
	known := []string{"hotline", "public", "media", "leader", "video"}
	unknown := func(s string) bool { return !slices.Contains(known, s) }
	need.key(!slices.ContainsFunc(d.VerifySources, unknown), "defaults verify_sources", "["+strings.Join(known, ", ")+"]")
}

// receipts checks the limits of receipts.
func (l *loader) receipts(m city.ReceiptMinutes) {
	const file = "city.yaml"
	for s, name := range []string{"A", "B", "C"} {
		n := m.Of(catalog.SeverityA + catalog.Severity(s))
		if n >= 0 && n <= city.MaxReceiptMinutes {
			continue
		}
		l.Add(file, diag.At(l.document(file), "defaults", "receipt_minutes", name),
			i18n.F("defaults receipt_minutes: %[2]d for severity %[1]s is not within 0 to %[3]d minutes", "defaults receipt_minutes：%[1]s 级为 %[2]d，不在 0 到 %[3]d 分钟之间", name, n, city.MaxReceiptMinutes),
			i18n.F("write receipt_minutes: {A: 10, B: 60, C: 0}; 0 asks for no receipt", "请写 receipt_minutes: {A: 10, B: 60, C: 0}；0 表示不要求签收"))
	}
}

// quietHours reads the hours in which alarms are held.
func (l *loader) quietHours(value any) {
	const file = "city.yaml"
	q, ok := quiet.Read(value)
	if !ok {
		l.Add(file, diag.At(l.document(file), "quiet_hours"), i18n.F("quiet_hours is neither none nor a time from and a time to", "quiet_hours 既不是 none，也不是起止时间"), i18n.F(`write quiet_hours: {from: "22:00", to: "06:30"}, or quiet_hours: none`, `请写 quiet_hours: {from: "22:00", to: "06:30"}，或 quiet_hours: none`))
	}
	l.c.Quiet = q
}

// channels reads the channels of the city's service.
func (l *loader) channels(list []string) {
	const file = "city.yaml"
	for i, ch := range list {
		if !slices.Contains(city.Channels, ch) {
			l.Add(file, diag.At(l.document(file), "channels", i), i18n.F("channels: %q is unknown", "channels：渠道 %q 未知", ch), diag.Suggest(ch, city.Channels))
		}
	}
	l.c.Channels = list
}

type headYAML struct {
	Name           string
	NameEn         string `yaml:"name_en"`
	Code           string
	TimeZone       string `yaml:"time_zone"`
	Languages      []string
	CellResolution int `yaml:"cell_resolution"`
	Levels         []string
	TableVersion   string `yaml:"table_version"`
	Public         bool
	Channels       []string
	Accept         []acceptYAML
	Platforms      []platforms.Setting
	OffHours       []struct{ Units, Answers string } `yaml:"off_hours"`
	QuietHours     any                               `yaml:"quiet_hours"`
	Filing         []filing.Entry
	Defaults       defaultsYAML
}

func (l *loader) head() bool {
	const file = "city.yaml"
	var y headYAML
	y.Defaults = defaults
	if !l.yaml(file, true, &y) && l.document(file) == nil { // a wrong key or value doesn't hide the faults of other files
		return false
	}
	need := needs{l.document(file), &l.List}
	loc, err := time.LoadLocation(y.TimeZone)
	need.key(y.Name != "", "name", "哈尔滨市")
	need.key(y.NameEn != "", "name_en", "Harbin")
	need.key(y.Code != "", "code", "HRB")
	need.key(err == nil && y.TimeZone != "" && y.TimeZone != "Local", "time_zone", "Asia/Shanghai")
	need.key(y.CellResolution >= 5 && y.CellResolution <= 13, "cell_resolution", "10")
	need.key(len(y.Levels) > 0 && len(slices.Compact(slices.Sorted(slices.Values(y.Levels)))) == len(y.Levels), "levels",
		"[city, district, street, community]")
	need.key(y.TableVersion != "", "table_version", "2026.1")
	l.accept, l.filing, l.settings = y.Accept, y.Filing, y.Platforms
	d := y.Defaults
	process(city.Defaults(d), need)
	l.receipts(d.ReceiptMinutes)
	l.quietHours(y.QuietHours)
	l.channels(y.Channels)
	l.c.Name, l.c.NameEn, l.c.Code, l.c.TableVersion = y.Name, y.NameEn, y.Code, y.TableVersion
	l.c.Public = y.Public
	l.c.Language = firstLanguage(y.Languages)
	l.Location = loc
	l.c.Location, l.c.Levels, l.c.Resolution, l.c.Defaults = loc, y.Levels, y.CellResolution, city.Defaults(d)
	for _, o := range y.OffHours {
		l.c.OffHours = append(l.c.OffHours, city.OffHours(o))
	}
	return err == nil && len(y.Levels) > 0 && y.CellResolution >= 5 && y.CellResolution <= 13 // enough to continue
}

// firstLanguage is the first of a city's languages in which there are messages: Chinese or English; English when the city
// names neither.
func firstLanguage(languages []string) string {
	for _, lang := range languages {
		if lang == "zh" || lang == "en" {
			return lang
		}
	}
	return "en"
}

// jointMeeting checks that somebody can rule for the joint meeting.
func (l *loader) jointMeeting() {
	const file = "city.yaml"
	j := l.c.Defaults.JointMeeting
	if j.Unit == "" {
		if j.Limit.N > 0 {
			l.Add(file, diag.At(l.document(file), "defaults", "joint_meeting"), i18n.F("joint_meeting has a limit and no unit", "joint_meeting 只有 limit 没有 unit"), i18n.F("write joint_meeting: {unit: department:CGW, limit: 5 work_days}", "请写 joint_meeting: {unit: department:CGW, limit: 5 work_days}"))
		}
		return
	}
	u, err := roster.ParseUnit(j.Unit)
	_, arbiter := l.c.Roster.Post(u, roster.Arbiter)
	_, leader := l.c.Roster.Post(u, roster.Leader)
	at := diag.At(l.document(file), "defaults", "joint_meeting", "unit")
	instead := i18n.F("write a unit of posts.csv with a row of the role arbiter", "请填写 posts.csv 中设有 arbiter（裁定员）岗位的单位")
	switch {
	case err != nil || !l.c.Exists(u):
		l.Add(file, at, i18n.F("joint_meeting: unit %q does not exist", "joint_meeting：单位 %q 不存在", j.Unit), instead)
	case !arbiter && !leader:
		l.Add(file, at, i18n.F("joint_meeting: %q has neither an arbiter nor a leader", "joint_meeting：%q 没有裁定员或领导岗位", j.Unit), instead)
	}
}

// offHours checks the off-hours rules of city.yaml.
func (l *loader) offHours() {
	const file = "city.yaml"
	for i, o := range l.c.OffHours {
		kind, id, _ := strings.Cut(o.Units, ":")
		u, err := roster.ParseUnit(o.Units)
		if o.Units != "*" && !(id == "*" && slices.Contains([]string{"area", "department", "section", "point"}, kind)) &&
			(err != nil || !l.c.Exists(u)) {
			l.Add(file, diag.At(l.document(file), "off_hours", i, "units"), i18n.F("off_hours %[1]d: units %[2]q name nothing", "off_hours 第 %[1]d 条：units %[2]q 不存在", i+1, o.Units), i18n.F(`write "department:*", "area:*", "*" or one unit`, `请写 "department:*"、"area:*"、"*" 或某个单位`))
		}
		if o.Answers != city.Superior && l.c.UnitOf(roster.PostID(o.Answers)) == (roster.Unit{}) {
			l.Add(file, diag.At(l.document(file), "off_hours", i, "answers"), i18n.F("off_hours %[1]d: nobody holds the post %[2]q", "off_hours 第 %[1]d 条：岗位 %[2]q 无人担任", i+1, o.Answers), i18n.F("write superior, or a post of posts.csv: duty_chief@area:%s", "请写 superior，或 posts.csv 中的岗位：duty_chief@area:%s", l.c.Root))
		}
	}
}
