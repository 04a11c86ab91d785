//go:build postgres

package loadtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
	"wangge/grid"
)

// The same job done the usual way, to compare with: PostgreSQL with PostGIS behind the same gRPC
// methods. Areas are polygons with a GiST index, a point is routed with ST_Contains, and a case and
// its event are inserted, with their indexes, in one synchronous transaction. It checks no token,
// keeps no ladder, answers no watcher and knows no request twice but by its unique index.
//
//	go run -tags postgres ./cmd/wangge load --phases reports,batches,pages,postgres --postgres postgres://localhost/wangge
//
// The database is emptied first.

func init() {
	extra["postgres"] = extraPhase{"postgres://user@host/database, emptied first", func(l *loadOptions) phase { return l.postgres }}
}

const pgSchema = `
CREATE EXTENSION IF NOT EXISTS postgis;
DROP TABLE IF EXISTS events, cases, areas;
CREATE TABLE areas (id text PRIMARY KEY, level int NOT NULL, geom geometry(MultiPolygon, 4326) NOT NULL);
CREATE INDEX ON areas USING gist (geom);
CREATE TABLE cases (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client_id text NOT NULL UNIQUE, reporter text NOT NULL, category text NOT NULL,
  severity int NOT NULL, stage int NOT NULL, open boolean NOT NULL, district text, street text, community text, owner text NOT NULL, post text NOT NULL,
  rule text NOT NULL, lat double precision NOT NULL, lng double precision NOT NULL, body text NOT NULL, created timestamptz NOT NULL, due timestamptz NOT NULL);
CREATE INDEX ON cases (due) WHERE open;
CREATE INDEX ON cases (district, due) WHERE open;
CREATE INDEX ON cases (street, due) WHERE open;
CREATE INDEX ON cases (community, due) WHERE open;
CREATE INDEX ON cases (owner, due) WHERE open;
CREATE TABLE events (case_id bigint NOT NULL, seq int NOT NULL, kind text NOT NULL, actor text NOT NULL, at timestamptz NOT NULL, body text NOT NULL, PRIMARY KEY (case_id, seq));
`

const pgInsert = `WITH c AS (INSERT INTO cases (client_id, reporter, category, severity, stage, open, district, street, community, owner, post, rule, lat, lng, body, created, due)
  VALUES ($1,$2,$3,$4,$5,true,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16) RETURNING id)
INSERT INTO events SELECT id, 1, 'dispatched', $2, $15, $11 FROM c RETURNING case_id`

const pgLocate = `SELECT id, level FROM areas WHERE ST_Contains(geom, ST_SetSRID(ST_MakePoint($1, $2), 4326)) ORDER BY level`

type pgServer struct {
	wanggev1.UnimplementedReportServiceServer
	wanggev1.UnimplementedSupervisionServiceServer
	w    *loadWorld
	pool *pgxpool.Pool
}

// row is what a report becomes: everything but its number.
func (s *pgServer) row(ctx context.Context, view wanggev1.CaseView, r *wanggev1.Report) ([]any, *wanggev1.Case, error) {
	pt := grid.Point{Lat: r.GetPosition().GetLatitude(), Lng: r.GetPosition().GetLongitude()}
	place, err := s.locate(ctx, pt)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	code := catalog.Code(r.GetCategory())
	d, err := routing.Route(s.w.c, place, code, now)
	if err != nil {
		return nil, nil, err
	}
	cond, err := sla.ConditionOf(s.w.c, code, r.GetCondition())
	if err != nil {
		return nil, nil, err
	}
	due, _, err := sla.DueAt(s.w.c, now, cond.Limit)
	if err != nil {
		return nil, nil, err
	}
	area := func(level int) any {
		if level < len(place.Areas) {
			return string(place.Areas[level])
		}
		return nil
	}
	return []any{
			r.GetClientId(), string(s.w.leader), string(code), int(cond.Severity), int(dispatch.Dispatched), area(1), area(2), area(3), d.Owner.Unit.String(), string(d.Owner.Post),
			d.Rule, pt.Lat, pt.Lng, r.GetText(), now, due,
		}, s.wire(view, &wanggev1.Case{
			Stage: wanggev1.Stage_STAGE_DISPATCHED, Category: string(code), Rule: d.Rule, Report: r, DueTime: timestamppb.New(due), CreateTime: timestamppb.New(now), Severity: wanggev1.Severity(cond.Severity),
		}, place.Areas, d.Owner.Unit, d.Owner.Post), nil
}

