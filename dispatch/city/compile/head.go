package compile

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/compile/platforms"
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

	SecondDispatchMinutes int `yaml:"second_dispatch_minutes"`
}

// process checks the optional defaults.
func (l *loader) process(d city.Defaults, need func(ok bool, key, example string)) {
	within := func(n, most int) bool { return n > 0 && n <= most }
	const month = 31 * 24
	need(within(d.VerifyMinutes, 60*month), "defaults verify_minutes", "30")
	need(within(d.ArbitrateHours, month), "defaults arbitrate_hours", "24")
	need(within(d.ReopenDays, 366), "defaults reopen_days", "15")
	need(within(d.AppealDays, 366), "defaults appeal_days", "15")
	need(within(d.SuspendDays, 366), "defaults suspend_days", "366")
	need(within(d.ExtendPercent, 300), "defaults extend_percent", "100")
	need(d.DuplicateM >= 0 && d.DuplicateM <= 5000, "defaults duplicate_m", "50")
	need(within(d.DuplicateHours, month), "defaults duplicate_hours", "24")
	need(within(d.RecentHours, month), "defaults recent_hours", "72")
	need(d.SecondDispatchMinutes >= 0 && d.SecondDispatchMinutes <= 60*month, "defaults second_dispatch_minutes", "30")
	need(d.CheckWithinM >= 0 && d.CheckWithinM <= 5000, "defaults check_within_m", "100")
	for _, s := range d.VerifySources {
		need(slices.Contains([]string{"hotline", "public", "media", "leader", "video"}, s), "defaults verify_sources", "[public, media]")
	}
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
	Accept         []acceptYAML
	Platforms      []platforms.Setting
	OffHours       []struct{ Units, Answers string } `yaml:"off_hours"`
	Defaults       defaultsYAML
}

func (l *loader) head() bool {
	const file = "city.yaml"
	var y headYAML
	y.Defaults = defaults
	if !l.yaml(file, true, &y) {
		return false
	}
	need := func(ok bool, key, example string) {
		if !ok {
			l.Add(file, 0, i18n.F("%s is missing or wrong", "%s 缺失或有误", key), i18n.F("write %s: %s", "请写 %s: %s", key, example))
		}
	}
	loc, err := time.LoadLocation(y.TimeZone)
	need(y.Name != "", "name", "哈尔滨市")
	need(y.NameEn != "", "name_en", "Harbin")
	need(y.Code != "", "code", "HRB")
	need(err == nil && y.TimeZone != "" && y.TimeZone != "Local", "time_zone", "Asia/Shanghai")
	need(y.CellResolution >= 5 && y.CellResolution <= 13, "cell_resolution", "10")
	need(len(y.Levels) > 0 && len(slices.Compact(slices.Sorted(slices.Values(y.Levels)))) == len(y.Levels), "levels",
		"[city, district, street, community]")
	need(y.TableVersion != "", "table_version", "2026.1")
	l.accept, l.settings = y.Accept, y.Platforms
	d := y.Defaults
	within := func(n, most int) bool { return n > 0 && n <= most }
	const month = 31 * 24
	need(within(d.AcceptMinutes, 60*month) && within(d.DispatchMinutes, 60*month) && within(d.CheckHours, month) && within(d.ReturnHours, month) && d.NearBorderM >= 0, "defaults", "{accept_minutes: 30, dispatch_minutes: 15, check_hours: 2, return_hours: 4, near_border_m: 30}")
	l.process(city.Defaults(d), need)
	l.receipts(d.ReceiptMinutes)
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

// offHours checks the off-hours rules of city.yaml.
func (l *loader) offHours() {
	const file = "city.yaml"
	for i, o := range l.c.OffHours {
		kind, id, _ := strings.Cut(o.Units, ":")
		u, err := roster.ParseUnit(o.Units)
		if o.Units != "*" && !(id == "*" && slices.Contains([]string{"area", "department", "section", "point"}, kind)) &&
			(err != nil || !l.c.Exists(u)) {
			l.Add(file, 0, i18n.F("off_hours %[1]d: units %[2]q name nothing", "off_hours 第 %[1]d 条：units %[2]q 不存在", i+1, o.Units), i18n.F(`write "department:*", "area:*", "*" or one unit`, `请写 "department:*"、"area:*"、"*" 或某个单位`))
		}
		if o.Answers != city.Superior && l.c.UnitOf(roster.PostID(o.Answers)) == (roster.Unit{}) {
			l.Add(file, 0, i18n.F("off_hours %[1]d: nobody holds the post %[2]q", "off_hours 第 %[1]d 条：岗位 %[2]q 无人担任", i+1, o.Answers), i18n.F("write superior, or a post of posts.csv: duty_chief@area:%s", "请写 superior，或 posts.csv 中的岗位：duty_chief@area:%s", l.c.Root))
		}
	}
}
