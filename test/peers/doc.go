// Package peers puts naru between a broker and a platform that others wrote (남의 상대): to the south a broker on
// Cloud Foundry's brokerapi library, to the north the client of Kubernetes' service catalogue. It has a module of its
// own, so that they are no dependency of naru. Naru runs as the built program over real HTTP.
package peers
