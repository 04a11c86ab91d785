// Package written writes files of an invented city.
package written

import (
	"fmt"
	"strings"
)

// StopLimit is a row of limits.csv: a limit that counts from the stop of a campaign.
type StopLimit struct {
	Codes    []string
	Campaign string
	Grade    string // "" = any
	N        int
	Unit     string
}

// The campaigns of a city, the categories of each, and the limits that count from their stop. They are read only.
var (
	Campaigns  = []string{"snow", "wind"}
	Driven     = map[string]string{"E001": "snow", "E003": "snow", "E004": "snow", "E007": "snow", "E000": "wind", "E005": "wind"}
	StopLimits = []StopLimit{
		{[]string{"E001", "E004"}, "snow", "heavy", 9, "hours"},
		{[]string{"E001", "E007"}, "snow", "", 3, "work_days"},
		{[]string{"E005"}, "wind", "", 20, "work_hours"},
	}
)

// Grades are the grades of a campaign; nil = none.
func Grades(campaign string) []string {
	if campaign == "snow" {
		return []string{"light", "heavy"}
	}
	return nil
}

// CampaignFiles are the files of a city with campaigns.
func CampaignFiles() map[string][]byte {
	return map[string][]byte{
		"campaigns.csv": []byte("id,name,name_en,categories,grades,after_days,note\n" +
			"snow,清雪,Snow,\"E001,E003,E004,E007\",light heavy,3,\nwind,大风,Wind,\"E000,E005\",,1,\n"),
		"limits.csv": []byte("category,campaign,grade,limit,limit_unit\n" +
			"\"E001,E004\",snow,heavy,9,hours\n\"E001,E007\",snow,,3,work_days\nE005,wind,,20,work_hours\n"),
	}
}

// Rules is the file of the rules of dispatch. In a city with platforms, the city dispatches to the district's platform, which
// dispatches to a street or to a department; in one whose platforms are co-owners, too, that of the district has a part, and gives
// the part on.
func Rules(platforms, partly bool) []byte {
	helper := "block:street"
	if partly {
		helper = "platform:district"
	}
	var b strings.Builder
	b.WriteString("order,category,area,near,within_m,from,to,owner,co_owners,note,platform\n")
	fmt.Fprintf(&b, "10,E001,,,,,,line:WATER,%s(围挡现场),,\n", helper)
	b.WriteString("20,E002,,,,,,line:LIGHT,line:WATER(停水) block:district,,\n25,E003,,,,,,block:street,line:LIGHT(断电),,\n")
	if platforms {
		b.WriteString("27,\"E006,E007,E008\",,,,,,platform:district,,,\n110,E008,,,,,,line:LIGHT,,,district\n190,*,,,,,,block:street,,,district\n")
	}
	b.WriteString("300,*,,,,,,block:street,,,\n")
	return []byte(b.String())
}

// Step is a step of an escalation policy: at a share of the limit, or a span from an instant.
type Step struct {
	From    string // after, overdue_by, every: again after the step below; "" = a share
	Span    string
	Percent int
}

// Ladder is an escalation policy as a part of ladders.yaml. first begins the file.
func Ladder(name, forCases string, first bool, steps []Step, nudge string, most int) string {
	recipients := []string{"owner", "level:district", "superior", "superior_2", "city_leader"} // the district's leader may be away
	var b strings.Builder
	if first {
		b.WriteString("ladders:\n")
	}
	fmt.Fprintf(&b, "  - name: %s\n%s    steps:\n", name, forCases)
	for i, r := range steps {
		if r.From == "every" {
			continue // a repeat of the step below
		}
		when, repeat := fmt.Sprintf("at_percent: %d", r.Percent), ""
		if r.From != "" {
			when = fmt.Sprintf("%s: %s", r.From, r.Span)
		}
		for again := 0; i+again+1 < len(steps) && steps[i+again+1].From == "every"; again++ {
			repeat = fmt.Sprintf(", repeat: {every: %s, at_most: %d}", steps[i+1].Span, again+1)
		}
		fmt.Fprintf(&b, "      - {%s, light: red, whom: %s%s}\n", when, recipients[i], repeat)
	}
	if nudge != "" {
		fmt.Fprintf(&b, "    nudge: {after: %s, whom: owner, at_most: %d}\n", nudge, most)
	}
	return b.String()
}
