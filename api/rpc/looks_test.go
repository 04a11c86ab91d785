package rpc

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
)

// found lists the names of the cases of a list; nil and an error when the list is refused.
func (w *world) found(person roster.PersonID, req *wanggev1.ListCasesRequest) (names []string, err error) {
	page, err := w.cases().ListCases(w.as(person, "en"), req)
	for _, cs := range page.GetCases() {
		names = append(names, cs.GetName())
	}
	return names, err
}

// An order is found by the number that it has at the hotline.
func TestFilter_ByNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.fileAs(orderTaker, w.order("o-1", "HRB001"))
	w.fileAs(orderTaker, w.order("o-2", "HRB0011"))
	for filter, want := range map[string][]string{
		`external_id = "HRB001"`: {first.GetName()}, `external_id = "HRB00"`: nil, `external_id = HRB001 AND caller_phone = "13904517788"`: {first.GetName()},
	} {
		for _, open := range []wanggev1.CaseState{wanggev1.CaseState_CASE_STATE_UNSPECIFIED, wanggev1.CaseState_CASE_STATE_OPEN} {
			if got, err := w.found(orderTaker, &wanggev1.ListCasesRequest{Scope: "areas/230100", State: open, Filter: filter}); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s, %v: found %v, %v; want %v", filter, open, got, err, want)
			}
		}
	}
	for _, filter := range []string{`external_id = ""`, `caller_phone = "12"`, `caller_phone = ""`, `caller_phone > "13904517788"`, `reporter_phone = x`} {
		_, err := w.found(orderTaker, &wanggev1.ListCasesRequest{Scope: "areas/230100", Filter: filter})
		if w.want(err, codes.InvalidArgument); err == nil {
			t.Errorf("%s is taken", filter)
		}
	}
}

// A list by a phone holds the cases of which GetCase shows that phone, to everybody and at every stage; of the other cases no
// filter tells anything: what it says of them does not depend on the phone.
func TestFilter_PhoneTellsNoMoreThanTheCase(t *testing.T) {
	t.Parallel()
	people := []roster.PersonID{
		orderTaker, "p-dispatcher-1", "p-chief-day", "p-lighting-owner", "p-lighting-leader", "p-lighting-handler", inspector,
		"p-leader", "p-230102-leader", "p-230110-leader", "p-green-owner", "p-grid-office", "p-checker-1",
	}
	const reporters = "0451-55550004"
	for _, confidential := range []bool{false, true} {
		t.Run(fmt.Sprint("confidential ", confidential), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			order := w.order("o-1", "n-1")
			order.Confidential = confidential
			cs := w.fileAs(orderTaker, order)
			hits, lists := 0, 0
			w.closeOrder(cs.GetName(), func(stage string) {
				for _, person := range people {
					got, _ := w.cases().GetCase(w.as(person, "en"), &wanggev1.GetCaseRequest{Name: cs.GetName()})
					caller, reporter := got.GetReport().GetCallerPhone() != "", got.GetReporterPhone() != ""
					for _, req := range []*wanggev1.ListCasesRequest{
						{Scope: "areas/230100"},
						{Scope: "areas/230102"},
						{Scope: "departments/LIGHTING"},
						{Scope: "areas/230102", State: wanggev1.CaseState_CASE_STATE_OPEN},
						{Scope: "departments/LIGHTING", State: wanggev1.CaseState_CASE_STATE_OPEN},
						{Scope: "people/" + string(person), State: wanggev1.CaseState_CASE_STATE_OPEN},
					} {
						has := func(filter string) bool {
							req.Filter = filter
							names, err := w.found(person, req)
							return err == nil && slices.Contains(names, cs.GetName())
						}
						if !has("") {
							continue
						}
						lists++
						for filter, want := range map[string]bool{
							`caller_phone = "+86 139 0451 7788"`: caller, `caller_phone != "13900000000"`: caller, `NOT caller_phone = "13900000000"`: true,
							`caller_phone = "13900000000"`: false, `caller_phone != "13904517788"`: false, `NOT caller_phone = "13904517788"`: !caller,
							`reporter_phone = "` + reporters + `"`: reporter, `reporter_phone != "` + reporters + `"`: false,
						} {
							if is := has(filter); is != want {
								t.Errorf("%s: %s lists %s of %s: found %v, want %v", stage, person, filter, req.GetScope(), is, want)
							} else if is && caller {
								hits++
							}
						}
					}
				}
			})
			if hits < 20 || lists < 40 {
				t.Errorf("%d lists, %d hits: the test looks at nothing", lists, hits)
			}
		})
	}
}

