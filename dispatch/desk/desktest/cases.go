package desktest

import (
	"cmp"
	"context"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
)

// First is the number of the first case of the day of Start.
var First = dispatch.NewCaseID(Start, 1)

// File writes the case of a report under a number, as a desk does, at the store's present instant. A report without a reporter is
// the Inspector's.
func File(t testing.TB, store *tx.Store, c *city.City, id dispatch.CaseID, r dispatch.Report) *dispatch.Case {
	t.Helper()
	r.Reporter, r.ReceivedAt = cmp.Or(r.Reporter, Inspector), store.Now().In(c.Location)
	place, err := routing.PlaceOf(c, r.Position)
	if err != nil {
		t.Fatal(err)
	}
	post, err := lifecycle.Authorize(c, r.Reporter, dispatch.ActFile, nil, r.ReceivedAt)
	if err != nil {
		t.Fatal(err)
	}
	events, err := lifecycle.Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: r.ReceivedAt, Actor: r.Reporter, Post: post},
		lifecycle.Facts{Filing: &lifecycle.Filing{Report: &r, Place: &place}}, c)
	if err != nil {
		t.Fatal(err)
	}
	val, err := record.EncodeFiled(record.Filed{Case: id, Hash: ledger.ContentHash(&r)})
	if err != nil {
		t.Fatal(err)
	}
	var cs *dispatch.Case
	err = store.Do(t.Context(), "file", func(_ context.Context, txn *tx.Txn) (err error) {
		txn.Put(ledger.ReportKey(r.Reporter, r.ClientID), val)
		cs, err = txn.Fold(c, ledger.Indexed{}, id, events)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return cs
}

// Act carries out a command on a case, as a desk does, at the store's present instant.
func Act(t testing.TB, store *tx.Store, c *city.City, person roster.PersonID, id dispatch.CaseID, cmd dispatch.Command) *dispatch.Case {
	t.Helper()
	var cs *dispatch.Case
	err := store.Do(t.Context(), "act", func(_ context.Context, txn *tx.Txn) error {
		l, err := ledger.Load(txn.Snap, id)
		if err != nil {
			return err
		}
		cmd.Actor, cmd.At = person, store.Now().In(c.Location)
		if cmd.Post, err = lifecycle.Authorize(c, person, cmd.Act, l.Cs, cmd.At); err != nil {
			return err
		}
		events, err := lifecycle.Decide(l.Cs, cmd, lifecycle.Facts{}, c)
		if err != nil {
			return err
		}
		txn.Guard(ledger.CaseKey(id), l.Rev)
		cs, err = txn.Fold(c, l.Indexed, id, events)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return cs
}
