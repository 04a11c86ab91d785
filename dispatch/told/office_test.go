package told_test

import (
	"slices"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/told"
)

// A report that arrived at a platform may repeat another: the office of that platform is told to decide; of a report that arrived
// at the city, the city's office.
func TestTell_ProposalOfTheOfficeOfThePlatform(t *testing.T) {
	t.Parallel()
	c := citytest.Platforms(t)
	at := casetest.At(c, "2026-04-08 09:00")
	for _, tt := range []struct {
		code catalog.Code
		want roster.PersonID
	}{{citytest.FallenTree, citytest.AcceptorW}, {citytest.Rubbish, citytest.Acceptor}} {
		cs := casetest.FileToy(t, c, tt.code, dispatch.SourceInspector, at)
		events := []dispatch.Event{{Kind: dispatch.EventProposed, Seq: cs.Seq + 1, At: at, Other: 7}}
		told.Tell(cs, events, nil, c)
		if got := events[0].Notified; !slices.Equal(got, []roster.PersonID{tt.want}) {
			t.Errorf("%s: told are %v, want %s", tt.code, got, tt.want)
		}
	}
}
