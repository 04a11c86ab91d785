package lifecycle

import (
	"wangge/dispatch"
	"wangge/dispatch/i18n"
)

func refuse(cs *dispatch.Case, act dispatch.Act, why i18n.Text) error {
	return &dispatch.RefusedError{Case: cs.ID, Act: act, Stage: cs.Stage, Why: why, Instead: actsFrom(cs.Stage)}
}
