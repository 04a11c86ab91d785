module wangge/grid/postgis

go 1.26.0

replace wangge => ../..

require (
	github.com/jackc/pgx/v5 v5.12.0
	wangge v0.0.0
)

require (
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/peterstace/simplefeatures v0.50.0 // indirect
	github.com/uber/h3-go/v4 v4.4.1 // indirect
	golang.org/x/sync v0.25.0 // indirect
	golang.org/x/text v0.44.0 // indirect
)
