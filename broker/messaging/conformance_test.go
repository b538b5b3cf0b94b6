package messaging_test

import (
	"testing"

	"naru/broker/kit"
	"naru/broker/messaging"
	"naru/internal/testbroker"
)

func TestTheBrokerIsConformant(t *testing.T) {
	t.Parallel()
	b := testbroker.Serve(t, messaging.Run, kit.Config{})
	testbroker.Conformant(t, testbroker.Options(b.URL, b.Config.User, b.Config.Password))
}
