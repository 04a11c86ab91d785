package records

import (
	"maps"
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// FormatOf returns a format of the city's imports.yaml by its name. dir names the city in the error for an unknown format.
func FormatOf(c *city.City, dir, format string) (city.ImportFormat, error) {
	if f, ok := c.Formats[format]; ok {
		return f, nil
	}
	names := slices.Sorted(maps.Keys(c.Formats))
	if len(names) == 0 {
		return city.ImportFormat{}, i18n.Errorf("city %s has no formats: add imports.yaml with the format %q", "城市 %s 没有格式：请添加 imports.yaml，并写入格式 %q", dir, format)
	}
	near := diag.Suggest(format, names)
	return city.ImportFormat{}, i18n.Errorf("format %[1]q is not in imports.yaml of %[2]s; %[3]v", "%[2]s 的 imports.yaml 中没有格式 %[1]q，%[3]v", format, dir, near)
}
