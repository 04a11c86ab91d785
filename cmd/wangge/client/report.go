package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/photos"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/i18n"
	"wangge/grid"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// sources are the sources that a report may name. The service itself sets import.
var sources = slices.DeleteFunc(remote.EnumNames(wanggev1.Source_name, "SOURCE_"), func(s string) bool { return s == "import" })

// joinLine returns the result of a report with --joins: merged, a case with a proposal, or one that names no known case.
func joinLine(resp *wanggev1.CreateReportResponse) i18n.Text {
	c := resp.GetCase()
	number := func(name string) string { return strings.TrimPrefix(name, "cases/") }
	switch {
	case c.GetMergedInto() != "":
		return i18n.F("it ends in case %s", "已并入案件 %s", number(c.GetMergedInto()))
	case c.GetProposedDuplicateOf() != "":
		return i18n.F("it is a case of its own: the acceptor decides whether it repeats case %s", "已单独立案，是否与案件 %s 重复由受理员认定", number(c.GetProposedDuplicateOf()))
	case resp.GetJoinsUnknown():
		return i18n.F("it is a case of its own: there is no case %s, or it is not yours to see", "已单独立案：案件 %s 不存在，或您无权查看", number(c.GetReport().GetJoins()))
	}
	return i18n.Text{}
}

// noteRefused notes what to do if the service refuses a report of a matter put right on the spot.
func noteRefused(o *cli.Options, cmd *cobra.Command, err error, done []string) {
	if len(done) > 0 && status.Code(err) == codes.FailedPrecondition {
		o.Note(cmd, nil, i18n.F("nothing was reported; leave out --after-photo, and the matter goes the usual way", "尚未上报；请去掉 --after-photo 按一般流程上报"))
	}
}