// wire puts in what a desk shows of a case in a view: the names of places, category and people.
func (s *pgServer) wire(view wanggev1.CaseView, cs *wanggev1.Case, areas []grid.AreaID, unit roster.Unit, post roster.PostID) *wanggev1.Case {
	c, now := s.w.c, time.Now()
	person, _ := c.Roster.OnDuty(post, now)
	p, _ := c.Roster.Person(person)
	cs.Owner = &wanggev1.Owner{Unit: unit.String(), UnitDisplayName: c.UnitName(unit).En, Post: string(post), Person: string(person), PersonDisplayName: p.Name}
	cs.Place = &wanggev1.Place{Latitude: cs.GetReport().GetPosition().GetLatitude(), Longitude: cs.GetReport().GetPosition().GetLongitude()}
	if late := now.Sub(cs.GetDueTime().AsTime()); late > 0 {
		cs.Overdue, cs.LateSeconds = true, int64(late/time.Second)
	}
	if cat := c.Categories[catalog.Code(cs.GetCategory())]; cat != nil {
		cs.CategoryDisplayName = cat.NameEn
		cs.Limit = cat.Conditions[0].Limit.String()
	}
	if view == wanggev1.CaseView_CASE_VIEW_BASIC {
		cs.Report, cs.Rule, cs.Limit = nil, "", ""
		areas = areas[max(0, len(areas)-1):]
	}
	for _, id := range areas {
		if a := c.Areas[id]; a != nil {
			cs.Place.Areas = append(cs.Place.Areas, &wanggev1.AreaRef{Level: c.Levels[a.Level], Id: string(id), DisplayName: c.UnitName(roster.Unit{Kind: roster.UnitArea, ID: string(id)}).En})
		}
	}
	return cs
}

func (s *pgServer) locate(ctx context.Context, pt grid.Point) (dispatch.Place, error) {
	rows, err := s.pool.Query(ctx, pgLocate, pt.Lng, pt.Lat)
	if err != nil {
		return dispatch.Place{}, err
	}
	place := dispatch.Place{Point: pt, Areas: []grid.AreaID{s.w.c.Root}}
	for rows.Next() {
		var id string
		var level int
		if err := rows.Scan(&id, &level); err != nil {
			return dispatch.Place{}, err
		}
		place.Areas = append(place.Areas, grid.AreaID(id))
	}
	return place, rows.Err()
}

func (s *pgServer) CreateReport(ctx context.Context, req *wanggev1.CreateReportRequest) (*wanggev1.CreateReportResponse, error) {
	row, cs, err := s.row(ctx, req.GetView(), req.GetReport())
	if err != nil {
		return nil, err
	}
	var id int64
	if err := s.pool.QueryRow(ctx, pgInsert, row...).Scan(&id); err != nil {
		return nil, err
	}
	cs.Name = fmt.Sprint("cases/", id)
	return &wanggev1.CreateReportResponse{Case: cs, Created: true}, nil
}

// BatchCreateReports locates in one round trip and inserts in one transaction.
func (s *pgServer) BatchCreateReports(ctx context.Context, req *wanggev1.BatchCreateReportsRequest) (*wanggev1.BatchCreateReportsResponse, error) {
	out := &wanggev1.BatchCreateReportsResponse{}
	var insert pgx.Batch
	for _, r := range req.GetReports() {
		row, cs, err := s.row(ctx, req.GetView(), r)
		if err != nil {
			return nil, err
		}
		insert.Queue(pgInsert, row...).QueryRow(func(r pgx.Row) error {
			var id int64
			err := r.Scan(&id)
			cs.Name = fmt.Sprint("cases/", id)
			return err
		})
		out.Results = append(out.Results, &wanggev1.BatchCreateReportsResponse_Result{Outcome: &wanggev1.BatchCreateReportsResponse_Result_Filed{
			Filed: &wanggev1.CreateReportResponse{Case: cs, Created: true},
		}})
	}
	return out, pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return tx.SendBatch(ctx, &insert).Close() })
}

// column is where a scope's cases are found.
func column(c *loadWorld, u roster.Unit) string {
	if u.Kind != roster.UnitArea {
		return "owner"
	}
	switch c.c.Areas[grid.AreaID(u.ID)].Level {
	case 0:
		return ""
	case 1:
		return "district"
	case 2:
		return "street"
	default:
		return "community"
	}
}

