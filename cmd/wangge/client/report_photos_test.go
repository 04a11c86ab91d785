package client_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pictures writes files into a directory and returns a function that finds them there.
func pictures(t *testing.T, files map[string]string) func(name string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) string { return filepath.Join(dir, name) }
}

const jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF\x00"

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// An inspector puts litter right on the spot and reports the matter with a photo from before and one from after: the case ends.
func TestReport_PutRightOnTheSpot(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	file := pictures(t, map[string]string{"before.jpg": jpeg + "litter", "after.heic": "\x00\x00\x00\x18ftypheic after"})
	args := []string{"report", "45.706", "126.502", "E01", "--text", "路边垃圾", "--photo", file("before.jpg"), "--after-photo", file("after.heic")}
	out, errs, code := o.run("eyes", append(args, "--json")...)
	if code != 0 {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	var got struct {
		Case struct {
			Stage  string
			Report struct {
				Before []string `json:"photo_hashes"`
				After  []string `json:"after_photo_hashes"`
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if c := got.Case; c.Stage != "STAGE_SELF_RESOLVED" || len(c.Report.Before) != 1 || c.Report.Before[0] != digest(jpeg+"litter") ||
		len(c.Report.After) != 1 || c.Report.After[0] != digest("\x00\x00\x00\x18ftypheic after") {
		t.Errorf("the case is %+v", c)
	}
	if !strings.Contains(errs, "the SHA-256 of 2 photos, not the pictures") {
		t.Errorf("what was sent: %s", errs)
	}
	zh, errs, code := o.run("eyes", append(args, "--lang", "zh")...)
	if code != 0 || !strings.Contains(zh, "自行处置") || !strings.Contains(errs, "已提交 2 张照片的 SHA-256") {
		t.Errorf("exit %d: %s%s", code, zh, errs)
	}
}

// A photo of a report without one from after is a photo of any report; an act takes pictures, too.
func TestReport_Photo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	file := pictures(t, map[string]string{"a,b.jpg": jpeg + "pipe", "safe.png": "\x89PNG\r\n\x1a\n"})
	out := o.says("eyes", "report", "45.706", "126.502", "C01", "--condition", "1", "--photo", file("a,b.jpg"), "--photo", strings.Repeat("ab", 32)+","+strings.Repeat("CD", 32), "--json")
	for _, want := range []string{digest(jpeg + "pipe"), strings.Repeat("ab", 32), strings.Repeat("cd", 32)} {
		if !strings.Contains(out, want) {
			t.Errorf("the case lacks photo %s: %s", want, out)
		}
	}
	_, number, _ := strings.Cut(out, `"cases/`)
	number, _, _ = strings.Cut(number, `"`)
	said, errs, code := o.run("pipe", "case", "act", number, "reach", "--milestone", "safe", "--photo", file("safe.png"))
	if code != 0 || !strings.Contains(errs, "the SHA-256 of 1 photo, not the picture; keep the file") {
		t.Errorf("exit %d: %s%s", code, said, errs)
	}
	if said, _, code := o.run("pipe", "case", "show", number, "--json"); code != 0 || !strings.Contains(said, digest("\x89PNG\r\n\x1a\n")) {
		t.Errorf("exit %d: %s", code, said)
	}
}

// Everything that is wrong with the photos is said at once, by flag and file, with what to do; nothing is reported then.
func TestReport_BadPhotos(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	file := pictures(t, map[string]string{"empty.jpg": "", "notes.txt": "no picture", "a.jpg": jpeg + "a", "b.jpg": jpeg + "a"})
	gone := file("gone.jpg")
	report := []string{"report", "45.706", "126.502", "E01"}
	all := []string{
		"--datum", "wgs84", "--photo", gone, "--photo", file("empty.jpg"), "--photo", file("notes.txt"), "--photo", filepath.Dir(gone),
		"--photo", file("a.jpg"), "--after-photo", file("b.jpg"), "--id", "x",
	}
	for lang, want := range map[string][]string{
		"en": {
			"--photo " + gone + ": no such file; check the path", "--photo " + file("empty.jpg") + ": the file is empty; copy the picture again",
			"notes.txt: is no picture (text/plain); name a photo", "is a directory; name the picture in it",
			"--after-photo " + file("b.jpg") + ": is the photo of --photo " + file("a.jpg") + "; give one from afterwards", "--id needs --at",
		},
		"zh": {
			"--photo " + gone + "：文件不存在，请检查路径", "empty.jpg：文件为空", "notes.txt：不是图片（text/plain）", "是目录",
			"--after-photo " + file("b.jpg") + "：与 --photo " + file("a.jpg") + " 是同一张照片", "--id 须与 --at 同用",
		},
	} {
		_, errs, code := o.run("eyes", append(append(report, all...), "--lang", lang)...)
		if code != 1 {
			t.Errorf("%s: exit %d", lang, code)
		}
		for _, w := range want {
			if !strings.Contains(errs, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, errs)
			}
		}
	}
	for _, tc := range []struct {
		args []string
		want []string
	}{
		{[]string{"--after-photo", file("a.jpg")}, []string{"--after-photo without --photo", "add --photo FILE, or leave out --after-photo"}},
		{[]string{"--photo", file("a.jpg"), "--photo", file("b.jpg")}, []string{"was given before, as " + file("a.jpg")}},
		{[]string{"--photo", strings.Repeat("ab", 32)[2:]}, []string{"no such file"}},
	} {
		_, errs, code := o.run("eyes", append(report, tc.args...)...)
		if code != 1 {
			t.Errorf("%v: exit %d", tc.args, code)
		}
		for _, w := range tc.want {
			if !strings.Contains(errs, w) {
				t.Errorf("%v: no %q in\n%s", tc.args, w, errs)
			}
		}
	}
	many := report
	for i := range 21 {
		many = append(many, "--photo", strings.Repeat("a", 62)+hex.EncodeToString([]byte{byte(i)}))
	}
	if _, errs, code := o.run("eyes", many...); code != 1 || !strings.Contains(errs, "--photo: 21 photos; at most 20") {
		t.Errorf("21 photos: exit %d: %s", code, errs)
	}
	if out := o.says("duty", "case", "list", "--scope", "area:town"); strings.Contains(out, "E01") {
		t.Errorf("a report was filed: %s", out)
	}
}

// A category or a person that may not put a matter right is refused by the service with the reason; the command says what to do instead.
func TestReport_NotOnTheSpot(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	file := pictures(t, map[string]string{"a.jpg": jpeg + "a", "b.jpg": jpeg + "b"})
	for _, tc := range []struct {
		args []string
		want []string
	}{
		{[]string{"C01", "--condition", "1"}, []string{"only a small matter, of severity C, may be put right on the spot", "nothing was reported; leave out --after-photo"}},
		{[]string{"C01", "--condition", "1", "--lang", "zh"}, []string{"只有 C 级轻微问题可自行处置", "尚未上报；请去掉 --after-photo"}},
	} {
		args := append([]string{"report", "45.706", "126.502"}, tc.args...)
		_, errs, code := o.run("eyes", append(args, "--photo", file("a.jpg"), "--after-photo", file("b.jpg"))...)
		if code != 1 {
			t.Errorf("%v: exit %d: %s", tc.args, code, errs)
		}
		for _, w := range tc.want {
			if !strings.Contains(errs, w) {
				t.Errorf("%v: no %q in\n%s", tc.args, w, errs)
			}
		}
	}
}
