package revision

import (
	"context"
	"errors"
	"sync"
	"testing"
)

// One call works for all that ask meanwhile, and nobody's mutex is held while it does.
func TestFlight_Shares(t *testing.T) {
	t.Parallel()
	var f flight[string, int]
	began, release := make(chan struct{}), make(chan struct{})
	works := 0
	var wg sync.WaitGroup
	wg.Go(func() {
		if v, err := f.do(t.Context(), "a", func() (int, error) { close(began); <-release; works++; return 7, nil }); v != 7 || err != nil {
			t.Errorf("the one that works got %d, %v", v, err)
		}
	})
	<-began
	if v, err := f.do(t.Context(), "b", func() (int, error) { return 8, nil }); v != 8 || err != nil {
		t.Errorf("another key got %d, %v while the first works", v, err)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if _, err := f.do(gone, "a", func() (int, error) { t.Error("a second call works"); return 0, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("one whose context ended got %v", err)
	}
	for range 4 {
		wg.Go(func() {
			v, err := f.do(t.Context(), "a", func() (int, error) { return 7, nil }) // or it came after
			if v != 7 || err != nil {
				t.Errorf("one that waits got %d, %v", v, err)
			}
		})
	}
	close(release)
	wg.Wait()
	if works != 1 || len(f.calls) != 0 {
		t.Errorf("the call ran %d times, %d are left; want one, and none", works, len(f.calls))
	}
}

// The one that works may give up; another that waits then works, by its own context.
func TestFlight_OutlivesTheOneThatWorks(t *testing.T) {
	t.Parallel()
	var f flight[string, int]
	ctx, stop := context.WithCancel(t.Context())
	began := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := f.do(ctx, "a", func() (int, error) { close(began); <-ctx.Done(); return 0, ctx.Err() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the one that gave up got %v", err)
		}
	})
	<-began
	wg.Go(func() {
		if v, err := f.do(t.Context(), "a", func() (int, error) { return 9, nil }); v != 9 || err != nil {
			t.Errorf("the one that waits got %d, %v", v, err)
		}
	})
	stop()
	wg.Wait()
}

func TestFlight_Fails(t *testing.T) {
	t.Parallel()
	var f flight[string, int]
	broken := errors.New("broken")
	if _, err := f.do(t.Context(), "a", func() (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("do = %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = f.do(t.Context(), "a", func() (int, error) { panic("no") })
	}()
	if v, err := f.do(t.Context(), "a", func() (int, error) { return 1, nil }); v != 1 || err != nil {
		t.Errorf("after a panic: %d, %v; want that the key is free", v, err)
	}
}
