package postgres_test

import (
	"testing"

	"naru/broker/kit"
	"naru/internal/testbroker"
)

func TestTheBrokerIsConformant(t *testing.T) {
	t.Parallel()
	b := installed(t, testbroker.Start(t, "postgres", kit.Config{}))
	testbroker.Conformant(t, testbroker.Options(b.URL, b.Config.User, b.Config.Password))
}
