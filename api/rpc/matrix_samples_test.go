package rpc

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/auth"
	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/storage/mem"
)

// sample is the request of a method in the matrix.
type sample struct {
	alone   bool // the call changes the city or the token of its caller: each caller has a world of its own
	turned  bool // the city has two revisions
	request func(*cell) proto.Message
}

// matrixSamples has a request for each method but ActOnCase, which a caller with the right is answered well. c.at makes
// a case of the old town at a stage; c.id is an id that no other request has.
func matrixSamples() map[string]sample {
	always := func(m proto.Message) sample { return sample{request: func(*cell) proto.Message { return m }} }
	from := func(f func(c *cell) proto.Message) sample { return sample{request: f} }
	turned := func(f func(c *cell) proto.Message) sample { return sample{turned: true, request: f} }
	return map[string]sample{
		"AdminService.CheckStore":      always(&wanggev1.CheckStoreRequest{}),
		"AdminService.VerifyAudit":     always(&wanggev1.VerifyAuditRequest{}),
		"AdminService.ListDeadLetters": always(&wanggev1.ListDeadLettersRequest{}),
		"AdminService.ReplayNotices":   always(&wanggev1.ReplayNoticesRequest{}),
		"AdminService.ListAccess":      always(&wanggev1.ListAccessRequest{}),

		"CaseService.GetCase":     from(func(c *cell) proto.Message { return &wanggev1.GetCaseRequest{Name: c.at("dispatched").GetName()} }),
		"CaseService.ListCases":   always(&wanggev1.ListCasesRequest{Scope: "areas/old"}),
		"CaseService.CountQueues": always(&wanggev1.CountQueuesRequest{Scope: "areas/old"}),
		"CaseService.ListCaseEvents": from(func(c *cell) proto.Message {
			return &wanggev1.ListCaseEventsRequest{Parent: c.at("dispatched").GetName()}
		}),
		"CaseService.WatchCases": always(&wanggev1.WatchCasesRequest{Scope: "areas/old"}),
		"CaseService.BatchActOnCases": from(func(c *cell) proto.Message {
			return &wanggev1.BatchActOnCasesRequest{
				Act: caseAct("n", &wanggev1.SuperviseAct{}), RequestId: c.id(), Targets: targets([]*wanggev1.Case{c.at("dispatched")}),
			}
		}),
		"CaseService.ListCaseNotices": from(func(c *cell) proto.Message {
			return &wanggev1.ListCaseNoticesRequest{Parent: c.at("dispatched").GetName()}
		}),
		"CaseService.ListLinkedCases": from(func(c *cell) proto.Message {
			return &wanggev1.ListLinkedCasesRequest{Parent: c.at("dispatched").GetName(), Kind: wanggev1.LinkKind_LINK_KIND_MERGED}
		}),
		"CaseService.ListDuplicates": from(func(c *cell) proto.Message {
			return &wanggev1.ListDuplicatesRequest{Name: c.at("dispatched").GetName()}
		}),
		"CaseService.ExplainDeadline": from(func(c *cell) proto.Message {
			return &wanggev1.ExplainDeadlineRequest{Question: &wanggev1.ExplainDeadlineRequest_Name{Name: c.at("dispatched").GetName()}}
		}),
		"CaseService.ReprojectDeadlines": always(&wanggev1.ReprojectDeadlinesRequest{Reason: "holiday"}),

		"CityService.GetCity":       always(&wanggev1.GetCityRequest{}),
		"CityService.Locate":        always(&wanggev1.LocateRequest{Position: inOldTown()}),
		"CityService.ExplainRoute":  always(&wanggev1.ExplainRouteRequest{Position: inOldTown(), Category: "C01"}),
		"CityService.OnDuty":        always(&wanggev1.OnDutyRequest{Position: inOldTown(), Category: "C01"}),
		"CityService.ProveCoverage": always(&wanggev1.ProveCoverageRequest{}),
		"CityService.CheckCity":     always(&wanggev1.CheckCityRequest{Part: &wanggev1.FilePart{Name: "city.yaml", Data: []byte("name: x\n")}}),
		"CityService.PlanCity":      turned(func(c *cell) proto.Message { return &wanggev1.PlanCityRequest{Proposal: c.back()} }),
		"CityService.ApplyCity": {alone: true, turned: true, request: func(c *cell) proto.Message {
			return &wanggev1.ApplyCityRequest{Proposal: c.back()}
		}},
		"CityService.WithdrawRevision": {alone: true, turned: true, request: func(c *cell) proto.Message {
			return &wanggev1.WithdrawRevisionRequest{Name: c.waiting()}
		}},
		"CityService.GetRevision":   turned(func(*cell) proto.Message { return &wanggev1.GetRevisionRequest{Name: "revisions/2"} }),
		"CityService.ListRevisions": turned(func(*cell) proto.Message { return &wanggev1.ListRevisionsRequest{} }),
		"CityService.DownloadCity":  turned(func(*cell) proto.Message { return &wanggev1.DownloadCityRequest{} }),

		"CampaignService.ListCampaigns": always(&wanggev1.ListCampaignsRequest{}),
		"CampaignService.GetCampaign":   always(&wanggev1.GetCampaignRequest{Name: "campaigns/snow"}),
		"CampaignService.StartCampaign": {alone: true, request: func(*cell) proto.Message {
			return &wanggev1.StartCampaignRequest{Name: "campaigns/snow"}
		}},
		"CampaignService.StopCampaign": {alone: true, request: func(c *cell) proto.Message {
			return &wanggev1.StopCampaignRequest{Name: c.snowing()}
		}},

		"FormService.ListCategories": always(&wanggev1.ListCategoriesRequest{}),
		"FormService.ListUnits":      always(&wanggev1.ListUnitsRequest{}),
		"FormService.ListAreas":      always(&wanggev1.ListAreasRequest{}),
		"FormService.GetMe":          always(&wanggev1.GetMeRequest{}),
		"FormService.GetPublicCity":  always(&wanggev1.GetPublicCityRequest{}),

		"PrecedentService.CreatePrecedent": always(&wanggev1.CreatePrecedentRequest{Precedent: &wanggev1.Precedent{
			Unit: "departments/WATER", Categories: []string{"E01"}, Place: &wanggev1.Precedent_Area{Area: "areas/old"}, Text: "x",
		}}),
		"PrecedentService.ListPrecedents": always(&wanggev1.ListPrecedentsRequest{}),
		"PrecedentService.RevokePrecedent": from(func(c *cell) proto.Message {
			return &wanggev1.RevokePrecedentRequest{Name: c.ruling(), Reason: "x"}
		}),

		"ReportService.CreateReport": from(func(c *cell) proto.Message {
			return &wanggev1.CreateReportRequest{Report: c.reportOf("E01", "", wanggev1.Source_SOURCE_INSPECTOR)}
		}),
		// Of another source than an inspector, which is an office's to file.
		"ReportService.BatchCreateReports": from(func(c *cell) proto.Message {
			return &wanggev1.BatchCreateReportsRequest{Reports: []*wanggev1.Report{c.reportOf("E01", "", wanggev1.Source_SOURCE_PUBLIC)}}
		}),

		"SupervisionService.SummarizeOverdue": always(&wanggev1.SummarizeOverdueRequest{Scope: "areas/old"}),
		"SupervisionService.WatchOverview":    always(&wanggev1.WatchOverviewRequest{Scope: "areas/old"}),
		"SupervisionService.ListEscalations":  always(&wanggev1.ListEscalationsRequest{Scope: "areas/old"}),

		"TokenService.CreateToken": always(&wanggev1.CreateTokenRequest{Person: "people/eyes"}),
		"TokenService.RenewToken":  from(func(c *cell) proto.Message { return &wanggev1.RenewTokenRequest{Name: c.tokenOf("eyes")} }),
		"TokenService.ListTokens":  always(&wanggev1.ListTokensRequest{Person: "people/eyes"}),
		"TokenService.RevokeToken": from(func(c *cell) proto.Message { return &wanggev1.RevokeTokenRequest{Name: c.tokenOf("eyes")} }),
	}
}

