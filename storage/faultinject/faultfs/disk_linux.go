package faultfs

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// childEnv names the directory to mount in a child's environment.
const childEnv = "WANGGE_FAULTFS"

// Disk is a mounted file system. Its methods are safe for concurrent use.
type Disk struct {
	Dir string

	mu   sync.Mutex
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	errs strings.Builder
}

// command is what a child is told, one line of JSON each; reply is its answer.
type command struct {
	Do   string
	Rule Rule   `json:",omitzero"`
	Seed uint64 `json:",omitempty"`
	Keep bool   `json:",omitempty"`
}

type reply struct {
	Hits  int    `json:",omitempty"`
	Error string `json:",omitempty"`
}

// ErrNoFUSE says that this machine or this user can't mount a file system in user space.
var ErrNoFUSE = errors.New("no file system in user space can be mounted here")

// Mount mounts an empty disk on a directory that exists. It returns ErrNoFUSE without /dev/fuse or the right to
// mount. The caller closes it.
func Mount(dir string) (*Disk, error) {
	if _, err := os.Stat("/dev/fuse"); err != nil || os.Geteuid() != 0 {
		return nil, ErrNoFUSE
	}
	d := &Disk{Dir: dir, cmd: exec.Command(os.Args[0])} //nolint:noctx // the child lives until Close
	d.cmd.Env = append(os.Environ(), childEnv+"="+dir)
	d.cmd.Stderr = &d.errs
	var err error
	if d.in, err = d.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	d.out = bufio.NewReader(out)
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := d.answer(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Disk) answer() (int, error) {
	line, err := d.out.ReadBytes('\n')
	if err != nil {
		return 0, fmt.Errorf("the file system ended: %w", err)
	}
	var r reply
	if err := json.Unmarshal(line, &r); err != nil {
		return 0, err
	}
	if r.Error == ErrNoFUSE.Error() {
		return 0, ErrNoFUSE
	}
	if r.Error != "" {
		return 0, errors.New(r.Error)
	}
	return r.Hits, nil
}

func (d *Disk) tell(c command) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	line, err := json.Marshal(c)
	if err != nil {
		return 0, err
	}
	if _, err := d.in.Write(append(line, '\n')); err != nil {
		return 0, err
	}
	return d.answer()
}

// Fail adds a rule.
func (d *Disk) Fail(r Rule) error {
	_, err := d.tell(command{Do: "fail", Rule: r})
	return err
}

// Cache says whether the system may keep what it holds of a file in memory when the file is opened again.
func (d *Disk) Cache(keep bool) error {
	_, err := d.tell(command{Do: "cache", Keep: keep})
	return err
}

// Clear takes every rule away and returns how many operations failed under them.
func (d *Disk) Clear() (int, error) { return d.tell(command{Do: "clear"}) }

// Cut lets the power go: what was not synced is dropped, or of each sector of it by chance some is kept, when keep
// says so. Until On nothing can be written, so that open files can be closed first.
func (d *Disk) Cut(seed uint64, keep bool) error {
	_, err := d.tell(command{Do: "cut", Seed: seed, Keep: keep})
	return err
}

// On lets the power come back.
func (d *Disk) On() error {
	_, err := d.tell(command{Do: "on"})
	return err
}

// Close unmounts the disk and ends its process.
func (d *Disk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.in.Close() // it unmounts and ends
	if ended := d.cmd.Wait(); ended != nil {
		_ = syscall.Unmount(d.Dir, syscall.MNT_DETACH)
		err = errors.Join(err, fmt.Errorf("%w: %s", ended, d.errs.String()))
	}
	return err
}
