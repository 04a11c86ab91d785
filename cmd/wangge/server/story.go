package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/i18n"
	"wangge/grid"
	"wangge/storage/bolt"
)

// storyClock shows the same time until the story moves it.
type storyClock struct{ now time.Time }

func (c *storyClock) Now() time.Time { return c.now }

func (c *storyClock) NewTimer(time.Duration) (<-chan time.Time, func() bool) {
	return make(chan time.Time), func() bool { return true }
}

// lights are the lights of the escalation policy in Chinese.
var lights = map[string]string{"green": "绿", "yellow": "黄", "red": "红"}

// reasons say why a person is told of an event of the day; a step of the ladder needs none.
var reasons = map[dispatch.NotifiedAs]i18n.Text{
	dispatch.AsOwner: i18n.F("owner", "责任人"), dispatch.AsCoOwner: i18n.F("co-owner", "协办人"),
	dispatch.AsNext: i18n.F("next to act", "下一环节"), dispatch.AsReporter: i18n.F("reporter", "上报人"),
	dispatch.AsFormer: i18n.F("part ended", "任务终止"),
}

// story is the state of the day that is told.
type story struct {
	ctx   context.Context
	o     *cli.Options
	out   io.Writer
	c     *city.City
	d     *desk.Desk
	clock *storyClock
	told  map[dispatch.CaseID]uint64 // the last event told of each case
	tally struct {
		Reports     int `json:"reports"`
		Cases       int `json:"cases"`
		Overdue     int `json:"overdue"`
		Escalations int `json:"escalations"`
		Closed      int `json:"closed"`
	}
	err error // the first failure; every later step does nothing
}

