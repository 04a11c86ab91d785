package resource

import (
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
)

func TestUnit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"area:230102": "areas/230102", "department:GREEN": "departments/GREEN",
		"section:GREEN-3": "sections/GREEN-3", "point:school-12": "points/school-12",
	} {
		u, err := roster.ParseUnit(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Unit(u); got != want {
			t.Errorf("Unit(%s) = %q, want %q", text, got, want)
		}
		if got, ok := ParseUnit(want); !ok || got != u {
			t.Errorf("ParseUnit(%q) = %v, %t, want %v", want, got, ok, u)
		}
	}
	for _, name := range []string{"", "areas/", "area:230102", "areas/1/2", "streets/7", "/areas/1", "areas"} {
		if u, ok := ParseUnit(name); ok {
			t.Errorf("ParseUnit(%q) = %v, want a refusal", name, u)
		}
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	const name = "departments/GREEN/posts/leader"
	if got := Post("leader@department:GREEN"); got != name {
		t.Errorf("Post = %q, want %q", got, name)
	}
	if got, ok := ParsePost(name); !ok || got != "leader@department:GREEN" {
		t.Errorf("ParsePost(%q) = %q, %t", name, got, ok)
	}
	for _, bad := range []string{"", "departments/GREEN", "departments/GREEN/posts/", "departments/GREEN/posts/a/b", "x/GREEN/posts/leader"} {
		if got, ok := ParsePost(bad); ok {
			t.Errorf("ParsePost(%q) = %q, want a refusal", bad, got)
		}
	}
}

func TestCase(t *testing.T) {
	t.Parallel()
	id, err := dispatch.ParseCaseID("20261123-000417")
	if err != nil {
		t.Fatal(err)
	}
	if got := Case(id); got != "cases/20261123-000417" {
		t.Errorf("Case = %q", got)
	}
	if got, ok := ParseCase("cases/20261123-000417"); !ok || got != id {
		t.Errorf("ParseCase = %v, %t", got, ok)
	}
	for _, bad := range []string{"", "20261123-000417", "/cases/20261123-000417", "cases/1", "cases/20261123-000417/events"} {
		if got, ok := ParseCase(bad); ok {
			t.Errorf("ParseCase(%q) = %v, want a refusal", bad, got)
		}
	}
}

func TestRevision(t *testing.T) {
	t.Parallel()
	if got := Revision(17); got != "revisions/17" {
		t.Errorf("Revision = %q", got)
	}
	if got, ok := ParseRevision("revisions/17"); !ok || got != 17 {
		t.Errorf("ParseRevision = %d, %t", got, ok)
	}
	for _, bad := range []string{"", "revisions/", "revisions/0", "revisions/017", "revisions/-1", "revisions/c-5f3a", "17"} {
		if got, ok := ParseRevision(bad); ok {
			t.Errorf("ParseRevision(%q) = %d, want a refusal", bad, got)
		}
	}
}

func TestNothingHasNoName(t *testing.T) {
	t.Parallel()
	for _, got := range []string{Case(0), Unit(roster.Unit{}), Area(""), Person(""), Post(""), Precedent(""), Campaign(""), Revision(0)} {
		if got != "" {
			t.Errorf("the name of nothing is %q", got)
		}
	}
	if _, ok := ParsePerson("people/"); ok {
		t.Error("people/ is taken for a person")
	}
	if id, ok := ParsePerson("people/p-17"); !ok || id != "p-17" {
		t.Errorf("ParsePerson = %q, %t", id, ok)
	}
	if id, ok := ParseCampaign("campaigns/snow"); !ok || id != "snow" {
		t.Errorf("ParseCampaign = %q, %t", id, ok)
	}
	if id, ok := ParsePrecedent("precedents/pr-20261123-000003"); !ok || id != "pr-20261123-000003" {
		t.Errorf("ParsePrecedent = %q, %t", id, ok)
	}
}

// An act has its own word on the wire, but for one.
func TestAct_OneActHasAnotherName(t *testing.T) {
	t.Parallel()
	for act, want := range map[dispatch.Act]string{
		dispatch.ActStart: "start", dispatch.ActCompleteMilestone: "complete_milestone", dispatch.ActDirectory: "read_directory",
	} {
		if got := Act(act); got != want {
			t.Errorf("Act(%s) = %s, want %s", act, got, want)
		}
	}
}
