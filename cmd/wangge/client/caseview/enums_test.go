package caseview

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/i18n"
)

// Every value of the wire that a case shows has words for people.
func TestWords_EveryValueHasWords(t *testing.T) {
	t.Parallel()
	for prefix, tt := range map[string]struct {
		values protoreflect.EnumDescriptor
		texts  map[string]i18n.Text
	}{
		"SOURCE_":          {wanggev1.Source(0).Descriptor(), sources},
		"SATISFACTION_":    {wanggev1.Satisfaction(0).Descriptor(), satisfactions},
		"MISMATCH_REASON_": {wanggev1.MismatchReason(0).Descriptor(), mismatches},
		"NOTICE_CHANNEL_":  {wanggev1.NoticeChannel(0).Descriptor(), channels},
	} {
		for i := 1; i < tt.values.Values().Len(); i++ {
			v := tt.values.Values().Get(i)
			if got := (Words{Lang: "zh"}).word(tt.texts, name(v.Name()), prefix); got == "" || got[0] < 0x80 {
				t.Errorf("%s is shown as %q", v.Name(), got)
			}
		}
	}
}

type name string

func (n name) String() string { return string(n) }
