// Package photos reads the pictures that a flag names and returns their digests, which are all that the service takes of a photo. The
// pictures stay where they are.
package photos

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
)

// Most is how many photos one act or one side of a report carries, as the service has it.
const Most = 20

// A Flag is a flag and the values that a person gave it: paths of pictures, or SHA-256 in hexadecimal, which commas may part.
type Flag struct {
	Name   string
	Values []string
}

var digests = regexp.MustCompile(`^[0-9a-fA-F]{64}(,[0-9a-fA-F]{64})*$`)

// Digests returns the SHA-256 of each photo of a flag, in hexadecimal. The error names every value that is no photo, with what to do
// instead; it is a Failure.
func Digests(flag Flag) ([]string, error) {
	list, wrong := read(flag, map[string]place{})
	return list, fail(wrong)
}

// OnTheSpot returns the digests of the photos from before and from after that show a matter which its finder has put right. The error
// names everything that is wrong at once. Without a photo from after, those from before are photos of any report.
func OnTheSpot(before, after Flag) (fromBefore, fromAfter []string, err error) {
	seen := map[string]place{}
	var wrong, more []error
	fromBefore, wrong = read(before, seen)
	fromAfter, more = read(after, seen)
	wrong = append(wrong, more...)
	if len(after.Values) > 0 && len(before.Values) == 0 {
		wrong = append(wrong, i18n.Errorf(
			"--%[1]s without --%[2]s: what is put right on the spot is shown by a photo from before and one from after; add --%[2]s FILE, or leave out --%[1]s to report the matter",
			"有 --%[1]s 而无 --%[2]s：自行处置须同时有处置前、处置后照片；请补充 --%[2]s 文件，或去掉 --%[1]s 仅作上报", after.Name, before.Name))
	}
	return fromBefore, fromAfter, fail(wrong)
}

// A place is where a photo was given.
type place struct{ flag, value string }

// fail joins what is wrong; nil if nothing is.
func fail(wrong []error) error {
	if len(wrong) == 0 {
		return nil
	}
	return cli.Failure(errors.Join(wrong...))
}

// read reads the photos of a flag and says what is wrong with its values. seen holds where each photo was given before.
func read(flag Flag, seen map[string]place) (list []string, wrong []error) {
	for _, value := range flag.Values {
		hashes := strings.Split(strings.ToLower(value), ",")
		if !digests.MatchString(value) {
			hash, why := digestOf(value)
			if why != (i18n.Text{}) {
				wrong = append(wrong, i18n.Errorf("--%[1]s %[2]s: %[3]v", "--%[1]s %[2]s：%[3]v", flag.Name, value, why))
				continue
			}
			hashes = []string{hash}
		}
		for _, h := range hashes {
			if first, twice := seen[h]; twice {
				wrong = append(wrong, again(flag.Name, value, first))
				continue
			}
			seen[h] = place{flag.Name, value}
			list = append(list, h)
		}
	}
	if len(list) > Most {
		wrong = append(wrong, i18n.Errorf("--%[1]s: %[2]d photos; at most %[3]d", "--%[1]s：照片 %[2]d 张，最多 %[3]d 张", flag.Name, len(list), Most))
	}
	return list, wrong
}

// again says that a photo was given before.
func again(flag, value string, first place) error {
	if flag != first.flag {
		return i18n.Errorf("--%[1]s %[2]s: is the photo of --%[3]s %[4]s; give one from afterwards", "--%[1]s %[2]s：与 --%[3]s %[4]s 是同一张照片，请提供处置后照片",
			flag, value, first.flag, first.value)
	}
	return i18n.Errorf("--%[1]s %[2]s: was given before, as %[3]s; leave one out", "--%[1]s %[2]s：与 %[3]s 重复，请去掉一张", flag, value, first.value)
}

// digestOf returns the digest of a picture, or why there is none and what to do.
func digestOf(path string) (hash string, why i18n.Text) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", i18n.F("no such file; check the path", "文件不存在，请检查路径")
	}
	if err != nil {
		return "", i18n.F("%[1]v; name a picture that can be read", "%[1]v；请指定可读取的图片", cause(err))
	}
	defer f.Close()
	switch info, err := f.Stat(); {
	case err != nil:
		return "", i18n.F("%[1]v; name a picture that can be read", "%[1]v；请指定可读取的图片", cause(err))
	case info.IsDir():
		return "", i18n.F("is a directory; name the picture in it", "是目录，请指定其中的图片")
	case !info.Mode().IsRegular():
		return "", i18n.F("is no file; name a picture", "不是普通文件，请指定图片")
	case info.Size() == 0:
		return "", i18n.F("the file is empty; copy the picture again", "文件为空，请重新复制图片")
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", i18n.F("%[1]v; name a picture that can be read", "%[1]v；请指定可读取的图片", cause(err))
	}
	head = head[:n]
	if kind := kindOf(head); !strings.HasPrefix(kind, "image/") {
		return "", i18n.F("is no picture (%[1]s); name a photo, such as a JPEG, PNG, WebP or HEIC file", "不是图片（%[1]s）；请指定照片文件，如 JPEG、PNG、WebP 或 HEIC", kind)
	}
	sum := sha256.New()
	sum.Write(head)
	if _, err := io.Copy(sum, f); err != nil {
		return "", i18n.F("%[1]v; name a picture that can be read", "%[1]v；请指定可读取的图片", cause(err))
	}
	return hex.EncodeToString(sum.Sum(nil)), i18n.Text{}
}

// cause is an error of a file without the path, which stands before it already.
func cause(err error) error {
	if in, ok := errors.AsType[*fs.PathError](err); ok {
		return in.Err
	}
	return err
}

// phones are the brands of the pictures of phones that the standard library does not know.
var phones = []string{"heic", "heix", "heif", "mif1", "msf1", "hevc", "avif"}

// kindOf is the media type of a file by its first 512 bytes, without parameters. Pictures of phones (HEIC, AVIF) are known, too.
func kindOf(head []byte) string {
	if len(head) >= 12 && string(head[4:8]) == "ftyp" && slices.Contains(phones, string(head[8:12])) {
		return "image/heic"
	}
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	return kind
}

// Note notes what the service was sent of the pictures of flags; nothing without a picture.
func Note(o *cli.Options, cmd *cobra.Command, flags ...Flag) {
	n := 0
	for _, f := range flags {
		for _, value := range f.Values {
			if !digests.MatchString(value) {
				n++
			}
		}
	}
	if n > 0 {
		o.Note(cmd, nil, i18n.F("sent: the SHA-256 of %d {photo|photos}, not the {picture|pictures}; keep the {file|files}", "已提交 %d 张照片的 SHA-256，图片本身未上传，请保留文件", n))
	}
}
