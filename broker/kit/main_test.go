package kit_test

import (
	"testing"

	"naru/internal/testbroker"
)

func TestMain(m *testing.M) {
	testbroker.Main(m, testbroker.Set{"folders": testbroker.Folders})
}
