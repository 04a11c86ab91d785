// Package i18n holds sentences that a person reads, in English and Chinese side by side, so that neither language can be
// forgotten where a message is made: texts, errors, measures, and the escaping of what people wrote.
package i18n

import "fmt"

// Text is one message in both languages. The zero Text is empty.
type Text struct{ En, Zh string }

// F formats the same arguments into both languages. Use %[1]s when the order differs. An argument that is an error or a
// Text is formatted in the language of the sentence. {case|cases} in the English sentence is the form for the number before it: see Plural.
func F(en, zh string, args ...any) Text {
	inZh := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case error:
			inZh[i] = Of(a).Zh
		case Text:
			inZh[i] = a.Zh
		default:
			inZh[i] = a
		}
	}
	return Text{En: fmt.Sprintf(Plural(en, args...), args...), Zh: fmt.Sprintf(zh, inZh...)}
}

// List joins words of both languages, such as ids and flags: by commas in English, by 、 in Chinese.
func List[S ~string](words ...S) Text {
	var t Text
	for i, w := range words {
		if i > 0 {
			t.En, t.Zh = t.En+", ", t.Zh+"、"
		}
		t.En, t.Zh = t.En+string(w), t.Zh+string(w)
	}
	return t
}

// In returns the text in the language: "zh" and its variants give Chinese, all else English.
func (t Text) In(lang string) string {
	if len(lang) >= 2 && lang[:2] == "zh" {
		return t.Zh
	}
	return t.En
}

// String is the English text, for logs and %v.
func (t Text) String() string { return t.En }
