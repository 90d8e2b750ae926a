/* What Jobs needs of C: zlib, and the one Linux call that Glibc's module does not show to Swift. */
#ifndef CSTORAGE_H
#define CSTORAGE_H

#include <stddef.h>
/* zlib without the parts that bring the system's headers along: in Swift those types would then seem to be ours. */
#define Z_SOLO
#include <zlib.h>

/* Asks the system to begin writing the file's dirty pages to the disk, without waiting. Only a hint: failures are
 * told by the fdatasync that follows. Does nothing where the system has no such call. */
void cstorage_start_writing(int descriptor);

/* The name of the network (or user space) file system that path lies on, as "NFS"; NULL for a local one, and where it
 * cannot be asked. */
const char *cstorage_network_file_system(const char *path);

/* Runs work(context) on a thread of its own that takes no signal and gets little of a busy processor. Returns 0 or an
 * error number. */
int cstorage_start_quiet_thread(void (*work)(void *), void *context);

#endif
