// Package meter keeps what was used (사용량): lines from the providers' brokers, by instance
// and meter, for the time each instance was live.
//
// Before it stands provision, whose entries open and close the window of an instance;
// after it account prices a sealed month.
//
// Invariants:
//   - a line is counted once: its id never comes to mean anything else, and a line that
//     comes back changed is a fault that is shown, never a silent replacement;
//   - a line that fits no instance, or not the time it was live, is set aside with the
//     reason and is never charged; it must be dismissed by a person before the seal;
//   - a line is charged to the order the instance was under at the middle of the line: what
//     was used before a plan change is priced by the old order, what came after by the new;
//   - a line that comes after its month was sealed keeps its own dates and is counted in
//     the first month still open, marked late;
//   - a month is sealed only when every stretch of every window has usage or an
//     explanation; months are sealed in order, and a sealed month never changes.
package meter
