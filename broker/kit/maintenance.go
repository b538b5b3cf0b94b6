package kit

import (
	"cmp"
	"regexp"

	"naru/wire/osb"
)

var engineVersion = regexp.MustCompile(`^v?(0|[1-9]\d*)(?:\.(0|[1-9]\d*))?(?:\.(0|[1-9]\d*))?`)

// maintenanceOf is the version that maintenance_info names: the configured one, or the engine's
// in the form of semantic versioning 2.0; "" when it has none of that form.
func maintenanceOf(site Config, o Offering) string {
	if site.Maintenance != "" {
		return site.Maintenance
	}
	parts := engineVersion.FindStringSubmatch(o.EngineVersion)
	if parts == nil {
		return ""
	}
	return parts[1] + "." + cmp.Or(parts[2], "0") + "." + cmp.Or(parts[3], "0")
}

// checkMaintenance refuses a version that is not the catalogue's.
func (b *Broker) checkMaintenance(m *osb.MaintenanceInfo) error {
	if m == nil || m.Version == "" || m.Version == b.catalogue.maintenance {
		return nil
	}
	return osb.Unprocessable(osb.CodeMaintenanceInfoConflict, "maintenance_info.version is not the one in the catalog")
}

// maintained is the maintenance_info of an instance, as a fetch shows it.
func maintained(version string) *osb.MaintenanceInfo {
	if version == "" {
		return nil
	}
	return &osb.MaintenanceInfo{Version: version}
}
