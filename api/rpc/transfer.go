package rpc

import (
	"errors"
	"io"

	"google.golang.org/grpc"

	"wangge/api/auth"
	"wangge/api/rpc/convert"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/i18n"
)

// maxPart bounds the bytes of a file in one message.
const maxPart = 1 << 20

// upload is a message of a stream that brings files.
type upload interface{ GetPart() *wanggev1.FilePart }

// receive reads the files of a stream. Each bound is checked before a part is kept in memory.
func receive[T upload](f *request.Reader, first T, next func() (T, error)) (city.Directory, error) {
	dir := city.Directory{}
	total := 0 // GetPart of a nil message is nil
	for m, err := first, error(nil); ; m, err = next() {
		if errors.Is(err, io.EOF) {
			return dir, nil
		}
		if err != nil {
			return nil, err
		}
		p := m.GetPart()
		if p == nil {
			continue
		}
		total += len(p.GetData())
		if len(p.GetData()) > maxPart {
			f.Add("part.data", i18n.F("a part has at most %d bytes", "每个分块最多 %d 字节", maxPart))
		}
		if len(p.GetName()) > city.MaxFileName {
			f.Add("part.name", i18n.F("at most %d bytes", "最多 %d 字节", city.MaxFileName))
		}
		if _, known := dir[p.GetName()]; total > city.MaxDirectoryBytes || !known && len(dir) == city.MaxDirectoryFiles {
			f.Add("part", i18n.F("a city directory has at most %[1]d files and %[2]d bytes", "城市目录最多 %[1]d 个文件、%[2]d 字节",
				city.MaxDirectoryFiles, city.MaxDirectoryBytes))
		}
		if err := f.Err(); err != nil {
			return nil, err
		}
		dir[p.GetName()] = append(dir[p.GetName()], p.GetData()...)
	}
}

// proposing is a message of a stream that brings a proposal, in the first message, and the files of the proposal.
type proposing interface {
	upload
	GetProposal() *wanggev1.Proposal
}

// receiveProposal reads the proposal of a stream.
func receiveProposal[T proposing](f *request.Reader, next func() (T, error)) (rollout.Proposal, error) {
	first, err := next()
	if err != nil && !errors.Is(err, io.EOF) { // a stream of nothing lacks a proposal
		return rollout.Proposal{}, err
	}
	dir, err := receive(f, first, next)
	if err != nil {
		return rollout.Proposal{}, err
	}
	prop := f.Proposal(first.GetProposal(), dir)
	return prop, f.Err()
}

// CheckCity implements CityService.
func (s cityService) CheckCity(stream grpc.ClientStreamingServer[wanggev1.CheckCityRequest, wanggev1.CheckCityResponse]) error {
	ctx := stream.Context()
	if err := s.govern(ctx, dispatch.ActPlan); err != nil {
		return err
	}
	done, err := s.calls.Transferring(ctx)
	if err != nil {
		return err
	}
	defer done()
	dir, err := receive(s.read(ctx), &wanggev1.CheckCityRequest{}, stream.Recv)
	if err != nil {
		return err
	}
	_, bad := compile.Directory(dir)
	return stream.SendAndClose(&wanggev1.CheckCityResponse{
		Ok: len(bad) == 0, CityRevision: dir.Revision(), Diagnostics: convert.Diagnostics(bad, auth.LanguageOf(ctx)),
	})
}
