package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// rawConn is HTTP/2 by hand.
type rawConn struct {
	net.Conn
	framer *http2.Framer
	out    *bufio.Writer
	sent   *atomic.Int64
	next   uint32 // id of the next call
}

// Write counts what is sent.
func (c *rawConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent.Add(int64(n))
	return n, err
}

// drain reads and drops what comes, and answers settings.
func (c *rawConn) drain() {
	go func() { _, _ = io.Copy(io.Discard, c.Conn) }()
}

// open begins a call.
func (c *rawConn) open(method, timeout string) (uint32, error) {
	id := c.next
	c.next += 2
	return id, c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: header(method, timeout), EndHeaders: true})
}

// header is that of a call, with more fields.
func header(method, timeout string, more ...string) []byte {
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for _, f := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", method}, {":authority", "x"}, {"content-type", "application/grpc"}, {"te", "trailers"}, {"grpc-timeout", timeout}} {
		if f[1] != "" && f[1] != "0S" {
			_ = enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
		}
	}
	for f := range slices.Chunk(more, 2) {
		_ = enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	return block.Bytes()
}

// small makes calls with an empty message, and waits for no answer.
func (c *rawConn) small(ctx context.Context, method string, more ...string) error {
	c.drain()
	for ctx.Err() == nil {
		err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: c.next, BlockFragment: header(method, "", more...), EndHeaders: true})
		if err == nil {
			err = c.framer.WriteData(c.next, true, make([]byte, 5))
		}
		if err == nil {
			err = c.out.Flush()
		}
		if err != nil {
			return err
		}
		c.next += 2
	}
	return nil
}

// messages sends messages of 4 MiB, as far as the first window lets it, again and again.
func (c *rawConn) messages(ctx context.Context, method string, frame int, ends bool) error {
	c.drain()
	for ctx.Err() == nil {
		id, err := c.open(method, "")
		if err != nil {
			return err
		}
		data := append([]byte{0, 0, 0x40, 0, 0}, make([]byte, 60<<10)...)
		if !ends {
			data = data[:len(data)-1]
		}
		for part := range slices.Chunk(data, frame) {
			if err := c.framer.WriteData(id, false, part); err != nil {
				return err
			}
		}
		if err := c.out.Flush(); err != nil {
			return err
		}
		if !ends && c.next > 40 { // this many stay open
			<-ctx.Done()
		}
	}
	return nil
}

// headers sends one header of so many bytes.
func (c *rawConn) headers(ctx context.Context, size int) error {
	c.drain()
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	_ = enc.WriteField(hpack.HeaderField{Name: "x-much", Value: strings.Repeat("x", 12<<10), Sensitive: true})
	part := block.Bytes()
	if err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: part}); err != nil {
		return err
	}
	for n := 0; n < size && ctx.Err() == nil; n += len(part) {
		if err := c.framer.WriteContinuation(1, false, part); err != nil {
			return err
		}
	}
	if err := c.framer.WriteContinuation(1, true, nil); err != nil {
		return err
	}
	return c.out.Flush()
}

// resets begins calls and resets them.
func (c *rawConn) resets(ctx context.Context, timeout string) error {
	c.drain()
	for ctx.Err() == nil {
		id, err := c.open(reportMethod, timeout)
		if err == nil {
			err = c.framer.WriteRSTStream(id, http2.ErrCodeCancel)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// control sends frames that belong to no call.
func (c *rawConn) control(ctx context.Context) error {
	c.drain()
	for n := byte(0); ctx.Err() == nil; n++ {
		err := c.framer.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 100})
		if err == nil && n%100 == 99 {
			err = c.framer.WritePing(false, [8]byte{n})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unread asks reflection for the schema and reads nothing.
func (c *rawConn) unread(ctx context.Context) error {
	for ctx.Err() == nil {
		id, err := c.open("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "")
		if err != nil {
			return err
		}
		const symbol = "wangge.v1.CaseService" // field 4: file_containing_symbol
		message := append([]byte{4<<3 | 2, byte(len(symbol))}, symbol...)
		if err := c.framer.WriteData(id, true, append([]byte{0, 0, 0, 0, byte(len(message))}, message...)); err != nil {
			return err
		}
	}
	return nil
}
