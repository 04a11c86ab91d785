package wanggev1_test

import (
	"regexp"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	wanggev1 "wangge/api/wangge/v1"
)

// variable is a part of a path that a field of the request fills: {name=cases/*}.
var variable = regexp.MustCompile(`\{([a-z_.]+)=([^}]*)\}`)

// Each rpc that one HTTP request can carry has a rule (AIP-127); no two rules take the same request; and a rule names
// fields that the request has.
func TestHTTP_RulesOfEveryMethod(t *testing.T) {
	t.Parallel()
	taken := map[string]protoreflect.FullName{}
	methods := 0
	protoregistry.GlobalFiles.RangeFilesByPackage(wanggev1.File_wangge_v1_case_proto.Package(), func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			for j := range f.Services().Get(i).Methods().Len() {
				methods++
				checkRule(t, f.Services().Get(i).Methods().Get(j), taken)
			}
		}
		return true
	})
	if methods < 30 {
		t.Errorf("only %d methods were found", methods)
	}
}

func checkRule(t *testing.T, m protoreflect.MethodDescriptor, taken map[string]protoreflect.FullName) {
	t.Helper()
	rule, ok := proto.GetExtension(m.Options(), annotations.E_Http).(*annotations.HttpRule)
	if m.IsStreamingClient() {
		if ok && rule != nil {
			t.Errorf("%s streams requests, which HTTP has no rule for", m.FullName())
		}
		return
	}
	var verb, path string
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		verb, path = "GET", pattern.Get
	case *annotations.HttpRule_Post:
		verb, path = "POST", pattern.Post
	default:
		t.Errorf("%s has no rule with get or post", m.FullName())
		return
	}
	if len(rule.GetAdditionalBindings()) > 0 {
		t.Errorf("%s has several rules", m.FullName())
	}
	if !strings.HasPrefix(path, "/v1/") {
		t.Errorf("%s has the path %s, want one under /v1/", m.FullName(), path)
	}
	if (rule.GetBody() == "") != (verb == "GET") {
		t.Errorf("%s is a %s with the body %q", m.FullName(), verb, rule.GetBody())
	}
	if body := rule.GetBody(); body != "" && body != "*" && m.Input().Fields().ByName(protoreflect.Name(body)) == nil {
		t.Errorf("%s has no field for the body %q", m.Input().FullName(), body)
	}
	for _, v := range variable.FindAllStringSubmatch(path, -1) {
		field := m.Input().Fields().ByName(protoreflect.Name(v[1]))
		if field == nil || field.Kind() != protoreflect.StringKind || field.IsList() {
			t.Errorf("%s has no text %q for the path %s", m.Input().FullName(), v[1], path)
		}
	}
	filled := variable.ReplaceAllString(path, "$2") // two paths that differ in the names of fields take the same requests
	if strings.ContainsAny(filled, "{}") {
		t.Errorf("%s has the path %s, want variables as {name=cases/*}", m.FullName(), path)
	}
	if other, ok := taken[verb+" "+filled]; ok {
		t.Errorf("%s and %s both have the path %s %s", m.FullName(), other, verb, filled)
	}
	taken[verb+" "+filled] = m.FullName()
}
