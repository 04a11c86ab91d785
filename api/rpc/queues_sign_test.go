package rpc

import (
	"testing"

	"wangge/api/wangge/v1"
	"wangge/dispatch/city/citytest"
)

// Work that was given is in the owner's queues from the first minute: to sign for (待签收) and to start (待处置). The receipt
// takes it out of the first, the start out of the second; then it is in the hands of its handler (在办). The co-owner has
// the case to sign for until the co-owner's own receipt, and nothing to start.
func TestQueues_GivenWorkWaitsToBeSignedForAndStarted(t *testing.T) {
	t.Parallel()
	const sign, start, hands = wanggev1.CaseQueue_CASE_QUEUE_TO_SIGN, wanggev1.CaseQueue_CASE_QUEUE_TO_START, wanggev1.CaseQueue_CASE_QUEUE_MY_WORK
	w := newReceiptWorld(t, nil)
	w.at("2026-03-06 10:02")
	name := w.reported("flood", citytest.Flooding, citytest.InW1A).GetName()
	w.wantMine("dispatched", sign, name)(citytest.WaterOwner, citytest.LeaderW)
	w.wantMine("dispatched", start, name)(citytest.WaterOwner)
	w.wantMine("dispatched", start)(citytest.LeaderW, citytest.Mayor)
	w.wantMine("dispatched", hands)(citytest.WaterOwner, citytest.WaterCrew)
	w.does(citytest.WaterOwner, name, "", caseAct("", &wanggev1.AcknowledgeAct{}))
	w.wantMine("signed", sign)(citytest.WaterOwner)
	w.wantMine("signed by the owner alone", sign, name)(citytest.LeaderW)
	w.wantMine("signed", start, name)(citytest.WaterOwner)
	w.does(citytest.LeaderW, name, "", caseAct("", &wanggev1.AcknowledgeAct{}))
	w.wantMine("signed by both", sign)(citytest.WaterOwner, citytest.LeaderW)
	w.at("2026-03-06 10:10")
	w.does(citytest.WaterOwner, name, "", caseAct("", &wanggev1.StartAct{Handler: "people/" + string(citytest.WaterCrew)}))
	w.wantMine("started", start)(citytest.WaterOwner, citytest.WaterCrew)
	w.wantMine("started", hands, name)(citytest.WaterCrew)
}