// A list of cases that were found by a phone is a look at each of them; a list by anything else is none.
func TestFilter_FoundByPhoneIsALook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.fileAs(orderTaker, w.order("o-1", "n-1"))
	other := w.order("o-2", "n-2")
	other.CallerPhone = "12345"
	w.fileAs(orderTaker, other)
	looks := func() (out []string) {
		page, err := wanggev1.NewAdminServiceClient(w.conn).ListAccess(w.as("p-grid-office", "zh"), &wanggev1.ListAccessRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.GetRecords() {
			out = append(out, r.GetPerson()+" "+r.GetCase()+" "+r.GetMethod())
		}
		return out
	}
	for _, person := range []roster.PersonID{orderTaker, inspector} {
		for _, req := range []*wanggev1.ListCasesRequest{
			{Scope: "areas/230102", Filter: `external_id = "n-1"`}, {Scope: "areas/230102", Filter: `caller_phone = "13900000000"`},
		} {
			if _, err := w.found(person, req); err != nil && person == orderTaker {
				t.Fatal(err)
			}
		}
	}
	_, _ = w.found(inspector, &wanggev1.ListCasesRequest{Scope: "areas/230102", Filter: `caller_phone = "13904517788"`})
	if got := looks(); len(got) > 0 {
		t.Errorf("looks are %q before anybody saw a phone", got)
	}
	if got, err := w.found(orderTaker, &wanggev1.ListCasesRequest{Scope: "areas/230100", Stage: first.GetStage(), Filter: `caller_phone = "13904517788"`}); err != nil || len(got) != 1 {
		t.Errorf("found %v, %v", got, err)
	}
	if got, want := looks(), []string{"people/" + orderTaker + " " + first.GetName() + " ListCases"}; !slices.Equal(got, want) {
		t.Errorf("looks are %q, want %q", got, want)
	}
}

// People and units that a revision removed are found in filters and scopes, like reporters; what the city never had is not.
func TestFilter_PeopleAndUnitsOfBefore(t *testing.T) {
	t.Parallel()
	was := townDirectory(t)
	is := without(was, []string{"CG,", "E02,", "department:CG,", "cgz,"}, `"E01,E02",line:CG`, "E01,line:HW")
	w := newPostsWorldOf(t, was)
	cs := w.litter("r-1")
	if _, err := w.actOn(w.as("cgz", "en"), cs.GetName(), "start", caseAct("", &wanggev1.StartAct{})); err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.Apply(t.Context(), "office", rollout.Proposal{
		Directory: is, Against: w.desk.City().Base(), Policy: revision.Move, Waive: "test",
		Successors: city.Successors{Units: map[roster.Unit]roster.Unit{{Kind: roster.UnitDepartment, ID: "CG"}: {Kind: roster.UnitDepartment, ID: "HW"}}},
	}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		scope, filter string
		state         wanggev1.CaseState
		want          bool
	}{
		{"departments/CG", "", wanggev1.CaseState_CASE_STATE_OPEN, true},
		{"areas/town", `owner = "departments/CG"`, wanggev1.CaseState_CASE_STATE_OPEN, true},
		{"areas/town", `owner = "departments/CG"`, wanggev1.CaseState_CASE_STATE_UNSPECIFIED, true},
		{"areas/town", `owner != "departments/CG"`, wanggev1.CaseState_CASE_STATE_UNSPECIFIED, false},
		{"areas/town", `owner = "departments/HW"`, wanggev1.CaseState_CASE_STATE_OPEN, true},
		{"areas/town", `handler != "people/cgz"`, wanggev1.CaseState_CASE_STATE_OPEN, true}, // the work went back to the post
		{"areas/town", `person = "people/cgz"`, wanggev1.CaseState_CASE_STATE_OPEN, false},
		{"people/cgz", "", wanggev1.CaseState_CASE_STATE_OPEN, false},
	} {
		got, err := w.found("boss", &wanggev1.ListCasesRequest{Scope: tt.scope, State: tt.state, Filter: tt.filter})
		if err != nil || slices.Contains(got, cs.GetName()) != tt.want {
			t.Errorf("%s of %s, %v: %v, %v; want it there: %v", tt.filter, tt.scope, tt.state, got, err, tt.want)
		}
	}
	if _, err := w.cases().CountQueues(w.as("boss", "en"), &wanggev1.CountQueuesRequest{Scope: "people/cgz"}); err != nil {
		t.Errorf("queues of a person who left: %v", err)
	}
	for _, req := range []*wanggev1.ListCasesRequest{
		{Scope: "areas/town", Filter: `handler = "people/cgzz"`}, {Scope: "people/cgzz", State: wanggev1.CaseState_CASE_STATE_OPEN}, {Scope: "areas/town", Filter: `owner = "departments/CX"`},
	} {
		_, err := w.found("boss", req)
		w.want(err, codes.InvalidArgument)
	}
}

