package dispatch

import (
	"errors"
	"fmt"
	"strings"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// ErrNothingDue is returned for a tick before its time, and when new calendars move no deadline: there is nothing to
// write.
var ErrNothingDue = errors.New("nothing is due")

// JoinTexts appends a list to a beginning, in both languages.
func JoinTexts(begin i18n.Text, list []i18n.Text) i18n.Text {
	for i, t := range list {
		if i > 0 {
			begin.En += "; "
			begin.Zh += "；"
		}
		begin.En += t.En
		begin.Zh += t.Zh
	}
	return begin
}

// UnknownCategoryError says that the city has no such category, and which ones are nearest.
type UnknownCategoryError struct {
	Code    catalog.Code
	Nearest []catalog.Code
	Names   i18n.Text // the nearest with their names
}

// Error implements error.
func (e *UnknownCategoryError) Error() string { return e.Localized().En }

// Localized is the error in both languages.
func (e *UnknownCategoryError) Localized() i18n.Text {
	return i18n.F("category %[1]q is not in the table; nearest: %[2]s", "类别 %[1]q 不存在；相近的有：%[3]s", e.Code, e.Names.En, e.Names.Zh)
}

// UnknownCategory is the *UnknownCategoryError of a code, with the nearest codes of the city.
func UnknownCategory(c *city.City, code catalog.Code) error {
	_, near := c.Category(string(code))
	return &UnknownCategoryError{Code: code, Nearest: near, Names: c.CategoryNames(near)}
}

// UnknownConditionError says that the category has no such filing condition.
type UnknownConditionError struct {
	Code      catalog.Code
	Condition string
	Have      []string
}

// Error implements error.
func (e *UnknownConditionError) Error() string { return e.Localized().En }

// Localized is the error in both languages.
func (e *UnknownConditionError) Localized() i18n.Text {
	return i18n.F("category %s has no filing condition %q; it has %s", "类别 %s 没有立案条件 %q；可选：%s", e.Code, e.Condition, strings.Join(e.Have, ", "))
}

// NotAllowedError says that no post of a person gives the right to an act here, and which roles would.
type NotAllowedError struct {
	Person roster.PersonID
	Act    Act
	Roles  []roster.Role // the roles that may
	Why    i18n.Text
}

// Error implements error.
func (e *NotAllowedError) Error() string {
	return fmt.Sprintf("%s may not %s: %s", e.Person, e.Act, e.Why.En)
}
