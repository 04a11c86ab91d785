package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/routing"
	"wangge/grid"

	"github.com/jackc/pgx/v5"
)

// fill copies the areas, and as many cases as the other store was preloaded with.
func (s *service) fill(ctx context.Context, dir string, cases int) error {
	if _, err := s.pool.Exec(ctx, schema); err != nil {
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
		if a := s.world.City.Areas[grid.AreaID(f.Properties.ID)]; string(f.Geometry) != "null" && a.Level > 0 {
			batch.Queue(
				`INSERT INTO areas VALUES ($1, $2, ST_Multi(ST_SetSRID(ST_GeomFromGeoJSON($3), 4326)))`,
				string(a.ID),
				a.Level,
				string(f.Geometry),
			)
		}
	}
	if err := s.pool.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("areas: %w", err)
	}
	now := time.Now()
	n := 0
	columns := []string{
		"client_id",
		"reporter",
		"category",
		"severity",
		"stage",
		"open",
		"district",
		"street",
		"community",
		"owner",
		"post",
		"rule",
		"lat",
		"lng",
		"body",
		"created",
		"due",
	}
	_, err = s.pool.CopyFrom(ctx, pgx.Identifier{"cases"}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		if n == cases {
			return nil, nil
		}
		n++
		p := s.world.Places[s.world.Rand.IntN(len(s.world.Places))]
		place, err := routing.PlaceOf(s.world.City, grid.Position{Lat: p.Lat, Lng: p.Lng, Datum: grid.WGS84})
		if err != nil {
			return nil, err
		}
		code := s.world.Codes[s.world.Rand.IntN(len(s.world.Codes))]
		d, err := routing.Route(s.world.City, place, code, now)
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
		return []any{
			fmt.Sprint("preload-", n),
			"import",
			string(code),
			1,
			int(dispatch.Dispatched),
			open,
			area(1),
			area(2),
			area(3),
			d.Owner.Unit.String(),
			string(d.Owner.Post),
			d.Rule,
			p.Lat,
			p.Lng,
			"历史案件",
			now.AddDate(0, -2, 0),
			due,
		}, nil
	}))
	if err != nil {
		return fmt.Errorf("preload: %w", err)
	}
	_, err = s.pool.Exec(ctx, `INSERT INTO events SELECT id, 1, 'dispatched', reporter, created, rule FROM cases; ANALYZE`)
	return err
}
