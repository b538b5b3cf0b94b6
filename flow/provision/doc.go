// Package provision makes service instances (서비스 인스턴스) and bindings (연결정보) at the
// providers' brokers, follows their long operations, and takes them away again (제공).
//
// Before it stand decide (may it run there?), catalog (what is it?) and contract (is it
// ordered and paid for?); after it meter reads usage of what runs.
//
//	requested -> creating -> ready -> deleting -> deleted
//	    |           |  \     ^  |        ^
//	    |           |   \    |  v        |
//	    |           |    \  updating ----+
//	    |           |     -> orphan -> failed
//	    |           -> failed
//	    -> deleted (nothing had left the house)
//
// A deletion (deleting, orphan) that does not succeed can be written_off by two people.
//
// # Changes
//
// An update (변경) gives a ready instance another plan, other parameters or another version.
// Another plan is another order, of the same institution, system and component, held to all
// that a creation is held to; anything else needs the present order to be in force. While it
// runs both orders count as used. When it succeeds the instance takes the new values over;
// when it fails it is ready as before and Change says why.
//
//	updating --patch--> done: ready with the new values
//	   |         |----> accepted: poll; failed: ready as before; too slow: fetch
//	   |         |----> refused: ready as before
//	   |         -----> answer lost: patch again, which has one effect
//	   -> when that does not help: fetch; the new values, the old ones, or "update_unknown"
//
// A rotation (교체) is a binding that names a predecessor; both are valid until the old one is
// revoked. Its parameters and use are those of the predecessor.
//
// The time an operation may take is the shorter of the plan's maximum_polling_duration and
// naru's own limit (HandlersWithin). When it is over, a creation is cleaned up as an orphan,
// an update is settled by what the provider shows, and a deletion is asked for again.
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
//   - at any moment an instance or binding is settled (ready, failed, deleted, written off)
//     or has a task and the time of its next attempt; nothing is given up silently;
//   - it has one row in the queue. What waits is superseded by a new wish, and a poll that a
//     wish overtook leaves with its answer; an instance sleeps until its last binding is gone;
//   - a time further away than any wait was written by a clock that went back, and counts
//     as past;
//   - an update never loses the instance: whatever is answered, it stays live with values
//     that the provider confirmed, or with the old ones and a fault that says so;
//   - what a binding gives is sealed whole at rest and leaves only through
//     provision.credentials; when it ends stands beside it.
//
// # Journal
//
// A call that can change something at a provider has a row ([BrokerCall]) that commits
// before it leaves: intended, sent, known (the broker works on it), unknown (its answer is
// lost or leaves doubt), settled. The broker's own status, code and description stand
// beside naru's code: done, not_sent, rejected, unknown, invalid, failed. What naru handed
// to the broker as a secret is taken out of the description; bodies are never kept.
//
// # Findings
//
// A census lays three sides beside each other: orders, the ledger, and what the provider
// says, which is its listing or, without one, the answer about every instance alone, and
// the usage it told. A re-check holds what runs against the grounds of a creation today.
// Each difference is one dated [Finding] that stays until it is seen to be gone. naru
// deletes only what it knows to be its own stray; a finding never stops what runs. A
// provider that could not be counted opens and ends nothing.
//
// # Entries
//
// Every change of state is one entry, which meter and notify follow. Subjects are always,
// in this order: instance, order, system, provider; an entry about a binding begins with
// the binding. Detail "state" is the new state, "from" the old one, "fault" the message
// key of the reason, if any.
//
//	provision.create          an instance was requested           state=requested, or creating when the call leaves at once
//	provision.update          an update was asked for             state=updating; change, plan, plan_before, order, params_digest, maintenance
//	provision.settle          an instance changed state           state=creating|ready|failed|orphan|deleting|deleted;
//	                          after an update from=updating; change, and order_before, plan_before when the plan changed
//	provision.delete          a deletion was asked for            state=deleting|deleted
//	provision.bind            a binding was requested             as above
//	provision.rotate          a rotation was requested            as above; predecessor
//	provision.settle_binding  a binding changed state             as above
//	provision.unbind          an unbinding was asked for          state=deleting|deleted
//	provision.credentials     credentials were shown              (never the credentials)
//	provision.census          a census was asked for; subject provider
//	provision.count           the census was taken; subject provider
//	provision.recheck         a re-check was asked for (asked, cause) or one batch was done (checked, opened, ended)
//	provision.acknowledge     somebody answers for a finding
//	provision.retry           the next attempt was made due
//	provision.inspect         a look at the provider was asked for; subject inspection, then as always
//	provision.look            what was seen                       found=there|gone|busy|unknown
//	provision.write_off       a deletion was proposed to be given up; subject proposal, then as always
//	provision.write_off_confirm  it was given up                  state=written_off
//	provision.write_off_refuse   it was not
//	provision.write_off_withdraw  who proposed it took it back
//
// A finding that opens or ends is an entry of the census, re-check, write-off or end of an
// update that saw it. Its subjects begin with the finding; detail "finding" is the kind, "finding_state"
// the state, "why" the message key of the ground that is not met.
//
// meter opens the usage window at provision.settle with state=ready and closes it at
// provision.settle or provision.delete with state=deleted, or when it was written off. An
// update leaves the window open; under which order an instance was before is a Term, by
// which meter charges usage.
package provision
