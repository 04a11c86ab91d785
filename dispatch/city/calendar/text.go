package calendar

import (
	"strconv"
	"strings"

	"wangge/dispatch/i18n"
)

// UnmarshalText reads the text form of a limit, as String writes it. Example: "1 work_days".
func (l *Limit) UnmarshalText(text []byte) error {
	number, word, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	n, err := strconv.Atoi(number)
	unit, bad := ParseUnit(strings.TrimSpace(word))
	if err != nil || bad != nil || n <= 0 || n > MaxN {
		return i18n.Errorf("%[1]q is no limit: write a whole number and %[2]s, as in 1 work_days", "%[1]q 不是时限：请写整数和 %[2]s，例如 1 work_days", string(text), strings.Join(UnitNames(), ", "))
	}
	*l = Limit{n, unit}
	return nil
}
