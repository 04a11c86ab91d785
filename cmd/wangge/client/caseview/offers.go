package caseview

import (
	"fmt"
	"strings"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch"

	wanggev1 "wangge/api/wangge/v1"
)

// choices are the values from which an offered act chooses, with a line for each field that has several.
func (w Words) choices(o *wanggev1.ActOffer) (out []string) {
	for _, ch := range o.GetChoices() {
		if len(ch.GetChoices()) < 2 && !ch.GetRequired() {
			continue
		}
		list := make([]string, len(ch.GetChoices()))
		for i, one := range ch.GetChoices() {
			list[i] = joined(" ", one.GetValue(), one.GetDisplayName())
			if grade := joined(w.In(", ", "，"), w.severity(one.GetSeverity()), w.limit(one.GetLimit())); grade != "" {
				list[i] += w.In(" (%s)", "（%s）", grade)
			}
		}
		out = append(out, Flags([]string{ch.GetField()})+w.In(": ", "：")+strings.Join(list, w.In("; ", "；")))
	}
	return out
}

// OfferWord is the word for people of an act that a case offers.
func OfferWord(o *wanggev1.ActOffer) string {
	return ActWord(strings.ToLower(strings.TrimPrefix(o.GetAct().String(), "ACT_")))
}

// completeMilestone is the one act that the wire calls by another name than people and records do.
const completeMilestone = "complete_milestone"

// ActWord is the word of an act for people, by the name of its field of CaseAct.
func ActWord(field string) string {
	if field == completeMilestone {
		return string(dispatch.ActCompleteMilestone)
	}
	return field
}

// Flags are the flags that fill the fields of an act, by their paths.
func Flags(paths []string) string {
	out := make([]string, len(paths))
	for i, path := range paths {
		out[i] = fmt.Sprintf("--%s", cli.FlagName(path[strings.LastIndexByte(path, '.')+1:]))
	}
	return strings.Join(out, " ")
}
