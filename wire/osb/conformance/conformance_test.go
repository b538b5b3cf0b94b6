package conformance_test

import (
	"testing"

	"naru/broker/kit"
	"naru/internal/testbroker"
	"naru/wire/osb"
	"naru/wire/osb/conformance"
)

// judge runs the suite against a broker that is close and quick.
func judge(t *testing.T, url, user string, password osb.Secret, change ...func(*conformance.Options)) *conformance.Report {
	t.Helper()
	report, err := conformance.Run(t.Context(), testbroker.Options(url, user, password, change...))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestTheFoldersBrokerIsConformant(t *testing.T) {
	t.Parallel()
	b := testbroker.Serve(t, testbroker.Folders, kit.Config{})
	r := testbroker.Conformant(t, testbroker.Options(b.URL, b.Config.User, b.Config.Password))
	if bad := testbroker.Failures(r, conformance.Should); bad != "" {
		t.Errorf("SHOULD:%s", bad)
	}
	held, err := b.Client.ListInstances(t.Context(), osb.ListRequest{})
	if err != nil || len(held.Instances) != 0 {
		t.Errorf("the suite left %+v, %v", held, err)
	}
}
