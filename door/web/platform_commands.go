package web

import (
	"naru/flow/catalog"
	"naru/flow/provision"
)

// cfCommands registers naru in Cloud Foundry, or tells it a new password. Without a
// password among its arguments cf asks for it, so that it stays out of the shell's history.
func (p page) cfCommands(url, user, verb string) string {
	text := "cf " + verb + " naru '" + user + "' '" + url + "'"
	if verb == "create-service-broker" {
		text += "\ncf service-access -b naru\ncf enable-service-access " + p.T("web.platform.service_word") + " -b naru"
	}
	return text
}

// kubernetesCommands registers naru in a cluster that has the Service Catalog; cat reads
// the password from the terminal.
func kubernetesCommands(url, user string) string {
	return `kubectl create namespace naru
kubectl -n naru create secret generic naru-broker --from-literal=username='` + user + `' --from-file=password=/dev/stdin
kubectl apply -f - <<'END'
apiVersion: servicecatalog.k8s.io/v1beta1
kind: ClusterServiceBroker
metadata:
  name: naru
spec:
  url: ` + url + `
  authInfo:
    basic:
      secretRef: {namespace: naru, name: naru-broker}
END`
}

// tryCommand reads the catalogue; curl asks for the password.
func tryCommand(url, user string) string {
	return "curl -u '" + user + "' -H 'X-Broker-API-Version: 2.17' '" + url + "/v2/catalog'"
}

// ordersOf returns the orders of an offer that cover a plan.
func ordersOf(o provision.Offered, plan catalog.PlanID) []provision.OrderUse {
	var out []provision.OrderUse
	for _, u := range o.Orders {
		if u.Plan == plan {
			out = append(out, u)
		}
	}
	return out
}
