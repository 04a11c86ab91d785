package loadtest

import (
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/i18n"
)

// report prints one line a phase, or one JSON object a line.
func report(w io.Writer, o *cli.Options, ms []Measure) error {
	if !o.JSON {
		printMeasures(w, o, ms)
	}
	failed := false
	for _, m := range ms {
		if o.JSON {
			if err := cli.Encode(w, m); err != nil {
				return cli.Failure(err)
			}
		}
		failed = failed || m.Errors > 0
	}
	if failed {
		return cli.ErrFound
	}
	return nil
}

// printMeasures prints a table.
func printMeasures(w io.Writer, o *cli.Options, ms []Measure) {
	in := func(en, zh string) string { return i18n.Text{En: en, Zh: zh}.In(o.Lang) }
	fmt.Fprintf(w, "%-38s %12s %10s %10s %10s %7s\n", fmt.Sprintf("%d %s", runtime.NumCPU(), in("CPUs", "个处理器")), in("per second", "每秒"), in("p50 ms", "p50 毫秒"), in("p99 ms", "p99 毫秒"), in("p99.9 ms", "p99.9 毫秒"), in("errors", "错误"))
	for _, m := range ms {
		fmt.Fprintf(w, "%-38s %12.0f %10.3f %10.3f %10.3f %7d", m.Phase, m.PerSecond, m.P50, m.P99, m.P999, m.Errors)
		for _, name := range slices.Sorted(maps.Keys(m.Figures)) {
			fmt.Fprintf(w, "  %s %.4g", name, m.Figures[name])
		}
		if m.FirstErr != "" {
			fmt.Fprintf(w, "  %s%s", in("first error: ", "首个错误："), m.FirstErr)
		}
		fmt.Fprintln(w)
	}
}

// The axes of the curve: each further nine of a percentile has the same width; latencies are logarithmic, from 10 µs to 10 s.
const (
	plotWidth, plotHeight = 640.0, 200.0
	nines                 = 4.0
	decades               = 6.0
)

func plotX(percentile float64) float64 {
	return min(-math.Log10(1-min(percentile, 99.99)/100)/nines, 1) * plotWidth
}

func plotY(ms float64) float64 {
	return plotHeight - min(max((math.Log10(max(ms, 0.01))+2)/decades, 0), 1)*plotHeight
}

//nolint:lll // lines of the page
var page = template.Must(template.New("load").Funcs(template.FuncMap{
	"points": func(m Measure) string {
		var b strings.Builder
		for _, p := range m.Curve {
			fmt.Fprintf(&b, "%.1f,%.1f ", plotX(p.Percentile), plotY(p.Ms))
		}
		return b.String()
	},
	"x": plotX, "y": plotY,
}).Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>wangge load</title>
<style>body{font:14px/1.4 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}td,th{padding:.2rem .6rem;text-align:right;border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}svg{background:#fafafa;border:1px solid #ddd}</style>
<h1>wangge load</h1>
<table><tr><th>phase<th>per second<th>p50 ms<th>p99 ms<th>p99.9 ms<th>max ms<th>errors<th>figures</tr>
{{range .}}<tr><td>{{.Phase}}<td>{{printf "%.0f" .PerSecond}}<td>{{printf "%.3f" .P50}}<td>{{printf "%.3f" .P99}}<td>{{printf "%.3f" .P999}}<td>{{printf "%.3f" .Max}}<td>{{.Errors}}<td>{{range $k, $v := .Figures}}{{$k}} {{printf "%.4g" $v}}<br>{{end}}</tr>
{{end}}</table>
{{range .}}{{if .Curve}}<h2>{{.Phase}}</h2>
<svg width="700" height="240" viewBox="-50 -10 700 240" role="img" aria-label="latency by percentile">
<polyline fill="none" stroke="#06c" stroke-width="2" points="{{points .}}"/>
<g font-size="11" fill="#555"><text x="{{x 50.0}}" y="215">50 %</text><text x="{{x 90.0}}" y="215">90 %</text><text x="{{x 99.0}}" y="215">99 %</text><text x="{{x 99.9}}" y="215">99.9 %</text>
<text x="-45" y="{{y 0.1}}">0.1 ms</text><text x="-45" y="{{y 1.0}}">1 ms</text><text x="-45" y="{{y 10.0}}">10 ms</text><text x="-45" y="{{y 100.0}}">100 ms</text><text x="-45" y="{{y 1000.0}}">1 s</text></g></svg>
{{end}}{{end}}</html>
`))

// writePage writes a page with the table and the curves.
func writePage(file string, ms []Measure) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := page.Execute(f, ms); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return f.Close()
}
