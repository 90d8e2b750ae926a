// What the system lets processes do, found by asking the kernel or by trying.
#ifndef CPROBE_H
#define CPROBE_H

// Whether a process can adopt its orphaned descendants (Linux's sub-reapers).
int cprobe_subreaper(void);

// Whether a process of ours may make a user namespace with a PID namespace in it: tried in a child. 0, or the error number
// with which it is refused (ENOSYS where there is no such thing).
int cprobe_user_namespace(void);

#endif