// tellDay tells a day of Harbin over a store at path.
func tellDay(ctx context.Context, o *cli.Options, out io.Writer, path string) (err error) {
	fsys, err := cli.CityDirectory("harbin")
	if err != nil {
		return err
	}
	c, faults := compile.FS(fsys)
	if len(faults) > 0 {
		return cli.Failure(i18n.Errorf("the built-in city has %d {fault|faults}; see wangge city check harbin", "内置城市有 %d 处错误，见 wangge city check harbin", len(faults)))
	}
	store, err := bolt.Open(path) //nolint:contextcheck // the writer of the store lives until Close
	if err != nil {
		return cli.Failure(err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	clock := &storyClock{time.Date(2026, 11, 23, 8, 40, 0, 0, c.Location)}
	d, err := desk.Open(ctx, desk.Config{Store: store, City: c, Clock: clock})
	if err != nil {
		return cli.Failure(err)
	}
	defer d.Close()
	s := &story{ctx: ctx, o: o, out: out, c: c, d: d, clock: clock, told: map[dispatch.CaseID]uint64{}}
	s.tell()
	if s.err != nil {
		return cli.Failure(s.err)
	}
	return json.NewEncoder(out).Encode(s.tally)
}

// tell tells the day: a case that runs straight through, a return, a report that nobody acts on, and one from outside the city.
func (s *story) tell() {
	s.say("%[2]s, %[3]s", "%[1]s，%[3]s", s.c.Name, s.c.NameEn, s.clock.now.Format(time.DateOnly))
	s.say("Real: districts, names of streets and communities, categories. Made up: borders below the district, people, limits.",
		"真实：区界、街道与社区名称、案件类别；示意：区以下边界、人员、时限。")
	light := s.file("phone-1", "p-230102-inspector-1", dispatch.SourceInspector, 45.755, 126.600, "C0106")
	hotline := s.file("phone-2", "p-acceptor-2", dispatch.SourceHotline, 45.735, 126.680, "E0114")
	s.file("phone-3", "p-230104-inspector-1", dispatch.SourceInspector, 45.800, 126.680, "E0401")
	s.file("phone-4", "p-230102-inspector-1", dispatch.SourceInspector, 39.904, 116.407, "C0101")

	s.at("08:45")
	s.act(light, "", dispatch.Command{Act: dispatch.ActAcknowledge})
	s.at("08:50")
	s.act(hotline, "p-acceptor-3", dispatch.Command{Act: dispatch.ActAccept})
	s.act(hotline, "p-dispatcher-1", dispatch.Command{Act: dispatch.ActDispatch})
	s.at("09:10")
	s.act(hotline, "", dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NeedInformation})
	s.act(hotline, "p-dispatcher-1", dispatch.Command{Act: dispatch.ActDispatch})
	s.act(light, "", dispatch.Command{Act: dispatch.ActStart})
	s.at("09:20")
	s.act(hotline, "", dispatch.Command{Act: dispatch.ActAcknowledge})
	s.at("10:30")
	after := []string{"2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea"} // SHA-256 of a picture
	there := &grid.Position{Lat: 45.755, Lng: 126.600, Datum: grid.WGS84, AccuracyM: 8}
	s.act(light, "", dispatch.Command{Act: dispatch.ActResolve, Photos: after})
	s.act(light, "", dispatch.Command{Act: dispatch.ActCheck, Passed: true, Position: there})
	s.at("11:00")
	s.act(light, "p-230102-inspector-1", dispatch.Command{Act: dispatch.ActCheck, Passed: true, Position: there})
	s.act(light, "p-acceptor-3", dispatch.Command{Act: dispatch.ActClose, Closing: "恢复照明", Outcome: dispatch.OutcomeFixed})
	s.at("14:30")
	s.overdue()
}

// say prints one line in the language of --lang.
func (s *story) say(en, zh string, args ...any) {
	if s.err == nil && !s.o.JSON {
		_, s.err = fmt.Fprintf(s.out, "%s  %s\n", s.clock.now.Format("15:04"), i18n.F(en, zh, args...).In(s.o.Lang))
	}
}

// at moves the clock minute by minute, fires the timers that are due on the way and prints the recipients.
func (s *story) at(hhmm string) {
	to, err := time.ParseInLocation("2006-01-02 15:04", s.clock.now.Format("2006-01-02 ")+hhmm, s.c.Location)
	if err != nil {
		s.err = err
	}
	for s.err == nil && s.clock.now.Before(to) {
		s.clock.now = s.clock.now.Add(time.Minute)
		for more := true; more && s.err == nil; {
			var fired int
			fired, more, s.err = s.d.FireDue(s.ctx, s.clock.now)
			if s.tally.Escalations += fired; fired > 0 {
				for _, id := range slices.Sorted(maps.Keys(s.told)) {
					s.notices(id)
				}
			}
		}
	}
}

// notices prints the recipients of the events of a case since the last call for the case: of a step with its light, else of the act.
func (s *story) notices(id dispatch.CaseID) {
	if s.err != nil {
		return
	}
	events, err := s.d.Events(s.ctx, "p-leader", id, s.told[id], 0)
	if err != nil {
		s.err = err
		return
	}
	for _, e := range events {
		s.told[id] = e.Seq
		var en, zh []string
		for n, who := range e.Notified {
			p, _ := s.c.Roster.Person(who)
			if as, ok := reasons[e.AsOf(n)]; ok {
				en, zh = append(en, fmt.Sprintf("%s (%s, %s)", p.Name, who, as.En)), append(zh, fmt.Sprintf("%s%s（%s）", as.Zh, p.Name, who))
			} else {
				en, zh = append(en, fmt.Sprintf("%s (%s)", p.Name, who)), append(zh, fmt.Sprintf("%s（%s）", p.Name, who))
			}
		}
		people := i18n.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}.In(s.o.Lang)
		switch {
		case e.Kind == dispatch.EventStepSkipped:
			s.say("%s  step %d finds nobody and is skipped", "%s  第 %d 级无人可通知，已跳过", id, e.Step+1)
		case len(e.Notified) == 0:
		case e.Kind == dispatch.EventReceiptMissed:
			s.say("%[1]s  not signed for, alarm %[2]d, told: %[3]s", "%[1]s  逾期未签收，第 %[2]d 次：通知%[3]s", id, e.Step+1, people)
		case e.Kind == dispatch.EventEscalated:
			s.say("%[1]s  %[2]s light, step %[3]d, told: %[4]s", "%[1]s  %[5]s灯，第 %[3]d 级：通知%[4]s", id, e.Light, e.Step+1, people, lights[e.Light])
		default:
			s.say("%s  told: %s", "%s  通知%s", id, people)
		}
	}
}

