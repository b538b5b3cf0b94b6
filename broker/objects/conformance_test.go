package objects_test

import (
	"testing"

	"naru/broker/kit"
	"naru/internal/testbroker"
)

func TestTheBrokerIsConformant(t *testing.T) {
	t.Parallel()
	b := testbroker.Start(t, "objects", kit.Config{})
	testbroker.Conformant(t, testbroker.Options(b.URL, b.Config.User, b.Config.Password))
}