func inOldTown() *wanggev1.Position {
	return &wanggev1.Position{Latitude: 45.706, Longitude: oldTown, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5}
}

// matrixWorld is the town with a person for every column of the matrix.
type matrixWorld struct {
	*townWorld
	contexts map[roster.PersonID]context.Context
	revoked  context.Context // with a token of the leader that was revoked
	first    string          // the revision before, of a city that has two
	main     string          // the first case of the world, dispatched
	ids      int
}

// newMatrixWorld serves the town to the callers of the matrix. turned says that another revision decided before.
func newMatrixWorld(t *testing.T, turned bool) *matrixWorld {
	t.Helper()
	files := matrixFiles(t)
	store, first := mem.Open(), ""
	if turned {
		next := maps.Clone(files)
		next["people.csv"] = []byte(strings.Replace(string(files["people.csv"]), "0451-1000007", "0451-1000077", 1))
		c := loaded(t, files)
		d, err := desk.Open(t.Context(), desk.Config{
			Store: store, City: c, Directory: files, Clock: &world{now: time.Date(2026, 3, 4, 8, 0, 0, 0, c.Location)},
		})
		if err != nil {
			t.Fatal(err)
		}
		first = d.City().Base()
		_, err = d.Apply(t.Context(), "office", rollout.Proposal{Directory: next, Against: first, Policy: revision.Keep, Waive: "test"})
		d.Close()
		if err != nil {
			t.Fatal(err)
		}
		files = next
	}
	c := loaded(t, files)
	w := &matrixWorld{townWorld: &townWorld{newWorldOf(t, c, store), c.Location}, contexts: map[roster.PersonID]context.Context{}, first: first}
	w.revoked = w.of("boss")
	if err := w.tokens.Revoke("boss", w.Now()); err != nil {
		t.Fatal(err)
	}
	delete(w.contexts, "boss")
	w.main = w.at("dispatched").GetName()
	return w
}

