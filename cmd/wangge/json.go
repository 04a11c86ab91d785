package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// JSON on standard output is one object a line, by the names of the wire: see JSON.md.

// encode prints one JSON object on a line.
func encode(w io.Writer, v any) error {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// dialect is how messages are printed as JSON: by the names of the wire, and with values that are zero or empty, so
// that a script finds the same keys in every line.
var dialect = protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}

// message prints one message as one line of JSON, with its times in the zone of the server's city.
func (c *client) message(ctx context.Context, conn *grpc.ClientConn, w io.Writer, m proto.Message) error {
	zone, err := c.zoneOrUTC(ctx, conn)
	if err != nil {
		return err
	}
	return message(w, m, zone)
}

// message prints one message as one line of JSON, with its times in a zone.
func message(w io.Writer, m proto.Message, zone *time.Location) error {
	line, err := wireObject(m, zone)
	if err != nil {
		return err
	}
	return encode(w, line)
}

// zoneOrUTC is the time zone of the server's city, or UTC for a caller who may not read the city.
func (c *client) zoneOrUTC(ctx context.Context, conn *grpc.ClientConn) (*time.Location, error) {
	zone, err := c.zone(ctx, conn)
	if status.Code(err) == codes.PermissionDenied {
		return time.UTC, nil
	}
	return zone, err
}

// wireObject is a message as the dialect has it, with its times in a zone.
func wireObject(m proto.Message, zone *time.Location) (map[string]any, error) {
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

// setZone writes every timestamp of an object in a zone; the instants stay the same.
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

// note says on standard error what the output does not: a sentence for people; with --json an object with the sentence as
// note, beside the values of more.
func (o *options) note(cmd *cobra.Command, more map[string]any, text i18n.Text) {
	w := cmd.ErrOrStderr()
	if !o.json {
		fmt.Fprintln(w, i18n.OneLine(text.In(o.lang)))
		return
	}
	line := map[string]any{"note": text.In(o.lang)}
	maps.Copy(line, more)
	_ = encode(w, line) // nobody is left to tell
}

// areaRefJSON is wanggev1.AreaRef.
type areaRefJSON struct {
	Level       string `json:"level"`
	ID          string `json:"id"`
	DisplayName string `json:"display_name"` // in the language of --lang
}

// areaJSON is an area with a name besides: route prints the name of the city directory, the others display_name.
type areaJSON struct {
	Level       string `json:"level"`
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"` // in the language of --lang
}

// placeJSON is wanggev1.Place.
type placeJSON struct {
	Latitude  float64          `json:"latitude"` // WGS-84, whatever datum was typed
	Longitude float64          `json:"longitude"`
	Cell      string           `json:"cell"`
	Areas     []areaRefJSON    `json:"areas"`              // the city first
	BorderM   *float64         `json:"border_m,omitempty"` // left out on ground without a border
	Neighbour string           `json:"neighbour"`          // empty: outside the city
	Ambiguous bool             `json:"ambiguous"`
	Sections  []sectionRefJSON `json:"sections"`
	Unlocated bool             `json:"unlocated"` // false: a position was asked for
}

// sectionRefJSON is wanggev1.SectionRef.
type sectionRefJSON struct {
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	Department  string `json:"department"`
}

// ownerJSON is wanggev1.Owner; kind is block, line or point.
type ownerJSON struct {
	Kind              string `json:"kind"`
	Unit              string `json:"unit"`
	Post              string `json:"post"`
	Person            string `json:"person"` // empty: nobody is on duty
	UnitDisplayName   string `json:"unit_display_name"`
	PersonDisplayName string `json:"person_display_name"`
}

// personJSON is wanggev1.Standing.
type personJSON struct {
	Unit              string `json:"unit"`
	Post              string `json:"post"`
	Person            string `json:"person"`
	Name              string `json:"name"`
	UnitDisplayName   string `json:"unit_display_name"`
	PersonDisplayName string `json:"person_display_name"` // the same as name
}

// dutyJSON is wanggev1.DutyConsidered.
type dutyJSON struct {
	Person            string `json:"person"`
	Name              string `json:"name"`
	PersonDisplayName string `json:"person_display_name"` // the same as name
	Rank              int    `json:"rank"`
	Shift             string `json:"shift"`
	Stands            bool   `json:"stands"`
	Why               string `json:"why"`
}

// unitName is the name of a unit in the language of --lang.
func (o *options) unitName(c *city.City, u roster.Unit) string { return c.UnitName(u).In(o.lang) }

func (o *options) areas(c *city.City, ids []grid.AreaID) []areaRefJSON {
	out := make([]areaRefJSON, len(ids))
	for i, id := range ids {
		out[i] = areaRefJSON{c.Levels[c.Areas[id].Level], string(id), areaName(o, c, id)}
	}
	return out
}

func (o *options) place(c *city.City, p dispatch.Place) *placeJSON {
	out := &placeJSON{
		Latitude: p.Point.Lat, Longitude: p.Point.Lng, Cell: p.Cell.String(), Areas: o.areas(c, p.Areas), BorderM: finite(p.BorderM), Neighbour: string(p.Neighbour), Ambiguous: p.Ambiguous,
		Sections: []sectionRefJSON{},
	}
	for _, id := range p.Sections {
		out.Sections = append(out.Sections, sectionRefJSON{string(id), o.unitName(c, roster.Unit{Kind: roster.UnitSection, ID: string(id)}), c.Sections[id].Department})
	}
	return out
}

func (o *options) owner(c *city.City, is dispatch.Owner, at time.Time) ownerJSON {
	s, _ := c.OnCall(is.Unit, is.Post, at)
	p, _ := c.Roster.Person(s.Person)
	return ownerJSON{ownerKinds[is.Kind], is.Unit.String(), string(is.Post), string(s.Person), o.unitName(c, is.Unit), p.Name}
}

func (o *options) person(c *city.City, u roster.Unit, post roster.PostID, id roster.PersonID) personJSON {
	p, _ := c.Roster.Person(id)
	return personJSON{u.String(), string(post), string(id), p.Name, o.unitName(c, u), p.Name}
}

func (o *options) duty(c *city.City, rows []roster.Considered) []dutyJSON {
	out := []dutyJSON{}
	for _, k := range rows {
		p, _ := c.Roster.Person(k.Person)
		out = append(out, dutyJSON{string(k.Person), p.Name, p.Name, k.Rank, k.Shift, k.Stands, k.Why.In(o.lang)})
	}
	return out
}
