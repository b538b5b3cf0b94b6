package conformance

import "slices"

// The sections of the specification, by their titles.
const (
	secVersion   = "API Version Header"
	secIdentity  = "Originating Identity"
	secRequestID = "Request Identity"
	secVendor    = "Vendor Extension Fields"
	secAuth      = "Platform to Service Broker Authentication"
	secURL       = "URL Properties"
	secErrors    = "Service Broker Errors"
	secContent   = "Content Type"
	secCatalog   = "Catalog Management"
	secAsync     = "Synchronous and Asynchronous Operations"
	secBlocking  = "Blocking Operations"
	secPoll      = "Polling Last Operation for Service Instances"
	secPollBind  = "Polling Last Operation for Service Bindings"
	secDuration  = "Polling Interval and Duration"
	secProvision = "Provisioning"
	secFetch     = "Fetching a Service Instance"
	secUpdate    = "Updating a Service Instance"
	secBind      = "Binding"
	secRotate    = "Binding Rotation"
	secFetchBind = "Fetching a Service Binding"
	secUnbind    = "Unbinding"
	secDelete    = "Deprovisioning"
	secOrphan    = "Orphan Mitigation"
)

// Rules lists every rule of the suite, in the order of the report. Texts are keyed by the rule's ID.
func Rules() []Rule {
	return slices.Concat(generalRules(), catalogRules(), instanceRules(), bindingRules(), hardRules())
}

func generalRules() []Rule {
	return []Rule{
		{"auth.required", secAuth, Must},
		{"auth.wrong", secAuth, Must},
		{"auth.change", secAuth, Must},
		{"version.missing", secVersion, May},
		{"version.unsupported", secVersion, May},
		{"identity.echo", secRequestID, Should},
		{"identity.broken", secIdentity, Should},
		{"answer.object", secErrors, Must},
		{"answer.type", secContent, Should},
		{"answer.server_error", secErrors, Should},
		{"answer.unasked_async", secAsync, Must},
		{"answer.operation", secAsync, Must},
		{"answer.dashboard", secProvision, Must},
		{"answer.retry_after", secPoll, Should},
		{"error.object", secErrors, Should},
		{"error.text", secErrors, Must},
		{"error.fields", secErrors, Must},
	}
}

func catalogRules() []Rule {
	return []Rule{
		{"catalog.status", secCatalog, Must},
		{"catalog.types", secCatalog, Must},
		{"catalog.services", secCatalog, Must},
		{"catalog.named", secCatalog, Must},
		{"catalog.ids", secCatalog, Must},
		{"catalog.names", secCatalog, Must},
		{"catalog.plans", secCatalog, Must},
		{"catalog.requires", secCatalog, Must},
		{"catalog.schemas", secCatalog, Must},
		{"catalog.maintenance", secCatalog, Must},
		{"catalog.polling", secCatalog, Must},
		{"catalog.stable", secCatalog, Must},
		{"catalog.etag", secCatalog, Should},
	}
}

func instanceRules() []Rule {
	return []Rule{
		{"provision.created", secProvision, Must},
		{"provision.accepted", secAsync, Must},
		{"provision.async_required", secAsync, Must},
		{"provision.identical", secProvision, Should},
		{"provision.identical_running", secProvision, Must},
		{"provision.extension", secVendor, Must},
		{"provision.conflict", secProvision, Must},
		{"provision.conflict_running", secProvision, Must},
		{"provision.maintenance", secProvision, Must},
		{"fetch.ready", secFetch, Must},
		{"fetch.values", secFetch, Must},
		{"fetch.running", secFetch, Must},
		{"fetch.deleted", secFetch, Must},
		{"fetch.unknown", secFetch, Must},
		{"poll.status", secPoll, Must},
		{"poll.state", secPoll, Must},
		{"poll.ends", secDuration, Must},
		{"poll.succeeds", secPoll, Must},
		{"poll.kept", secPoll, Should},
		{"poll.deleted", secPoll, Must},
		{"poll.unknown", secPoll, Must},
		{"update.nothing", secUpdate, Should},
		{"update.fields", secUpdate, Must},
		{"update.unknown_plan", secUpdate, Must},
		{"update.context", secUpdate, Must},
		{"update.plan", secUpdate, Must},
		{"update.repeat", secUpdate, Must},
		{"update.async_required", secAsync, Must},
		{"update.applied", secUpdate, Must},
		{"update.refused", secUpdate, Must},
		{"update.fetch", secFetch, Must},
		{"update.kept", secUpdate, Must},
		{"update.maintenance", secUpdate, Must},
		{"update.maintained", secUpdate, Must},
		{"update.running", secBlocking, Should},
		{"update.unknown", secUpdate, Should},
		{"deprovision.fields", secDelete, Must},
		{"deprovision.done", secDelete, Must},
		{"deprovision.accepted", secDelete, Must},
		{"deprovision.async_required", secAsync, Must},
		{"deprovision.repeat", secDelete, Must},
		{"deprovision.again", secDelete, Must},
		{"deprovision.unknown", secDelete, Must},
		{"deprovision.during_create", secDelete, Must},
	}
}

func bindingRules() []Rule {
	return []Rule{
		{"bind.created", secBind, Must},
		{"bind.accepted", secBind, Must},
		{"bind.async_required", secAsync, Must},
		{"bind.content", secBind, Must},
		{"bind.requires", secBind, Must},
		{"bind.credentials", secBind, Must},
		{"bind.early_secret", secBind, Must},
		{"bind.identical", secBind, Should},
		{"bind.identical_running", secBind, Must},
		{"bind.conflict", secBind, Must},
		{"bind.fields", secBind, Must},
		{"bind.running", secBlocking, Should},
		{"bind.unknown", secBind, Should},
		{"fetch_binding.ready", secFetchBind, Must},
		{"fetch_binding.running", secFetchBind, Must},
		{"fetch_binding.deleted", secFetchBind, Must},
		{"fetch_binding.unknown", secFetchBind, Must},
		{"poll_binding.ends", secPollBind, Must},
		{"poll_binding.succeeds", secPollBind, Must},
		{"poll_binding.unknown", secPollBind, Must},
		{"rotate.created", secRotate, Must},
		{"rotate.both", secRotate, Must},
		{"rotate.unknown", secRotate, Must},
		{"rotate.outlives", secRotate, Must},
		{"unbind.fields", secUnbind, Must},
		{"unbind.done", secUnbind, Must},
		{"unbind.accepted", secUnbind, Must},
		{"unbind.again", secUnbind, Must},
		{"unbind.unknown", secUnbind, Must},
	}
}

// hardRules are those of malformed, concurrent and lost requests.
func hardRules() []Rule {
	return []Rule{
		{"malformed.json", secProvision, Must},
		{"malformed.object", secProvision, Must},
		{"malformed.fields", secProvision, Must},
		{"malformed.plan", secProvision, Must},
		{"malformed.parameters", secProvision, Should},
		{"malformed.content_type", secContent, Should},
		{"malformed.large", secProvision, Should},
		{"malformed.nothing_left", secErrors, Must},
		{"ids.unknown", secURL, Should},
		{"ids.lifecycle", secURL, Should},
		{"concurrent.put", secProvision, Must},
		{"concurrent.one", secProvision, Should},
		{"concurrent.bind", secBind, Must},
		{"concurrent.delete", secDelete, Must},
		{"lost.put", secProvision, Must},
		{"lost.bind", secBind, Must},
		{"lost.delete", secDelete, Must},
		{"lost.orphan", secOrphan, Must},
		{"cleanup.done", secDelete, Should},
	}
}
