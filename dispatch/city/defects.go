package city

import (
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Defect is something wrong with the drawn areas, and whether the city lives with it.
type Defect struct {
	grid.Defect
	Message, Suggestion i18n.Text
	Reason              string // why city.yaml accepts it; "" = it doesn't
	Line                int    // of its first area, in areas.geojson
}
