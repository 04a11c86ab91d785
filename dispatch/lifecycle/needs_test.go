package lifecycle

import (
	"errors"
	"slices"
	"testing"

	"wangge/dispatch"
)

// A check is made at the place, and with a photo where the city says so; what the city asks for is what the case offers.
func TestNeeds_OfACheckAreTheCitys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		withinM float64
		photos  bool
		want    []dispatch.Need
	}{
		{"at the place", 100, false, []dispatch.Need{dispatch.NeedVerdict, dispatch.NeedPosition}},
		{"from anywhere", 0, false, []dispatch.Need{dispatch.NeedVerdict}},
		{"at the place, with a photo", 100, true, []dispatch.Need{dispatch.NeedVerdict, dispatch.NeedPosition, dispatch.NeedPhotos}},
		{"from anywhere, with a photo", 0, true, []dispatch.Need{dispatch.NeedVerdict, dispatch.NeedPhotos}},
	} {
		l := lives(t, dispatch.Checking)
		c := *l.c
		c.Defaults.CheckWithinM, c.Defaults.CheckPhotos = tt.withinM, tt.photos
		l.c = &c
		if got := NeedsIn(&c, dispatch.ActCheck); !slices.Equal(got, tt.want) {
			t.Errorf("%s: a check needs %v, want %v", tt.name, got, tt.want)
		}
		cmd := l.full(dispatch.ActCheck)
		if _, err := l.try(cmd); err != nil {
			t.Errorf("%s: a check with everything: %v", tt.name, err)
		}
		cmd.Photos = nil
		_, err := l.try(cmd)
		if refused, ok := errors.AsType[*dispatch.RefusedError](err); ok != tt.photos || ok && refused.Why.Zh != "必须提供：照片" {
			t.Errorf("%s: a check without a photo: %v", tt.name, err)
		}
	}
}
