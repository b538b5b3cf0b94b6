package locale

import (
	"strings"
	"unicode"
)

// particles returns the particles (조사) a placeholder may ask for, by the form that
// follows a final consonant.
func particles() []string { return []string{"을", "은", "이", "과", "으로", "이라"} }

// final is how a word ends for the choice of a particle.
type final int

const (
	open   final = iota // a vowel
	closed              // a consonant
	rieul               // ㄹ, which takes 로 and not 으로
)

// particle returns the form of a particle that fits the word it follows.
func particle(word, wanted string) string {
	end := ending(word)
	switch wanted {
	case "":
		return ""
	case "을":
		return choose(end != open, "을", "를")
	case "은":
		return choose(end != open, "은", "는")
	case "이":
		return choose(end != open, "이", "가")
	case "과":
		return choose(end != open, "과", "와")
	case "이라":
		return choose(end != open, "이라", "라")
	default: // 으로
		return choose(end == closed, "으로", "로")
	}
}

func choose(consonant bool, with, without string) string {
	if consonant {
		return with
	}
	return without
}

// ending finds the last letter or digit that is spoken: quotes, brackets and marks
// after it are silent.
func ending(word string) final {
	word = strings.TrimRightFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '%' })
	runes := []rune(word)
	if len(runes) == 0 {
		return open
	}
	last := runes[len(runes)-1]
	switch {
	case last >= '가' && last <= '힣':
		return hangul(last)
	case unicode.IsDigit(last):
		return digits(string(runes))
	case last == '%':
		return open // 퍼센트
	default:
		return latin(strings.ToLower(string(runes)))
	}
}

// hangul reads the final consonant out of a syllable: 28 finals per vowel, ㄹ is the
// eighth.
func hangul(r rune) final {
	switch (r - '가') % 28 {
	case 0:
		return open
	case 8:
		return rieul
	default:
		return closed
	}
}

// digits follows the reading in Sino-Korean: 영 일 이 삼 사 오 육 칠 팔 구, and 십 백 천
// 만 억 when the number ends in zeros.
func digits(word string) final {
	switch word[len(word)-1] {
	case '1', '7', '8':
		return rieul
	case '0', '3', '6':
		return closed // 영, 십, 백, 천, 만, 억 all close; 조 is beyond what naru words
	default:
		return open
	}
}

// latin guesses from the last letters: a capital abbreviation is spelled out, another
// word ends as it is usually transcribed.
func latin(word string) final {
	switch {
	case strings.HasSuffix(word, "l"), strings.HasSuffix(word, "le"), strings.HasSuffix(word, "r") && len(word) == 1:
		return rieul
	case strings.HasSuffix(word, "m"), strings.HasSuffix(word, "n"), strings.HasSuffix(word, "ng"),
		strings.HasSuffix(word, "b"), strings.HasSuffix(word, "k"), strings.HasSuffix(word, "p"),
		strings.HasSuffix(word, "ck"), strings.HasSuffix(word, "ne"), strings.HasSuffix(word, "me"):
		return closed
	default:
		return open
	}
}
