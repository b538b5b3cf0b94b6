// Package objects is the reference broker of object storage (기준 객체 저장소 중개자): the versitygw S3
// gateway inside the broker's process, over a folder.
//
// Before it stands broker/kit; after it nothing. An instance is a bucket; a binding is an access key that
// opens this bucket and no other. What the bucket holds, unfinished uploads included, never grows past the
// plan's quota: an upload that could is refused with the S3 error QuotaExceeded before a byte is kept.
//
// Invariants: objects survive a kill of the process; the port stays the same over restarts; the keys cannot
// change who may enter the bucket; deleting an instance removes the bucket with everything in it.
// The gateway keeps its state in package variables, so a process serves one objects broker.
package objects
