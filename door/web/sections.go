package web

import "naru/base/identity"

// section is a page of the menu or a tab below one, with the right it needs.
type section struct {
	key, url string
	needs    identity.Permission
}

// serviceSections are the pages about running services, one tab each.
func serviceSections() []section {
	return []section{
		{"web.instances", "/instances", "provision.read"},
		{"web.operations", "/operations", "provision.read"},
		{"web.findings", "/findings", "provision.findings"},
		{"web.platforms", "/platforms", "access.platform_read"},
	}
}
