package form

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/width"
)

const (
	// MaxSearch bounds the characters of a search.
	MaxSearch = 64
	// maxSpelt bounds the characters of a name that pinyin finds.
	maxSpelt = 32
)

// entry is the text that a search compares: an id, names in both languages, further words, and the pinyin of the Chinese name.
type entry struct {
	id, zh, en string // lower case
	more       []string
	readings   [][]string // of each character of the Chinese name: its syllables, or the character itself
}

// reader knows the readings of the characters that it has met, which the entries share.
type reader map[rune][]string

func (k reader) entry(id, zh, en string, more ...string) entry {
	e := entry{id: plain(id), zh: plain(zh), en: plain(en)}
	for _, m := range more {
		if m != "" {
			e.more = append(e.more, plain(m))
		}
	}
	for _, r := range e.zh {
		if len(e.readings) < maxSpelt && !unicode.IsPunct(r) && !unicode.IsSpace(r) {
			e.readings = append(e.readings, k.syllables(r))
		}
	}
	return e
}

var everyReading = pinyin.Args{Style: pinyin.Normal, Heteronym: true, Fallback: pinyin.Fallback}

// syllables are the readings of a character without tones: of 重 "zhong", "chong" and "tong". ü is v. A character without a
// reading reads as itself.
func (k reader) syllables(r rune) []string {
	list, known := k[r]
	if known {
		return list
	}
	if list = pinyin.SinglePinyin(r, everyReading); len(list) == 0 {
		list = []string{string(r)}
	}
	slices.Sort(list)
	k[r] = slices.Compact(list)
	return k[r]
}

// plain is a text as searches compare it: lower case, full-width letters and digits as half-width ones.
func plain(s string) string { return strings.ToLower(width.Fold.String(strings.TrimSpace(s))) }

// Grades of a match, the best first. Within a grade the match with the fewest characters left out is the better one.
const (
	isWhole       = iota // id or name
	nameBegins           // Chinese name
	nameHas              // Chinese name, anywhere
	idBegins             //
	pinyinWhole          // every character of the name
	pinyinBegins         // the first characters
	englishBegins        // a word of the English name
	pinyinHas            // characters one after the other
	pinyinAcross         // from the first to the last character, with others left out
	moreHas              // English name, anywhere; class, condition, former code
	pinyinLoosely        // characters in their order, with others left out
	noMatch
)

// match is how well a word matches an entry; the smaller, the better.
type match struct{ grade, out int }

func (a match) compare(b match) int {
	return cmp.Or(cmp.Compare(a.grade, b.grade), cmp.Compare(a.out, b.out))
}

// match compares one word with the entry.
func (e *entry) match(word string) match {
	switch {
	case word == e.id || word == e.zh || word == e.en:
		return match{isWhole, 0}
	case strings.HasPrefix(e.zh, word):
		return match{nameBegins, 0}
	case strings.Contains(e.zh, word):
		return match{nameHas, 0}
	case strings.HasPrefix(e.id, word):
		return match{idBegins, 0}
	}
	best := e.spelt(word)
	if at := strings.Index(e.en, word); at == 0 || at > 0 && e.en[at-1] == ' ' {
		best = better(best, match{englishBegins, 0})
	} else if at > 0 || slices.ContainsFunc(e.more, func(m string) bool { return strings.Contains(m, word) }) {
		best = better(best, match{moreHas, 0})
	}
	return best
}

func better(a, b match) match {
	if b.compare(a) < 0 {
		return b
	}
	return a
}

// spelt compares a word of letters with the pinyin of the name. Each character takes its initial, a whole syllable or, as
// the last one, the beginning of a syllable; characters may be left out.
func (e *entry) spelt(word string) match {
	best := match{noMatch, 0}
	if len(word) > MaxSearch || strings.ContainsFunc(word, func(r rune) bool { return r >= unicode.MaxASCII }) {
		return best
	}
	var s *speller
	for first, readings := range e.readings {
		if !slices.ContainsFunc(readings, func(r string) bool { return r[0] == word[0] }) {
			continue
		}
		if s == nil {
			s = &speller{e.readings, map[[2]int]spelling{}}
		}
		if got := s.from(first, word); got.ok {
			best = better(best, gradeOf(first, got, len(e.readings)))
		}
	}
	return best
}

// gradeOf grades a spelling that begins with a character of a name of n characters.
func gradeOf(first int, got spelling, n int) match {
	gaps, last := got.out, got.last
	switch out := n - got.taken; {
	case gaps >= got.taken: // more is left out than spelt: chance
		return match{noMatch, 0}
	case out == 0:
		return match{pinyinWhole, 0}
	case gaps == 0 && first == 0:
		return match{pinyinBegins, out}
	case gaps == 0 && got.taken > 1:
		return match{pinyinHas, out}
	case first == 0 && last == n-1:
		return match{pinyinAcross, out}
	case got.taken > 1:
		return match{pinyinLoosely, out}
	}
	return match{noMatch, 0} // one letter in the middle of a name says nothing
}

// spelling is how characters from one on spell a word.
type spelling struct {
	ok         bool
	taken, out int // characters that were used, and left out between them
	last       int // the last one that was used
}

type speller struct {
	readings [][]string
	known    map[[2]int]spelling
}

// from returns the spelling of a word that uses character i and leaves out the fewest.
func (s *speller) from(i int, word string) (best spelling) {
	key := [2]int{i, len(word)}
	if got, ok := s.known[key]; ok {
		return got
	}
	take := func(n int) {
		if rest := word[n:]; rest == "" {
			best = spelling{true, 1, 0, i}
			return
		} else if !best.ok || best.out > 0 {
			for next := i + 1; next < len(s.readings); next++ {
				if got := s.from(next, rest); got.ok && (!best.ok || got.out+next-i-1 < best.out) {
					best = spelling{true, got.taken + 1, got.out + next - i - 1, got.last}
				}
			}
		}
	}
	for _, r := range s.readings[i] {
		if strings.HasPrefix(word, r) {
			take(len(r))
		} else if strings.HasPrefix(r, word) {
			take(len(word))
		}
		if word[0] == r[0] {
			take(1)
		}
	}
	s.known[key] = best
	return best
}

// found lists the items that pass keep and whose entries match every word of a search, the best match first, then in the
// order of items.
func found[T any](items []T, entries []entry, search string, keep func(T) bool) []T {
	words := strings.Fields(plain(search))
	type hit struct {
		item T
		how  match
		long int
	}
	var hits []hit
	for i, item := range items {
		if !keep(item) {
			continue
		}
		worst := match{}
		for _, w := range words {
			if m := entries[i].match(w); m.compare(worst) > 0 {
				worst = m
			}
		}
		if worst.grade < noMatch {
			hits = append(hits, hit{item, worst, len(entries[i].readings)})
		}
	}
	if len(words) > 0 {
		slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Or(a.how.compare(b.how), cmp.Compare(a.long, b.long)) })
	}
	out := make([]T, len(hits))
	for i, h := range hits {
		out[i] = h.item
	}
	return out
}