// ReportCommand files a report.
func ReportCommand(o *cli.Options) *cobra.Command {
	c := newClient(o)
	var id, datum, source, text, condition, at, joins string
	before, after := photos.Flag{Name: "photo"}, photos.Flag{Name: "after-photo"}
	var accuracy float64
	var more wanggev1.Report // the fields that have a flag of their own name
	cmd := &cobra.Command{
		Use:   "report LAT LNG CATEGORY",
		Short: "File a report as the person of the token",
		Example: "  wangge report 45.755 126.600 C0106 --text 井盖缺失\n  wangge report 45.755 126.600 C0106 --text 井盖缺失 --joins 20261123-000417" +
			"\n  wangge report 45.755 126.600 E0201 --text 小广告 --photo before.jpg --after-photo after.jpg",
		Args: cli.Args("LAT", "LNG", "CATEGORY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var wrong []error
			lat, err := cli.Degrees(args[0])
			if err != nil {
				wrong = append(wrong, i18n.Errorf("latitude: %v", "纬度：%v", err))
			}
			lng, err := cli.Degrees(args[1])
			if err != nil {
				wrong = append(wrong, i18n.Errorf("longitude: %v", "经度：%v", err))
			}
			d, err := remote.ParseEnum(wanggev1.Datum_value, "DATUM_", datum)
			if err != nil {
				wrong = append(wrong, fmt.Errorf("--datum %w", err))
			}
			src, err := remote.ParseEnum(wanggev1.Source_value, "SOURCE_", source)
			if err != nil {
				wrong = append(wrong, fmt.Errorf("--source %w", err))
			}
			if id != "" && at == "" {
				wrong = append(wrong, i18n.Errorf("--id needs --at: sent again, the report must say the same, also when it was seen", "--id 须与 --at 同用：重发时内容须一致，包括发现时间"))
			}
			seen, done, err := photos.OnTheSpot(before, after)
			if err := errors.Join(append(wrong, err)...); err != nil {
				return err
			}
			if id == "" {
				id = rand.Text()
			}
			req := &wanggev1.CreateReportRequest{Report: proto.CloneOf(&more)}
			r := req.GetReport()
			r.ClientId, r.Category, r.Condition, r.Text, r.Source = id, args[2], condition, text, wanggev1.Source(src)
			r.Position = &wanggev1.Position{Latitude: *lat, Longitude: *lng, Datum: wanggev1.Datum(d), AccuracyM: accuracy}
			r.PhotoHashes, r.AfterPhotoHashes = seen, done
			if joins != "" {
				r.Joins = remote.CaseName(joins)
			}
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.CityZoneOrUTC(ctx, conn) // before the report is sent: what was filed can be printed
				if err != nil {
					return err
				}
				captured := time.Now()
				if at != "" {
					if captured, err = o.Instant(cmd, at, zone); err != nil {
						return err
					}
				}
				r.CaptureTime, r.PhoneTime = timestamppb.New(captured), timestamppb.Now()
				resp, err := wanggev1.NewReportServiceClient(conn).CreateReport(ctx, req)
				if err != nil {
					noteRefused(o, cmd, err, done)
					return err
				}
				photos.Note(o, cmd, before, after)
				if o.JSON {
					return remote.PrintMessage(cmd.OutOrStdout(), resp, zone)
				}
				if err := c.show(ctx, conn, cmd.OutOrStdout(), resp.GetCase()); err != nil {
					return err
				}
				if line := joinLine(resp); line != (i18n.Text{}) {
					fmt.Fprintln(cmd.OutOrStdout(), line.In(o.Lang))
				}
				return nil
			})
		},
	}
	c.Flags(cmd)
	f := cmd.Flags()
	f.StringVar(&id, "id", "", "the phone's own id; the same id and content again gives the same case, so it needs --at (default random)")
	cli.ChoiceFlag(cmd, &datum, "datum", "wgs84", grid.DatumNames(), "wgs84, gcj02, bd09 or cgcs2000")
	cli.ChoiceFlag(cmd, &source, "source", "inspector", sources, "inspector, hotline, public, media, leader or video")
	f.StringVar(&text, "text", "", "what was seen")
	f.StringVar(&condition, "condition", "", "filing condition (default the only one; where conditions differ in severity or limit, the desk chooses)")
	f.StringVar(&at, "at", "", "when it was seen, by the phone's clock, in the city's zone unless it names one (default now)")
	f.StringVar(&joins, "joins", "", "number of an open case of the same matter: the report ends in that case if the two can be one, else it is a case of its own with a proposal for the acceptor")
	f.StringVar(&more.CallerName, "caller", "", "who called or wrote; an office's post may say so, as all of a source other than inspector")
	f.StringVar(&more.CallerPhone, "phone", "", "the caller's phone")
	f.BoolVar(&more.Confidential, "confidential", false, "the caller's name and phone are for acceptors and duty chiefs alone")
	f.StringVar(&more.Address, "address", "", "the place in words")
	f.StringVar(&more.ExternalId, "external-id", "", "the report's number in the system of its source, such as an order of 12345; unique there")
	f.StringVar(&more.ComponentId, "component", "", "code of the asset")
	f.StringVar(&more.Building, "building", "", "building")
	f.StringVar(&more.UnitNo, "unit", "", "unit of the building")
	f.StringVar(&more.Floor, "floor", "", "floor")
	f.Float64Var(&more.Confidence, "confidence", 0, "of a video: how sure the recogniser is, from 0 to 1")
	f.StringArrayVar(&before.Values, "photo", nil, "a picture of the matter, or the SHA-256 of one; once for each of up to 20. The SHA-256 is sent, the picture is not: keep the file")
	f.StringArrayVar(&after.Values, "after-photo", nil, "a picture from after you put the matter right on the spot, as --photo: the case ends as self-resolved. For an inspector of the place, where the category allows it (wangge categories); needs --photo")
	cli.MetresFlag(f, &accuracy, "accuracy", 0, grid.MaxAccuracyM, "radius of uncertainty in metres")
	return cmd
}
