// Package provision makes service instances (서비스 인스턴스) and bindings (연결정보) at the
// providers' brokers, follows their long operations, and takes them away again (제공).
//
// Before it stand decide (may it run there?), catalog (what is it?) and contract (is it
// ordered and paid for?); after it meter reads usage of what runs.
//
//	requested -> creating -> ready -> deleting -> deleted
//	    |           |  \                 ^
//	    |           |   -> orphan -> failed
//	    |           -> failed
//	    -> deleted (nothing had left the house)
//
// Invariants:
//   - a refusal of law, certificate, order or budget is decided before anything leaves
//     the house;
//   - the intent (row, entry, task) is committed before the first call, so a kill between
//     any two steps is repaired by the next run of the task;
//   - an answer that leaves doubt whether something exists at the provider becomes orphan:
//     naru deletes until the provider confirms (OSB 2.17, "Orphan Mitigation"). naru goes
//     further than the table there, because the ids are its own: a malformed 200 is
//     cleaned up too;
//   - at any moment an instance or binding is settled (ready, failed, deleted) or has a
//     task and the time of its next attempt;
//   - credentials are sealed at rest and leave only through provision.credentials.
//
// # Entries
//
// Every change of state is one entry, which meter and notify follow. Subjects are always,
// in this order: instance, order, system, provider; an entry about a binding begins with
// the binding. Detail "state" is the new state, "from" the old one, "fault" the message
// key of the reason, if any.
//
//	provision.create          an instance was requested           state=requested, or creating when the call leaves at once
//	provision.settle          an instance changed state           state=creating|ready|failed|orphan|deleting|deleted
//	provision.delete          a deletion was asked for            state=deleting|deleted
//	provision.bind            a binding was requested             as above
//	provision.settle_binding  a binding changed state             as above
//	provision.unbind          an unbinding was asked for          state=deleting|deleted
//	provision.credentials     credentials were shown              (never the credentials)
//	provision.census          a census was asked for; subject provider
//	provision.count           the census was taken; subject provider, then every instance found amiss
//
// meter opens the usage window at provision.settle with state=ready and closes it at
// provision.settle or provision.delete with state=deleted.
package provision
