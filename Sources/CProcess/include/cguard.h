// The guardian: a process above ours that lets nothing of ours outlive us.
#ifndef CGUARD_H
#define CGUARD_H

// Splits this process in two, which must have a single thread yet. The caller goes on as the child, the *runtime*. The
// parent, the *guardian*, never returns: it
// - adopts and reaps every descendant whose own parent ends, those in other sessions included (PR_SET_CHILD_SUBREAPER);
// - passes signals on that were sent to it alone, and stops and continues with the runtime;
// - once the runtime has ended, however it did, ends all its descendants: TERM, after `grace` milliseconds KILL, until none is
//   left; at once if the runtime asked for that (cprocess_guardian_hurry), or on SIGINT or SIGQUIT. Processes whose
//   environment holds `spared` ("NAME=VALUE") are spared, with all below them: those are to outlive us;
// - exits as the runtime did, with 128 + n if signal n ended it.
// When the guardian is killed, the runtime gets SIGTERM.
//
// Returns 0 in the runtime, or an error number if there is no guardian (ENOSYS where the system has no way to adopt).
int cprocess_start_guardian(int grace, const char *spared);

// Goes on with `run` on a new thread; the calling one does nothing more, and hears no signal. `run` is to end the process.
//
// For the runtime: a lock that is waited for goes by the number that a thread has noted of itself (futex(2), FUTEX_LOCK_PI), and
// the thread that came out of the split has the guardian's. What it lets go of would never be given to who waits (decision 16).
_Noreturn void cprocess_go_on_apart(void (*run)(void *), void *context);

// The guardian's number, as long as it lives; else 0.
int cprocess_guardian(void);

// Has the guardian end, after our end and the time of grace, all control groups whose folders' paths begin like this: a
// process that changes its session faster than anybody looks is in one still. The last one told counts.
void cprocess_guardian_groups(const char *prefix);

// Makes the guardian leave no grace to what it finds after our end. May be called from a signal handler.
void cprocess_guardian_hurry(void);

// Tells the guardian that everything is being ended, since so many milliseconds: the time of grace counts from then, whenever
// our end comes, but for half a second that what it finds has in any case.
void cprocess_guardian_begin_grace(long long age);

#endif
