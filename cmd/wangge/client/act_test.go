package client

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/client/caseview"
	"wangge/dispatch/lifecycle"

	"github.com/spf13/cobra"
)

// parsed reads a command line of case act as the command does, up to the request.
func parsed(t *testing.T, line string) (*wanggev1.BatchActOnCasesRequest, error) {
	t.Helper()
	var a actFlags
	cmd := &cobra.Command{}
	a.add(cmd)
	if err := cmd.ParseFlags(strings.Fields(line)); err != nil {
		t.Fatal(err)
	}
	return a.message(cmd.Flags().Args())
}

const one = "20261123-000417 "

func TestCaseAct_FlagsFillTheAct(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"start":                                        `{"start": {}}`,
		"start --handler p-17":                         `{"start": {"handler": "people/p-17"}}`,
		"start --handler people/p-17":                  `{"start": {"handler": "people/p-17"}}`,
		"dispatch --unit department:GREEN":             `{"dispatch": {"unit": "departments/GREEN"}}`,
		"dispatch --unit departments/GREEN":            `{"dispatch": {"unit": "departments/GREEN"}}`,
		"assist --unit point:school-12 --photo ab":     `{"assist": {"unit": "points/school-12", "photo_hashes": ["ab"]}}`,
		"reroute --unit elsewhere --note x":            `{"note": "x", "reroute": {"unit": "elsewhere"}}`, // the server says what is wrong
		"reach --milestone safe --photo ab --photo cd": `{"complete_milestone": {"milestone": "safe", "photo_hashes": ["ab", "cd"]}}`,
		"return --reason not_my_line":                  `{"return": {"reason": "RETURN_REASON_NOT_MY_LINE"}}`,
		"check --failed --at 45.5,126.25":              `{"check": {"passed": false, "position": {"latitude": 45.5, "longitude": 126.25, "datum": "DATUM_WGS84"}}}`,
		"confirm --passed":                             `{"confirm": {"passed": true}}`,
		"decide_appeal --denied":                       `{"decide_appeal": {"granted": false}}`,
		"close --closing mended --outcome not_fixed":   `{"close": {"closing": "mended", "outcome": "OUTCOME_NOT_FIXED"}}`,
		"merge --target 20261123-000001":               `{"merge": {"target": "cases/20261123-000001"}}`,
		"reply --satisfaction satisfied":               `{"reply": {"satisfaction": "SATISFACTION_SATISFIED"}}`,
		"arbitrate --radius 50 --categories E01":       `{"arbitrate": {"radius_m": 50, "categories": ["E01"]}}`,
		"escalate --to superior":                       `{"escalate": {"recipient": {"superior": 1}}}`,
		"escalate --to superior_2":                     `{"escalate": {"recipient": {"superior": 2}}}`,
		"escalate --to level:district":                 `{"escalate": {"recipient": {"level": "district"}}}`,
		"escalate --to city_leader":                    `{"escalate": {"recipient": {"city_leader": true}}}`,
		"escalate --to co_owners":                      `{"escalate": {"recipient": {"co_owners": true}}}`,
		"escalate --to duty_chief":                     `{"escalate": {"recipient": {"role": "duty_chief"}}}`,
		"escalate --to post:leader@area:230102":        `{"escalate": {"recipient": {"post": "areas/230102/posts/leader"}}}`,
		"escalate --to post:areas/1/posts/leader":      `{"escalate": {"recipient": {"post": "areas/1/posts/leader"}}}`,
		"suspend --until 2026-10-12":                   `{"suspend": {}}`, // read in the zone of the city
	} {
		act := &wanggev1.CaseAct{}
		if err := protojson.Unmarshal([]byte(want), act); err != nil {
			t.Fatal(err)
		}
		req, err := parsed(t, one+line)
		if err != nil || !proto.Equal(req.GetAct(), act) || req.GetTargets()[0].GetName() != "cases/20261123-000417" || req.GetRequestId() == "" {
			t.Errorf("%s is %v, %v; want %s", line, req, err, want)
		}
	}
}

// A flag that the act does not take is refused, with the acts that take it, and all such flags at once.
func TestCaseAct_AFlagOfAnotherAct(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"start --reason not_my_line":    {"--reason is not for start; it is for return"},
		"decide_extension --passed":     {"--passed is not for decide_extension; it is for confirm, check"},
		"check --denied":                {"--denied is not for check; it is for decide_extension, decide_suspension, force_close, decide_appeal"},
		"accept --milestone x --unit a": {"--milestone is not for accept; it is for reach", "--unit is not for accept; it is for dispatch, reroute, arbitrate, assist"},
		"comment --until 2026-10-12":    {"--until is not for comment; it is for arbitrate, extend, suspend"},
		"resume --to superior":          {"--to is not for resume; it is for escalate"},
		"verify --photo ab":             {"--photo is not for verify"},
		"check --passed --failed":       {"--passed and --failed exclude each other"},
	} {
		_, err := parsed(t, one+line)
		for _, text := range want {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v, want %q", line, err, text)
			}
		}
	}
}

// Every act of a person has its word in a command line and its message in a request, and offers are told by these words.
func TestCaseAct_EveryWord(t *testing.T) {
	t.Parallel()
	var words []string
	for _, act := range lifecycle.PersonsActs() {
		req, err := parsed(t, one+string(act))
		if err != nil || req.GetAct().GetAct() == nil {
			t.Errorf("%s is %v, %v", act, req, err)
		}
		words = append(words, string(act))
	}
	var offered []string
	for value := range wanggev1.Act_name {
		if value != 0 {
			offered = append(offered, caseview.OfferWord(&wanggev1.ActOffer{Act: wanggev1.Act(value)}))
		}
	}
	slices.Sort(words)
	slices.Sort(offered)
	if !slices.Equal(words, offered) {
		t.Errorf("the acts are %q, and offered as %q", words, offered)
	}
}
