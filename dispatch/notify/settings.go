package notify

import (
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// Bounds of the files that describe a gateway.
const (
	maxSettings = 64 << 10 // bytes
	maxSecret   = 4 << 10  // bytes
)

// settings is a YAML file that describes a gateway, and the faults of the file.
type settings struct {
	file   string
	doc    yaml.Node
	faults diag.List
}

// loadSettings decodes a file into a struct with yaml tags. false: the file can't be read, and there is nothing to check.
func loadSettings(file string, into any) (*settings, bool) {
	s := &settings{file: file}
	text, err := readBounded(file, maxSettings)
	if err != nil {
		s.faults.Add(file, 0, i18n.F("can't be read: %v", "无法读取：%v", err), i18n.F("name a YAML file that describes the gateway: see dispatch/notify/README.md", "请给出描述网关的 YAML 文件，见 dispatch/notify/README.md"))
		return s, false
	}
	s.faults.YAML(file, text, into)
	return s, yaml.Unmarshal(text, &s.doc) == nil && len(s.doc.Content) > 0
}

// report adds a fault at a key of the file.
func (s *settings) report(message, suggestion i18n.Text, path ...any) {
	s.faults.Add(s.file, diag.At(&s.doc, path...), message, suggestion)
}

// secretOf reads the file of the secret, by a path relative to the settings. It reports a secret that is missing.
func (s *settings) secretOf(path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(s.file), path)
	}
	text, err := readBounded(path, maxSecret)
	if err != nil {
		s.report(i18n.F("the secret can't be read: %v", "无法读取密钥：%v", err), i18n.F("write the secret alone into a file, and the file's path here", "请把密钥单独写入一个文件，并在此填写文件路径"), "secret_file")
		return ""
	}
	out := strings.TrimSpace(string(text))
	if out == "" || strings.ContainsFunc(out, unicode.IsControl) {
		s.report(i18n.F("the secret is empty or more than one line of text", "密钥为空，或不是一行文本"), i18n.F("write the secret alone into the file", "请在文件中只写密钥"), "secret_file")
		return ""
	}
	return out
}

// endpoint checks a URL to which a secret goes. tls is the value of the key tls.
func (s *settings) endpoint(text, tls string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Fragment != "":
		s.report(i18n.F("the URL is none to which messages can be sent", "该 URL 不能用来发送消息"), i18n.F("write https://host/path, without a user and without #", "请填写 https://主机/路径，不含用户名和 #"), "url")
	case u.Scheme == "http" && tls != string(TLSOptional) && !onThisMachine(u.Hostname()):
		s.report(i18n.F("the secret would go to %s in clear text", "密钥将以明文发往 %s", u.Host), i18n.F("write https://, or tls: optional if the network is yours alone", "请使用 https://；若网络为专用，可写 tls: optional"), "url")
	}
	s.oneOf("tls", tls, "", string(TLSRequired), string(TLSOptional))
}

// oneOf checks a key with few values; "" among them: the key may be left out.
func (s *settings) oneOf(key, value string, values ...string) {
	if !slices.Contains(values, value) {
		named := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
		s.report(i18n.F("%[1]s %[2]q is unknown", "%[1]s %[2]q 未知", key, value), diag.Suggest(value, named), key)
	}
}

// readBounded reads a file of at most so many bytes. Its error does not name the file.
func readBounded(file string, most int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = i18n.Errorf("more than %d bytes", "超过 %d 字节", most)
	}
	return text, err
}