// file files a report and prints the case and the recipients; 0 if the report is refused.
func (s *story) file(id string, who roster.PersonID, src dispatch.Source, lat, lng float64, code catalog.Code) dispatch.CaseID {
	if s.err != nil {
		return 0
	}
	s.tally.Reports++
	condition := "" // that of the day's matters is the first
	if cat := s.c.Categories[code]; cat != nil {
		condition = cat.Conditions[0].ID
	}
	cs, _, err := s.d.File(s.ctx, who, dispatch.Report{
		ClientID: id, Reporter: who, Source: src, Category: code, Condition: condition,
		Position: grid.Position{Lat: lat, Lng: lng, Datum: grid.WGS84, AccuracyM: 8}, CapturedAt: s.clock.now.Add(-2 * time.Minute),
	})
	if outside, ok := errors.AsType[*grid.OutsideError](err); ok {
		near := s.c.UnitName(roster.Unit{Kind: roster.UnitArea, ID: string(outside.NearestArea)})
		s.say("a report is refused: outside the city, %[1]s is %.0[3]f km away", "一条上报被拒绝：位于城市之外，距%[2]s %.0[3]f 公里", near.En, near.Zh, outside.DistanceM/1000)
		return 0
	}
	if err != nil {
		s.err = err
		return 0
	}
	s.tally.Cases++
	s.told[cs.ID] = 0
	place := s.c.UnitName(roster.Unit{Kind: roster.UnitArea, ID: string(cs.Place.Areas[len(cs.Place.Areas)-1])})
	cat := s.c.Categories[code]
	s.say("%[1]s  %[2]s in %[3]s: %[4]s", "%[1]s  %[3]s，%[2]s：%[4]s",
		cs.ID, i18n.Text{En: cat.NameEn, Zh: cat.Name}.In(s.o.Lang), place.In(s.o.Lang), s.state(cs))
	s.notices(cs.ID)
	return cs.ID
}

// state is the stage of a case with its owner and deadline.
func (s *story) state(cs *dispatch.Case) string {
	text := cs.Stage.Words()
	if cs.Owner.Post != "" {
		person, _ := s.c.Roster.OnDuty(cs.Owner.Post, s.clock.now)
		p, _ := s.c.Roster.Person(person)
		unit := s.c.UnitName(cs.Owner.Unit)
		text = i18n.F("%[1]s, %[3]s (%[5]s) by %[6]s", "%[2]s，%[4]s（%[5]s），依据 %[6]s", text.En, text.Zh, unit.En, unit.Zh, p.Name, cs.Rule)
	}
	if cs.Clock.Running() {
		due := cs.Clock.Due.In(s.c.Location)
		text = i18n.F("%[1]s, due %[3]s", "%[2]s，时限 %[4]s", text.En, text.Zh, due.Format("Mon 15:04"), due.Format("1月2日 15:04"))
	}
	return text.In(s.o.Lang)
}

// act does an act as a person; "" is the person on duty at the post of the owner. A refusal is printed as part of the story.
func (s *story) act(id dispatch.CaseID, who roster.PersonID, cmd dispatch.Command) {
	if s.err != nil {
		return
	}
	before, err := s.d.Case(s.ctx, "p-leader", id)
	if err != nil {
		s.err = err
		return
	}
	if who == "" {
		who, _ = s.c.Roster.OnDuty(before.Owner.Post, s.clock.now)
	}
	cs, err := s.d.Act(s.ctx, who, id, before.Seq, fmt.Sprintf("%s-%d", cmd.Act, before.Seq), cmd)
	var refused *dispatch.RefusedError
	var denied *dispatch.NotAllowedError
	switch {
	case errors.As(err, &refused):
		s.refused(id, who, cmd.Act, refused.Why)
	case errors.As(err, &denied):
		s.refused(id, who, cmd.Act, denied.Why)
	case err != nil:
		s.err = err
	default:
		if cs.Stage == dispatch.Closed {
			s.tally.Closed++
		}
		s.say("%[1]s  %[3]s by %[2]s: %[5]s", "%[1]s  %[2]s %[4]s：%[5]s", id, who, cmd.Act, cmd.Act.Text().Zh, s.state(cs))
		s.notices(id)
	}
}

// refused prints a refusal.
func (s *story) refused(id dispatch.CaseID, who roster.PersonID, act dispatch.Act, why i18n.Text) {
	s.say("%[1]s  %[3]s by %[2]s is refused: %[5]s", "%[1]s  %[2]s %[4]s被拒绝：%[6]s", id, who, act, act.Text().Zh, why.En, why.Zh)
}

// overdue prints what is overdue in the city.
func (s *story) overdue() {
	if s.err != nil {
		return
	}
	page, err := s.d.Overdue(s.ctx, "p-leader", view.Query{
		Scope: roster.Unit{Kind: roster.UnitArea, ID: string(s.c.Root)}, OverdueAt: s.clock.now,
	})
	if err != nil {
		s.err = err
		return
	}
	s.tally.Overdue = len(page.Cases)
	s.say("overdue in the whole city: %d", "全市超时案件：%d 件", len(page.Cases))
	for _, cs := range page.Cases {
		s.say("%s  %s late, escalation step %d: %s", "%s  已超时 %s，升级第 %d 级：%s", cs.ID, i18n.Lasting(s.clock.now.Sub(cs.Clock.Due).Round(time.Minute)).In(s.o.Lang), cs.NextStep, s.state(cs))
	}
}
