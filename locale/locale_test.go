package locale

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestEveryTextIsInBothLanguagesWithTheSameArguments(t *testing.T) {
	t.Parallel()
	l, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{{"ko", "en"}, {"en", "ko"}} {
		for _, key := range l.Keys(pair[0]) {
			if _, ok := l.texts[pair[1]][key]; !ok {
				t.Errorf("%s is in %s and not in %s", key, pair[0], pair[1])
				continue
			}
			if a, b := l.Args(pair[0], key), l.Args(pair[1], key); !slices.Equal(a, b) {
				t.Errorf("%s: arguments %v in %s, %v in %s", key, a, pair[0], b, pair[1])
			}
		}
	}
	if len(l.Keys("ko")) < 50 {
		t.Errorf("only %d texts were loaded", len(l.Keys("ko")))
	}
}

func TestParticlesFollowTheSoundOfTheWord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ word, wanted, want string }{
		{"기관", "을", "을"},
		{"도로", "을", "를"},
		{"서울", "으로", "로"},
		{"부산", "으로", "으로"},
		{"대구", "으로", "로"},
		{"1", "이", "이"},
		{"2", "이", "가"},
		{"10", "은", "은"},
		{"sys_1", "을", "을"},
		{"naru", "은", "는"},
		{"Cloud Plan", "과", "과"},
		{"NATS", "과", "와"},
		{"email", "으로", "로"},
		{"'하천'", "을", "을"},
		{"(주)나루", "이라", "라"},
		{"", "을", "를"},
	} {
		if got := particle(c.word, c.wanted); got != c.want {
			t.Errorf("%s + %s = %s, want %s", c.word, c.wanted, got, c.want)
		}
	}
}

func TestTextFillsArgumentsAndFallsBackToTheKey(t *testing.T) {
	t.Parallel()
	l, err := load(fstest.MapFS{
		"ko/a.json": {Data: []byte(`{"a.b": "{who@role|이} {what|을} 봤다", "role.x": "담당자", "a.ko": "한국어만"}`)},
		"en/a.json": {Data: []byte(`{"a.b": "{who@role} saw {what}", "role.x": "officer"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	args := map[string]string{"who": "x", "what": "시스템"}
	for _, c := range []struct {
		lang, key string
		args      map[string]string
		want      string
	}{
		{"ko", "a.b", args, "담당자가 시스템을 봤다"},
		{"en", "a.b", args, "officer saw 시스템"},
		{"ko", "a.b", map[string]string{"who": "y", "what": "표"}, "y가 표를 봤다"},
		{"en", "a.ko", nil, "한국어만"},
		{"fr", "a.ko", nil, "한국어만"},
		{"ko", "a.b", map[string]string{"who": "y", "what": "표", "what.en": "the table"}, "y가 표를 봤다"},
		{"en", "a.b", map[string]string{"who": "y", "what": "표", "what.en": "the table"}, "y saw the table"},
		{"en", "a.b", map[string]string{"who": "y", "what": "표", "what.en": ""}, "y saw 표"},
		{"ko", "a.none", map[string]string{"z": "1", "b": "2"}, "a.none b=2 z=1"},
	} {
		if got := l.Text(c.lang, c.key, c.args); got != c.want {
			t.Errorf("%s %s = %q, want %q", c.lang, c.key, got, c.want)
		}
	}
}

func TestMalformedTextsAreRefusedWithTheirKey(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a.b": "{open"}`: "a.b", `{"a.b": "{x|를}"}`: "particle", `{"a.b": "{}"}`: "no name", `{"a.b": 1}`: "a.json",
	} {
		_, err := load(fstest.MapFS{"ko/a.json": {Data: []byte(text)}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
}