// matrixFiles is the directory of the town with a grid office, a handler, a leader of the new town and a person without a
// post, and an arbiter if the program knows that role. Receipts are asked for.
func matrixFiles(t *testing.T) city.Directory {
	t.Helper()
	files := townFiles(t)
	files["city.yaml"] = []byte(strings.Replace(string(files["city.yaml"]), "defaults: {", "defaults: {receipt_minutes: {A: 10}, ", 1))
	add := func(file, rows string) { files[file] = append(slices.Clone(files[file]), rows...) }
	add("people.csv", "office,网格办,0451-9990001\ncrew,抢修员,0451-9990002\nfar,新城领导,0451-9990003\nnobody,无岗人员,0451-9990004\n")
	add("posts.csv", "area:town,grid_office,office,1,,,\ndepartment:WATER,handler,crew,1,,,\narea:new,leader,far,1,,,\n")
	if hasArbiter() {
		add("people.csv", "arbiter,裁定员,0451-9990005\n")
		add("posts.csv", "area:town,arbiter,arbiter,1,,,\n")
	}
	return files
}

// of is a context with a token of a person, the same for every call.
func (w *matrixWorld) of(person roster.PersonID) context.Context {
	if ctx, ok := w.contexts[person]; ok {
		return ctx
	}
	secret, err := w.tokens.Issue(person, auth.MaxLife, w.Now(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	w.contexts[person] = metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+secret, "accept-language", "en")
	return w.contexts[person]
}

// id is an id that the world has not used.
func (w *matrixWorld) id() string {
	w.ids++
	return fmt.Sprint("m-", w.ids)
}

func (w *matrixWorld) reportOf(category, condition string, from wanggev1.Source) *wanggev1.Report {
	return &wanggev1.Report{
		ClientId: w.id(), Category: category, Condition: condition, Source: from, Text: "x", CaptureTime: timestamppb.New(w.Now()), Position: inOldTown(),
	}
}

// back proposes the revision before.
func (w *matrixWorld) back() *wanggev1.Proposal {
	return &wanggev1.Proposal{
		CityRevision: w.first, BaseRevision: w.desk.City().Base(), OpenCases: wanggev1.OpenCases_OPEN_CASES_KEEP, Waiver: "test",
	}
}

// snowing has the duty chief start the campaign of the town, and is its name.
func (w *matrixWorld) snowing() string {
	w.t.Helper()
	k, err := w.desk.Campaigns().Start(w.t.Context(), "duty", "snow", time.Time{}, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return resource.Campaign(string(k.ID))
}

// waiting has the grid office apply the revision before from tomorrow on, and is the name of the apply.
func (w *matrixWorld) waiting() string {
	w.t.Helper()
	a, err := w.desk.Apply(w.t.Context(), "office", rollout.Proposal{
		Revision: w.first, Against: w.desk.City().Base(), Policy: revision.Keep, Waive: "test", From: w.Now().AddDate(0, 0, 1),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return resource.Revision(a.Number)
}

// ruling is the name of a precedent that decides now.
func (w *matrixWorld) ruling() string {
	w.t.Helper()
	p, err := w.desk.Rule(w.t.Context(), "boss", city.Precedent{
		Kind: catalog.OwnerLine, Categories: []string{"E01"}, Area: "old", Unit: roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"}, Text: w.id(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return resource.Precedent(p.ID)
}

// tokenOf is the name of a fresh token of a person.
func (w *matrixWorld) tokenOf(person roster.PersonID) string {
	w.t.Helper()
	one, _, err := w.tokens.Create(auth.Grant{Person: person, Life: time.Hour, Device: w.id()}, w.Now(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	return resource.Token(one.ID)
}
