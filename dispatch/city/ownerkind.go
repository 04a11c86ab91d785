package city

import (
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
)

// OwnerKindOf returns the kind of owner that a unit is: a department or a section owns a line, a point owns a point, an
// area owns a block.
func OwnerKindOf(u roster.Unit) catalog.OwnerKind {
	switch u.Kind {
	case roster.UnitDepartment, roster.UnitSection:
		return catalog.OwnerLine
	case roster.UnitPoint:
		return catalog.OwnerPoint
	case roster.UnitArea, roster.UnitUnknown:
	}
	return catalog.OwnerBlock
}
