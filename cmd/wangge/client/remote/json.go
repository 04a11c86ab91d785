package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"wangge/cmd/wangge/cli"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// dialect prints messages as JSON with the names of the wire. Zero and empty values are printed, so that every line has the same keys.
var dialect = protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}

// Print prints a message as one line of JSON, with its times in the zone of the server's city.
func (s *Server) Print(ctx context.Context, conn *grpc.ClientConn, w io.Writer, m proto.Message) error {
	zone, err := s.CityZoneOrUTC(ctx, conn)
	if err != nil {
		return err
	}
	return PrintMessage(w, m, zone)
}

// PrintMessage prints a message as one line of JSON, with its times in a zone.
func PrintMessage(w io.Writer, m proto.Message, zone *time.Location) error {
	line, err := Object(m, zone)
	if err != nil {
		return err
	}
	return cli.Encode(w, line)
}

// CityZoneOrUTC is the time zone of the server's city, or UTC if the caller may not read the city.
func (s *Server) CityZoneOrUTC(ctx context.Context, conn *grpc.ClientConn) (*time.Location, error) {
	zone, err := s.CityZone(ctx, conn)
	if status.Code(err) == codes.PermissionDenied {
		return time.UTC, nil
	}
	return zone, err
}

// Object is a message as an object of the dialect, with its times in a zone.
func Object(m proto.Message, zone *time.Location) (map[string]any, error) {
	text, err := dialect.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("print: %w", err)
	}
	read := json.NewDecoder(bytes.NewReader(text))
	read.UseNumber()
	line := map[string]any{}
	if err := read.Decode(&line); err != nil {
		return nil, fmt.Errorf("print: %w", err)
	}
	setZone(m.ProtoReflect().Descriptor(), line, zone)
	return line, nil
}

// setZone rewrites every timestamp of an object in a zone; the instants stay the same.
func setZone(of protoreflect.MessageDescriptor, object map[string]any, zone *time.Location) {
	for i := range of.Fields().Len() {
		field := of.Fields().Get(i)
		if field.Message() == nil {
			continue
		}
		name := string(field.Name())
		if field.Message().FullName() == "google.protobuf.Timestamp" {
			if at, err := time.Parse(time.RFC3339, fmt.Sprint(object[name])); err == nil {
				object[name] = at.In(zone).Format(time.RFC3339Nano)
			}
			continue
		}
		items, ok := object[name].([]any)
		if !ok {
			items = []any{object[name]}
		}
		for _, item := range items {
			if inner, ok := item.(map[string]any); ok {
				setZone(field.Message(), inner, zone)
			}
		}
	}
}
