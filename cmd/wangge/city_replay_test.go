package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/records"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// A month of real july under two revisions: graffiti go to another department, two districts
// trade their ground, rubbish has other limits. The figures are those of counting one by one.
func TestReplay_MonthUnderTwoRevisions(t *testing.T) {
	t.Parallel()
	first, at := plainBoston(t), plainBoston(t)
	replace(t, filepath.Join(at, "rules.csv"), "graffiti/*,,,,,,line:PROP", "graffiti/*,,,,,,line:PWDx")
	areas := filepath.Join(at, "areas.geojson")
	replace(t, areas, `"id":"E5"`, `"id":"swap"`)
	replace(t, areas, `"id":"E18"`, `"id":"E5"`)
	replace(t, areas, `"id":"swap"`, `"id":"E18"`)
	const events = "../../dispatch/city/cities/boston/events/boston311-2011.csv.gz"
	out, _ := wangge(t, exitOK, "city", "replay", first, at, events, "--format", "boston311", "--from", "2011-07-01", "--to", "2011-08-01", "--json")
	type ownerShift struct {
		From, To string
		Cases    int
	}
	type balance struct {
		Unit         string
		Gained, Lost int
	}
	var got struct {
		Records, Refused, Owners, Grounds, Deadlines int
		Shifts                                       []ownerShift `json:"owner_shifts"`
		Balances                                     []balance    `json:"ground_balances"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	was, faults := compile.FS(os.DirFS(first))
	if faults != nil {
		t.Fatal(faults)
	}
	july, graffiti, traded := 0, 0, map[string]int{}
	err := records.NewReader(was, was.Formats["boston311"], "en", cli.NewProgress(os.Stderr)).Read(events, func(batch []records.Record) error {
		for _, p := range batch {
			r := p.Import.Report
			if p.Unreadable != (i18n.Text{}) || r.ReceivedAt.Format("2006-01") != "2011-07" {
				continue
			}
			july++
			place, err := routing.PlaceOf(was, grid.Position{Lat: r.Position.Lat, Lng: r.Position.Lng, Datum: r.Position.Datum})
			if err != nil {
				continue
			}
			if strings.HasPrefix(string(r.Category), "graffiti/") {
				graffiti++
			}
			if id := string(place.Areas[len(place.Areas)-1]); id == "E5" || id == "E18" {
				traded[id]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Records != july || july < 5000 || got.Owners != graffiti || graffiti == 0 || len(got.Shifts) != 1 || got.Shifts[0] != (ownerShift{"department:PROP", "department:PWDx", graffiti}) {
		t.Errorf("replay of %d july = %+v, want %d graffiti from PROP to PWDx", july, got, graffiti)
	}
	if traded["E5"] == 0 || traded["E18"] == 0 || got.Grounds != traded["E5"]+traded["E18"] || len(got.Balances) != 2 || got.Balances[0].Unit != "area:E18" || got.Balances[0].Gained != traded["E5"] || got.Balances[0].Lost != traded["E18"] || got.Deadlines != 0 {
		t.Errorf("ground = %+v, want %v to trade places", got, traded)
	}
}
