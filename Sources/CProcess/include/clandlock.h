// What confines a process on Linux: Landlock, namespaces and a filter of system calls. Elsewhere all of it fails with ENOSYS.
#ifndef CLANDLOCK_H
#define CLANDLOCK_H
#include <stdint.h>

// Names a file without opening it (O_PATH), closed on exec; a symbolic link itself and not where it leads. -1 with errno set.
int cprocess_open_path(int folder, const char *path);

// Landlock's version in this kernel, from 1; 0 where there is none, with errno set (EOPNOTSUPP: switched off).
int cprocess_landlock_version(void);

// A new set of rules that forbids all that this version knows of the file system, signals to processes outside and their
// abstract sockets; closed on exec. -1 with errno set.
int cprocess_landlock_create(void);

// What rules can allow. WRITE is without READ.
#define CPROCESS_LANDLOCK_READ 1u
#define CPROCESS_LANDLOCK_WRITE 2u
#define CPROCESS_LANDLOCK_DEVICE 4u

// Allows something for an open path (O_PATH will do) and all below it; 0, or -1 with errno set.
int cprocess_landlock_allow(int ruleset, int path, unsigned rights);

// Namespaces of network and System V IPC, the network one with a loopback.
#define CPROCESS_CONFINE_NETWORK 1u
// No sockets but pairs of connected ones. Without it those of the internet and of netlink are left.
#define CPROCESS_CONFINE_NO_SOCKETS 2u

// Confines the calling process for good, for all that it executes: no new privileges, no capabilities, the filter of system
// calls, the rules. To be called in a child right before exec, after all that needs files or rights; makes system calls only.
// 0, or an error number; the process must not go on then. `ruleset` -1 is none: then only the flags are followed.
int cprocess_confine_self(int ruleset, unsigned flags);

// Whether a child could be given namespaces of its own; 0, or an error number. Starts a short-lived process.
int cprocess_can_unshare_network(void);

// Whether sockets to the machine's unix sockets are left by the filter.
#define CPROCESS_FILTER_UNIX_SOCKETS 4u

// Writes the filter of system calls, as an array of struct sock_filter, to a descriptor, from its beginning; flags:
// CPROCESS_CONFINE_NO_SOCKETS, CPROCESS_FILTER_UNIX_SOCKETS. 0, or an error number.
int cprocess_filter_write(int descriptor, unsigned flags);

// Whether the kernel takes such filters on this machine: 0, or an error number.
int cprocess_filter_known(void);

#endif