// The phones of all people in a city directory, and rows of people among the changes of a revision, are a look, too: recorded
// before the first byte goes out, without a case, once an hour.
func TestLooks_AtTheDirectory(t *testing.T) {
	t.Parallel()
	w := newPostsWorld(t, ibAtOld)
	looks := func() (out []string) {
		t.Helper()
		page, err := wanggev1.NewAdminServiceClient(w.conn).ListAccess(w.as("office", "zh"), &wanggev1.ListAccessRequest{PageSize: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.GetRecords() {
			out = append(out, r.GetPerson()+" "+r.GetCase()+" "+r.GetMethod())
		}
		return out
	}
	download := func() (phones int) {
		t.Helper()
		stream, err := w.city().DownloadCity(w.as("office", "zh"), &wanggev1.DownloadCityRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for {
			m, err := stream.Recv()
			if err != nil {
				return phones
			}
			phones += strings.Count(string(m.GetPart().GetData()), "0451-")
		}
	}
	if n := download(); n < 9 {
		t.Fatalf("%d phones", n)
	}
	download()
	if got, want := looks(), []string{"people/office  DownloadCity"}; !slices.Equal(got, want) {
		t.Errorf("looks are %q, want %q", got, want)
	}
	w.apply(postsTown(t)) // a post goes: no row of people.csv
	w.clock.Add(45 * time.Minute)
	w.setNow(w.clock.Now())
	if _, err := w.city().ListRevisions(w.as("office", "zh"), &wanggev1.ListRevisionsRequest{}); err != nil {
		t.Fatal(err)
	}
	changed := maps.Clone(postsTown(t))
	changed["people.csv"] = []byte(strings.Replace(string(changed["people.csv"]), "0451-1000010", "0451-1000099", 1))
	w.apply(changed)
	w.clock.Add(20 * time.Minute)
	w.setNow(w.clock.Now())
	if _, err := w.city().ListRevisions(w.as("boss", "zh"), &wanggev1.ListRevisionsRequest{}); err != nil { // reads how many rows there are
		t.Fatal(err)
	}
	if _, err := w.city().ListRevisions(w.as("office", "zh"), &wanggev1.ListRevisionsRequest{}); err != nil {
		t.Fatal(err)
	}
	if got, want := looks(), []string{"people/office  ListRevisions", "people/office  DownloadCity"}; !slices.Equal(got, want) {
		t.Errorf("looks are %q, want %q", got, want)
	}
}

// Every field of an answer that can hold a phone is in this table: it is recorded as a look, or there is a reason why not. A new
// field fails until somebody has thought about it.
func TestLooks_EveryFieldWithAPhone(t *testing.T) {
	t.Parallel()
	known := map[string]string{
		"wangge.v1.Report.caller_name":       "GetCase alone fills it: recorded, TestContacts_LooksAreRecorded",
		"wangge.v1.Report.caller_phone":      "GetCase alone fills it: recorded, TestContacts_LooksAreRecorded",
		"wangge.v1.Report.phone_time":        "the clock of a device, no number",
		"wangge.v1.Case.reporter_phone":      "GetCase alone fills it: recorded, TestContacts_LooksAreRecorded",
		"wangge.v1.Case.contacts_withheld":   "says that something is left out",
		"wangge.v1.Unit.phone":               "of an office that the city marks as public",
		"wangge.v1.FilePart.data":            "people.csv, of DownloadCity: recorded, TestLooks_AtTheDirectory",
		"wangge.v1.Revision.changes":         "rows of people.csv for the grid office: GetRevision and ListRevisions are recorded; ApplyCity and WithdrawRevision answer who has written, and the log of acts has them",
		"wangge.v1.CityChange.text":          "rows of people.csv, of PlanCity: recorded",
		"wangge.v1.Diagnostic.message":       "of CheckCity and PlanCity: quotes the directory that the caller sent",
		"wangge.v1.Notice.error":             "may quote an address: for the person and the grid office alone, TestRights_ErrorOfANotice",
		"wangge.v1.DutyConsidered.why":       "no phone; the reason of an absence for its person and the grid office, TestRights_PhonesAbsencesAndReporters",
		"wangge.v1.PublicCity.units":         "the public part: Unit.phone",
		"wangge.v1.PlanCityResponse.changes": "CityChange.text",
	}
	about := []string{"phone", "mobile", "tel", "contact", "caller_name", "email", "wecom"}
	seen := map[string]bool{}
	var walk func(m protoreflect.MessageDescriptor)
	walk = func(m protoreflect.MessageDescriptor) {
		if seen[string(m.FullName())] {
			return
		}
		seen[string(m.FullName())] = true
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			full := string(f.FullName())
			seen[full] = true
			suspect := f.Kind() == protoreflect.BytesKind && m.FullName() == "wangge.v1.FilePart"
			for _, word := range about {
				suspect = suspect || slices.ContainsFunc(strings.Split(string(f.Name()), "_"), func(part string) bool { return strings.HasPrefix(part, word) }) || string(f.Name()) == word
			}
			if _, ok := known[full]; suspect && !ok && strings.HasPrefix(full, "wangge.v1.") {
				t.Errorf("%s may hold a phone: record the look (package looks) and say so here, or say here why not", full)
			}
			if f.Message() != nil {
				walk(f.Message())
			}
		}
	}
	for _, m := range methods(t) {
		walk(m.Output())
	}
	for name := range known {
		if !seen[name] {
			t.Errorf("%s is in no answer any more", name)
		}
	}
}