func (s *pgServer) ListOverdueCases(ctx context.Context, req *wanggev1.ListOverdueCasesRequest) (*wanggev1.ListOverdueCasesResponse, error) {
	u, err := roster.ParseUnit(req.GetScope())
	if err != nil {
		return nil, err
	}
	const what = `SELECT id, client_id, category, severity, stage, district, street, community, owner, post, rule, lat, lng, body, created, due FROM cases WHERE open AND due < now()`
	var rows pgx.Rows
	switch col := column(s.w, u); {
	case col == "":
		rows, err = s.pool.Query(ctx, what+` ORDER BY due LIMIT 50`)
	case col == "owner":
		rows, err = s.pool.Query(ctx, what+` AND owner = $1 ORDER BY due LIMIT 50`, u.String())
	default:
		rows, err = s.pool.Query(ctx, what+` AND `+col+` = $1 ORDER BY due LIMIT 50`, u.ID)
	}
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListOverdueCasesResponse{}
	for rows.Next() {
		var id int64
		var client, category, owner, post, rule, body string
		var district, street, community *string
		var severity, stage int32
		var lat, lng float64
		var created, due time.Time
		if err := rows.Scan(&id, &client, &category, &severity, &stage, &district, &street, &community, &owner, &post, &rule, &lat, &lng, &body, &created, &due); err != nil {
			return nil, err
		}
		areas := []grid.AreaID{s.w.c.Root}
		for _, a := range []*string{district, street, community} {
			if a != nil {
				areas = append(areas, grid.AreaID(*a))
			}
		}
		unit, err := roster.ParseUnit(owner)
		if err != nil {
			return nil, err
		}
		out.Cases = append(out.Cases, s.wire(req.GetView(), &wanggev1.Case{
			Name: fmt.Sprint("cases/", id), Category: category, Severity: wanggev1.Severity(severity), Stage: wanggev1.Stage(stage), Rule: rule, DueTime: timestamppb.New(due), CreateTime: timestamppb.New(created),
			Report: &wanggev1.Report{ClientId: client, Category: category, Text: body, Position: &wanggev1.Position{Latitude: lat, Longitude: lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8}},
		}, areas, unit, roster.PostID(post)))
	}
	return out, rows.Err()
}

func (s *pgServer) SummarizeOverdue(ctx context.Context, _ *wanggev1.SummarizeOverdueRequest) (*wanggev1.SummarizeOverdueResponse, error) {
	rows, err := s.pool.Query(ctx, `SELECT district, count(*), count(*) FILTER (WHERE due < now()) FROM cases WHERE open GROUP BY district`)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.SummarizeOverdueResponse{}
	for rows.Next() {
		r := &wanggev1.SummarizeOverdueResponse_Row{}
		if err := rows.Scan(&r.Unit, &r.Open, &r.Overdue); err != nil {
			return nil, err
		}
		out.Rows = append(out.Rows, r)
	}
	return out, rows.Err()
}

// fill copies the areas, and as many cases as the other store was preloaded with.
func (s *pgServer) fill(ctx context.Context, dir string, cases int) error {
	if _, err := s.pool.Exec(ctx, pgSchema); err != nil {
		return err
	}
	fsys, err := cli.CityDirectory(dir)
	if err != nil {
		return err
	}
	text, err := fs.ReadFile(fsys, "areas.geojson")
	if err != nil {
		return err
	}
	var file struct {
		Features []struct {
			Properties struct{ ID string }
			Geometry   json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return err
	}
	var batch pgx.Batch
	for _, f := range file.Features {
		if a := s.w.c.Areas[grid.AreaID(f.Properties.ID)]; string(f.Geometry) != "null" && a.Level > 0 {
			batch.Queue(`INSERT INTO areas VALUES ($1, $2, ST_Multi(ST_SetSRID(ST_GeomFromGeoJSON($3), 4326)))`, string(a.ID), a.Level, string(f.Geometry))
		}
	}
	if err := s.pool.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("areas: %w", err)
	}
	now := time.Now()
	n := 0
	columns := []string{"client_id", "reporter", "category", "severity", "stage", "open", "district", "street", "community", "owner", "post", "rule", "lat", "lng", "body", "created", "due"}
	_, err = s.pool.CopyFrom(ctx, pgx.Identifier{"cases"}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		if n == cases {
			return nil, nil
		}
		n++
		p := s.w.places[s.w.rng.IntN(len(s.w.places))]
		place, err := routing.PlaceOf(s.w.c, grid.Position{Lat: p.Lat, Lng: p.Lng, Datum: grid.WGS84})
		if err != nil {
			return nil, err
		}
		code := s.w.codes[s.w.rng.IntN(len(s.w.codes))]
		d, err := routing.Route(s.w.c, place, code, now)
		if err != nil {
			return nil, err
		}
		area := func(level int) any {
			if level < len(place.Areas) {
				return string(place.Areas[level])
			}
			return nil
		}
		due, open := now.Add(time.Duration(n%100_000)*time.Second), n%10 == 0
		if n%50 == 0 {
			due = now.Add(-time.Duration(n%1_000_000) * time.Second)
		}
		return []any{fmt.Sprint("preload-", n), "import", string(code), 1, int(dispatch.Dispatched), open, area(1), area(2), area(3), d.Owner.Unit.String(), string(d.Owner.Post), d.Rule, p.Lat, p.Lng, "历史案件", now.AddDate(0, -2, 0), due}, nil
	}))
	if err != nil {
		return fmt.Errorf("preload: %w", err)
	}
	_, err = s.pool.Exec(ctx, `INSERT INTO events SELECT id, 1, 'dispatched', reporter, created, rule FROM cases; ANALYZE`)
	return err
}

