/*
Package revision says which revision of the city decides now, and what each rollout in progress means for a case.

The rest of this page is the protocol: what a revision of the city is, how it is applied, how other processes learn of
it, what becomes of the cases that are open, and why nothing is lost when a process stops at any point. Package rollout
carries out the steps that write; this package holds what they mean and what every decision needs of it.

# What a revision is

A city is a directory of files: areas, posts, people, categories, rules, escalation policies. Its base revision is a
hash of these files, as in "c-5f3a9c21d0b4". A directory never changes; another directory is another revision.

Beside the directory a store keeps rulings (precedents), which a person makes while the service runs. Each change of the
rulings has a number, the edition. The full revision of a city is its base and its edition, as in "c-5f3a9c21d0b4+p3".
Every event and every case names the full revision that decided it, so that a decision can be explained years later:
see Revisions.CityAt.

The keys are these (the table of all keys is in ledger/keys.go):

	v/ base        the list of files of a directory, with their hashes
	f/ hash part   the files' content; two directories share what is equal
	a/ N           apply N: base, who, when, why, policy, when it takes effect, how far its backfill is
	g/ from N      apply N waits for its instant
	w/ N           apply N has taken effect, and its backfill is in progress
	m/head         the head: which apply is active, its base, and the last apply
	p/ E           change E of the rulings
	m/precedents   the edition: how many changes there are

Applies are numbered from 1. The first one is made when a store is opened with a directory for the first time.

# The one rule

A decision is made by one city and committed under the head that named it.

The value of Active is a compiled city together with the revision of the store that wrote m/head when the city was
read. Revisions.Do gives each run of a transaction one Active, and adds the guard "m/head is as it was at that
revision" to the batch. When another revision has become active meanwhile, in this process or in any other, the commit
fails and nothing is written: a city that is no longer active decides nothing, however far a process lags behind.

A decision reads no older store than its city does: a snapshot from before the head of its Active shows no rollout to that
city, and Do takes another one.

The same holds for what is not written. When a decision is a refusal, or finds nothing to do, no commit compares the
head; then Do compares it on the snapshot that the decision read. Nobody is refused by a city that is gone.

Rulings are the exception. Decisions are not guarded by m/precedents: a ruling that is a moment old may miss the next
report, and the report's events name the edition that decided. The call that makes a ruling waits until this process
decides by the ruling.

# How a revision is applied

 1. Keep the directory. Its files are written in several commits, the first part of a file after its other parts, the
    list of files last. A directory without its list is not there; what a process that stopped has written of it is
    found by its hash and not written again.
 2. Apply. One commit writes a/N and m/head, guarded by the head, if the last apply is the one that the applicant
    planned against. A revision that takes effect at once becomes the head's base and gets w/N. One with a later instant
    gets g/from N, and the head's base stays.
 3. Activate, if it waited. Every process looks at the first g/ entry that is due. It compiles the city first, while
    cases go on under the city before, and then commits: m/head with the new base, a/N with the instant, w/N instead of
    g/from N. The commit is guarded by m/head and a/N, so that one process does it.
 4. Backfill. Open cases are moved, some hundred in a commit, until none is left. The last commit deletes w/N.

Applies take effect in the order of their numbers: one is refused when an earlier one waits for a later instant. A
waiting apply can be withdrawn until step 3, if no later one was planned upon it.

# How processes learn of it

A process learns of another revision in two ways, whichever comes first:

  - From the feed. The view of each process follows every commit of the store in order. A commit that writes m/head or
    m/precedents makes it call Activate before lists show that commit.
  - From a lost race. A transaction whose guard on m/head fails gets tx.ErrStale. tx.Store.Do then calls CatchUp,
    outside the snapshot, and runs the transaction again.

Activate reads the head and the rulings, compiles the city if this process has not compiled it yet, and publishes a new
Active. No lock is held while it reads and compiles. Publication is a compare-and-swap against the Active that was there
before the read began: the loser reads again, so that what is active in a process never goes back. Of several callers
that need the same city, one compiles it; the others wait for the result or for the end of their own context.

A city that can't be read (a damaged file, or a directory that an older program finds faulty) is logged, and the process
goes on by the city that it has, under the new head and the new rulings. It does so until a revision that it can read is
active, or until it is started again; then it does not open.

# What catching up means

A process has caught up when two things are so:

  - its Active has the head that is in the store;
  - for every w/ entry it has loaded the Backfill from the city before that apply to the Active city.

CatchUp brings both about. The second part is what lets a decision come before the backfill has reached its case.

# What happens to open cases

An open case is on an escalation policy of the city that decided it last, with timers and deadlines that this city
computed. When another city is active, the case must be moved: to the new policy at least, and to a new owner, deadline
or chain of superiors if the apply's policy says so (Keep, Move, Reroute). Backfill.Case computes the one event that
does so, or none.

Two parties can come to a case first:

  - The backfill. It walks the open cases by number. Its progress, the number of the last case, is written into a/N by
    the same commit that moves the cases.
  - A decision: an act of a person, a timer, a reprojection. Current gives it the case as the backfills in progress
    will leave it, and the events that bring it there. The decision commits these events before its own.

Both are guarded by the case, so that one of them wins; the other reads the case again and finds it decided under the
active city. Current skips an apply whose progress is past the case, and Backfill.Case returns no event for a case that
was decided under a later city, after that city's activation: the revision of the store that last wrote the case tells
which of two activations came before it.

When an apply has been overtaken by a later one before its backfill is done, its backfill still runs to its end, first.
It moves nothing to an owner any more. It leaves each case on the policy of its own city, from where the later
backfill moves it on. So each backfill only ever has to know the city just before its own, and the successors that were
named with the applies which it has overtaken: what the team's cases were to go to is decided by them in turn. A choice
for a team that the city had again meanwhile, and that a later apply removed once more, holds no more.

A new case is decided under the head like any other decision. It is under the active city from its first event, and no
backfill changes it.

# Invariants

	I1. Every event but those of a backfill names the base that was active when it was committed (by the guard on m/head),
	    unless the process that decided could not read that base.
	I2. m/head names an apply that is kept, whose directory is kept in full (step 1 ends before step 2 begins).
	I3. For every apply that has taken effect, w/N exists until every open case with a lower city has been moved
	    (progress and moves are one commit; the last deletes w/N).
	I4. An open case always has exactly one timer. A backfill and a decision each replace it in their own commit.
	I5. Active never goes back in a process, and a commit under an old Active fails.
	I6. No event is lost, repeated or changed: every writer guards the case at the revision that it read.

The simulation (dispatch/sim) checks I1, I4 and I6 on every commit of its worlds, with processes that stop at any point.

# Where a process may stop

	during step 1       Part of the files is kept. Nothing names them; a later apply finds them by their hash.
	after step 1        As before. A directory that no apply names costs room and nothing else.
	after step 2        With g/: any process activates it when its instant comes, also one that was started later.
	                    With w/: any process goes on with the backfill.
	during step 3       Before the commit nothing has happened. After it, w/N is there: any process backfills.
	during step 4       The progress in a/N is that of the last commit. Any process goes on with the case after it.
	during CatchUp      Nothing is written. What was loaded is gone with the process.

A commit whose fate is not known (storage.ErrUncertain) may have been written. Each of the steps reads the store before
it writes, so that the step is found done or is done again.

# An example

Two processes, A and B, over one store. Revision r1 is active (apply 1, written at store revision 40). Cases 7 to 300 are
open. A commit of the backfill covers 256 of them at most, so that two commits are needed.

	store
	rev    who  what
	 40         m/head = {active 1, base r1}
	 ...
	 71    A    keeps the files of r2: f/..., v/r2
	 72    A    apply 2: a/2, m/head = {active 2, base r2}, w/2        guard m/head@40
	 -     B    acts on case 300. B's Active is r1@40:
	            guard m/head@40 fails                                  -> tx.ErrStale
	            CatchUp: reads m/head@72 and w/2, compiles r2,
	            loads the backfill r1 -> r2
	            runs again: case 300 is under r1, apply 2 has not
	            come to it; Current gives the event "revised"
	 73    B    case 300: revised (by r2), started (by r2)             guards m/head@72, case 300
	 74    A    backfill: cases 7 to 262 revised,
	            a/2 progress = 262                                     guards m/head@72, a/2@72, cases 7 to 262
	            (A stops here. B's scheduler finds w/2 and goes on.)
	 75    B    backfill: cases 263 to 299 revised, case 300 is
	            under r2 already and stays; a/2 progress = 300         guards m/head@72, a/2@74, cases 263 to 299
	 76    B    no case is left: a/2 done, w/2 deleted                 guards m/head@72, a/2@75

Had B's act at 73 and A's backfill met on the same case, one commit would have failed on the guard of that case. Had A
applied r3 between 73 and 74, the backfill at 74 would have failed on m/head; run again, it would have left cases 7 to 262
on r2's escalation policy for the backfill of apply 3 to move.
*/
package revision
