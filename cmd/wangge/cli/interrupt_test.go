package cli

import "testing"

// Nothing is written once a command has been interrupted; what is being written by then is written to its end.
func TestInterrupt_NothingMoreIsWritten(t *testing.T) {
	t.Parallel()
	var w writeGate
	begun, finish, ended := make(chan bool), make(chan bool), make(chan bool)
	whole := false
	go func() {
		_ = w.Do(func() error {
			close(begun)
			<-finish
			whole = true
			return nil
		})
	}()
	<-begun
	go func() {
		w.close()
		close(ended)
	}()
	close(finish)
	<-ended
	if !whole {
		t.Error("it ended in the middle of a file")
	}
	if err := w.Do(func() error { t.Error("a file was begun afterwards"); return nil }); err == nil {
		t.Error("the write that was left out counts as done")
	}
}
