package main

import (
	"context"
	"fmt"
	"time"

	"wangge/api/resource"
	"wangge/api/rpc/convert"
	"wangge/cmd/wangge/loadtest"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
	"wangge/grid"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// schema makes the tables anew.
const schema = `
CREATE EXTENSION IF NOT EXISTS postgis;
DROP TABLE IF EXISTS events, cases, areas;
CREATE TABLE areas (id text PRIMARY KEY, level int NOT NULL, geom geometry(MultiPolygon, 4326) NOT NULL);
CREATE INDEX ON areas USING gist (geom);
CREATE TABLE cases (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client_id text NOT NULL UNIQUE, reporter text NOT NULL, category text NOT NULL,
  severity int NOT NULL, stage int NOT NULL, open boolean NOT NULL, district text, street text, community text,
  owner text NOT NULL, post text NOT NULL, rule text NOT NULL, lat double precision NOT NULL, lng double precision NOT NULL,
  body text NOT NULL, created timestamptz NOT NULL, due timestamptz NOT NULL);
CREATE INDEX ON cases (due) WHERE open;
CREATE INDEX ON cases (district, due) WHERE open;
CREATE INDEX ON cases (street, due) WHERE open;
CREATE INDEX ON cases (community, due) WHERE open;
CREATE INDEX ON cases (owner, due) WHERE open;
CREATE TABLE events (case_id bigint NOT NULL, seq int NOT NULL, kind text NOT NULL, actor text NOT NULL,
  at timestamptz NOT NULL, body text NOT NULL, PRIMARY KEY (case_id, seq));
`

const insertSQL = `WITH c AS (INSERT INTO cases (client_id, reporter, category, severity, stage, open,
    district, street, community, owner, post, rule, lat, lng, body, created, due)
  VALUES ($1,$2,$3,$4,$5,true,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16) RETURNING id)
INSERT INTO events SELECT id, 1, 'dispatched', $2, $15, $11 FROM c RETURNING case_id`

const locateSQL = `SELECT id, level FROM areas WHERE ST_Contains(geom, ST_SetSRID(ST_MakePoint($1, $2), 4326)) ORDER BY level`

// service answers the calls of a load run from the database.
type service struct {
	wanggev1.UnimplementedReportServiceServer
	wanggev1.UnimplementedSupervisionServiceServer
	wanggev1.UnimplementedCaseServiceServer
	world *loadtest.World
	pool  *pgxpool.Pool
}

// row is what a report becomes: everything but its number.
func (s *service) row(ctx context.Context, view wanggev1.CaseView, r *wanggev1.Report) ([]any, *wanggev1.Case, error) {
	pt := grid.Point{Lat: r.GetPosition().GetLatitude(), Lng: r.GetPosition().GetLongitude()}
	place, err := s.locate(ctx, pt)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	code := catalog.Code(r.GetCategory())
	d, err := routing.Route(s.world.City, place, code, now)
	if err != nil {
		return nil, nil, err
	}
	cond, err := sla.ConditionOf(s.world.City, code, r.GetCondition())
	if err != nil {
		return nil, nil, err
	}
	due, _, err := sla.DueAt(s.world.City, now, cond.Limit)
	if err != nil {
		return nil, nil, err
	}
	area := func(level int) any {
		if level < len(place.Areas) {
			return string(place.Areas[level])
		}
		return nil
	}
	columns := []any{
		r.GetClientId(), string(s.world.Leader), string(code), int(cond.Severity), int(dispatch.Dispatched),
		area(1), area(2), area(3), d.Owner.Unit.String(), string(d.Owner.Post), d.Rule,
		pt.Lat, pt.Lng, r.GetText(), now, due,
	}
	cs := &wanggev1.Case{
		Stage:      wanggev1.Stage_STAGE_DISPATCHED,
		Category:   string(code),
		DecidedBy:  &wanggev1.Case_Rule{Rule: d.Rule},
		Report:     r,
		DueTime:    timestamppb.New(due),
		CreateTime: timestamppb.New(now),
		Severity:   wanggev1.Severity(cond.Severity),
	}
	return columns, s.wire(view, cs, place.Areas, d.Owner.Unit, d.Owner.Post), nil
}

// wire puts in what a desk shows of a case in a view: the names of places, category and people.
func (s *service) wire(
	view wanggev1.CaseView,
	cs *wanggev1.Case,
	areas []grid.AreaID,
	unit roster.Unit,
	post roster.PostID,
) *wanggev1.Case {
	c, now := s.world.City, time.Now()
	person, _ := c.Roster.OnDuty(post, now)
	p, _ := c.Roster.Person(person)
	cs.Owner = &wanggev1.Owner{
		Unit:              resource.Unit(unit),
		UnitDisplayName:   c.UnitName(unit).En,
		Post:              resource.Post(post),
		Person:            resource.Person(person),
		PersonDisplayName: p.Name,
	}
	cs.Place = &wanggev1.Place{Latitude: cs.GetReport().GetPosition().GetLatitude(), Longitude: cs.GetReport().GetPosition().GetLongitude()}
	if late := now.Sub(cs.GetDueTime().AsTime()); late > 0 {
		cs.Overdue, cs.Late = true, convert.Lasting(late)
	}
	if cat := c.Categories[catalog.Code(cs.GetCategory())]; cat != nil {
		cs.CategoryDisplayName = cat.NameEn
		cs.Limit = convert.Limit(cat.Conditions[0].Limit)
	}
	if view == wanggev1.CaseView_CASE_VIEW_BASIC {
		cs.Report, cs.DecidedBy, cs.Limit = nil, nil, nil
		areas = areas[max(0, len(areas)-1):]
	}
	for _, id := range areas {
		if a := c.Areas[id]; a != nil {
			cs.Place.Areas = append(
				cs.Place.Areas,
				&wanggev1.AreaRef{
					Level:       c.Levels[a.Level],
					Name:        resource.Area(id),
					DisplayName: c.UnitName(roster.Unit{Kind: roster.UnitArea, ID: string(id)}).En,
				},
			)
		}
	}
	return cs
}

// locate finds the areas of a point, the city first.
func (s *service) locate(ctx context.Context, pt grid.Point) (dispatch.Place, error) {
	rows, err := s.pool.Query(ctx, locateSQL, pt.Lng, pt.Lat)
	if err != nil {
		return dispatch.Place{}, err
	}
	place := dispatch.Place{Point: pt, Areas: []grid.AreaID{s.world.City.Root}}
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

// CreateReport implements wanggev1.ReportServiceServer.
func (s *service) CreateReport(ctx context.Context, req *wanggev1.CreateReportRequest) (*wanggev1.CreateReportResponse, error) {
	row, cs, err := s.row(ctx, req.GetView(), req.GetReport())
	if err != nil {
		return nil, err
	}
	var id int64
	if err := s.pool.QueryRow(ctx, insertSQL, row...).Scan(&id); err != nil {
		return nil, err
	}
	cs.Name = fmt.Sprint("cases/", id)
	return &wanggev1.CreateReportResponse{Case: cs, Created: true}, nil
}

// BatchCreateReports locates in one round trip and inserts in one transaction.
func (s *service) BatchCreateReports(
	ctx context.Context,
	req *wanggev1.BatchCreateReportsRequest,
) (*wanggev1.BatchCreateReportsResponse, error) {
	out := &wanggev1.BatchCreateReportsResponse{}
	var insert pgx.Batch
	for _, r := range req.GetReports() {
		row, cs, err := s.row(ctx, req.GetView(), r)
		if err != nil {
			return nil, err
		}
		insert.Queue(insertSQL, row...).QueryRow(func(r pgx.Row) error {
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
func column(c *city.City, u roster.Unit) string {
	if u.Kind != roster.UnitArea {
		return "owner"
	}
	switch c.Areas[grid.AreaID(u.ID)].Level {
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

// ListCases implements wanggev1.CaseServiceServer for what is overdue in a unit: the first page of 50, which a load run asks for.
func (s *service) ListCases(ctx context.Context, req *wanggev1.ListCasesRequest) (*wanggev1.ListCasesResponse, error) {
	if req.GetState() != wanggev1.CaseState_CASE_STATE_OVERDUE {
		return nil, status.Errorf(codes.Unimplemented, "state %v: only CASE_STATE_OVERDUE is listed", req.GetState())
	}
	u, ok := resource.ParseUnit(req.GetScope())
	if !ok {
		return nil, status.Errorf(codes.InvalidArgument, "scope %q is not the name of a unit", req.GetScope())
	}
	var err error
	const what = `SELECT id, client_id, category, severity, stage, district, street, community, owner, post, rule, lat, lng, body, created, due FROM cases WHERE open AND due < now()`
	var rows pgx.Rows
	switch col := column(s.world.City, u); {
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
	out := &wanggev1.ListCasesResponse{}
	for rows.Next() {
		var id int64
		var client, category, owner, post, rule, body string
		var district, street, community *string
		var severity, stage int32
		var lat, lng float64
		var created, due time.Time
		if err := rows.Scan(
			&id,
			&client,
			&category,
			&severity,
			&stage,
			&district,
			&street,
			&community,
			&owner,
			&post,
			&rule,
			&lat,
			&lng,
			&body,
			&created,
			&due,
		); err != nil {
			return nil, err
		}
		areas := []grid.AreaID{s.world.City.Root}
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
			Name: fmt.Sprint(
				"cases/",
				id,
			),
			Category:   category,
			Severity:   wanggev1.Severity(severity),
			Stage:      wanggev1.Stage(stage),
			DecidedBy:  &wanggev1.Case_Rule{Rule: rule},
			DueTime:    timestamppb.New(due),
			CreateTime: timestamppb.New(created),
			Report: &wanggev1.Report{
				ClientId: client,
				Category: category,
				Text:     body,
				Position: &wanggev1.Position{Latitude: lat, Longitude: lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8},
			},
		}, areas, unit, roster.PostID(post)))
	}
	return out, rows.Err()
}

// SummarizeOverdue implements wanggev1.SupervisionServiceServer.
func (s *service) SummarizeOverdue(ctx context.Context, _ *wanggev1.SummarizeOverdueRequest) (*wanggev1.SummarizeOverdueResponse, error) {
	rows, err := s.pool.Query(ctx, `SELECT district, count(*), count(*) FILTER (WHERE due < now()) FROM cases WHERE open GROUP BY district`)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.SummarizeOverdueResponse{}
	for rows.Next() {
		r := &wanggev1.SummarizeOverdueResponse_Row{}
		var district *string
		if err := rows.Scan(&district, &r.Open, &r.Overdue); err != nil {
			return nil, err
		}
		if district != nil {
			r.Unit = resource.Area(*district)
		}
		out.Rows = append(out.Rows, r)
	}
	return out, rows.Err()
}