func (l *loadOptions) postgres(ctx context.Context, w *loadWorld, ceil *ceilings) (out []measure, err error) {
	if l.extra["postgres"] == "" {
		return nil, errors.New("--postgres is not set")
	}
	cfg, err := pgxpool.ParseConfig(l.extra["postgres"])
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 64
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	s := &pgServer{w: w, pool: pool}
	if err := s.fill(ctx, l.city, l.preload); err != nil {
		return nil, err
	}
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := grpc.NewServer(grpc.NumStreamWorkers(256))
	wanggev1.RegisterReportServiceServer(g, s)
	wanggev1.RegisterSupervisionServiceServer(g, s)
	go func() { _ = g.Serve(lis) }() // Stop ends it
	defer g.Stop()
	// The other server's clients, pointed here for the time being.
	theirs := &loadWorld{c: w.c, view: w.view, leader: w.leader, token: w.token, places: w.places, codes: w.codes, slow: w.slow, run: "pg-" + w.run}
	for range loadConns {
		conn, err := grpc.NewClient("passthrough:///"+lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		theirs.conns = append(theirs.conns, conn)
	}
	// A routing is a place and a rule: ours in process, theirs a query from 64 clients.
	var turn atomic.Int64
	route := func(context.Context, int64) error {
		p := w.places[int(turn.Add(1))%len(w.places)]
		place, err := routing.PlaceOf(w.c, grid.Position{Lat: p.Lat, Lng: p.Lng, Datum: grid.WGS84})
		if err == nil {
			_, err = routing.Route(w.c, place, w.codes[0], time.Now())
		}
		return err
	}
	out = append(out, closedLoop(ctx, "routing", 2, l.duration, 1, route))
	out = append(out, closedLoop(ctx, "routing, PostGIS", 64, l.duration, 1, func(ctx context.Context, n int64) error {
		_, err := s.locate(ctx, w.places[int(n)%len(w.places)])
		return err
	}))
	scopes := w.scopes()
	page := func(w *loadWorld) func(context.Context, int64) error {
		return func(ctx context.Context, n int64) error {
			return w.overdue(ctx, n, scopes[int(n)%len(scopes)])
		}
	}
	summary := func(w *loadWorld) func(context.Context, int64) error {
		return func(ctx context.Context, n int64) error {
			_, err := wanggev1.NewSupervisionServiceClient(w.conn(n)).SummarizeOverdue(w.as(ctx), &wanggev1.SummarizeOverdueRequest{Scope: "area:" + string(w.c.Root)})
			return err
		}
	}
	for _, side := range []struct {
		name string
		w    *loadWorld
	}{{"", w}, {", PostgreSQL", theirs}} {
		out = append(out, closedLoop(ctx, "pages"+side.name, 64, l.duration, 1, page(side.w)), closedLoop(ctx, "summaries"+side.name, 64, l.duration, 1, summary(side.w)))
		for _, callers := range []int{64, l.callers} {
			out = append(out, closedLoop(ctx, fmt.Sprintf("reports, %d callers%s", callers, side.name), callers, l.duration, 1, func(ctx context.Context, n int64) error {
				_, err := side.w.file(ctx, side.w.conn(n), n)
				return err
			}))
		}
		out = append(out, closedLoop(ctx, "batches of 100"+side.name, 8, l.duration, batchSize, func(ctx context.Context, n int64) error { return side.w.batch(ctx, side.w.conn(n), n) }))
	}
	return out, nil
}
