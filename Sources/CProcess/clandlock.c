#define _GNU_SOURCE
#include "clandlock.h"

#include <errno.h>

#if defined(__linux__)
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The headers of a C library may be older than the kernel; these numbers are the same on every architecture.
#define NR_LANDLOCK_CREATE_RULESET 444
#define NR_LANDLOCK_ADD_RULE 445
#define NR_LANDLOCK_RESTRICT_SELF 446
#define NR_IO_URING_SETUP 425
#define NR_IO_URING_REGISTER 427

// include/uapi/linux/landlock.h of Linux 6.15.
struct ruleset_attr {
  uint64_t handled_access_fs;
  uint64_t handled_access_net;
  uint64_t scoped;
};
struct path_beneath_attr {
  uint64_t allowed_access;
  int32_t parent_fd;
} __attribute__((packed));

#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_REMOVE_DIR (1ULL << 4)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_CHAR (1ULL << 6)
#define FS_MAKE_DIR (1ULL << 7)
#define FS_MAKE_REG (1ULL << 8)
#define FS_MAKE_SOCK (1ULL << 9)
#define FS_MAKE_FIFO (1ULL << 10)
#define FS_MAKE_BLOCK (1ULL << 11)
#define FS_MAKE_SYM (1ULL << 12)
#define FS_REFER (1ULL << 13)     // version 2
#define FS_TRUNCATE (1ULL << 14)  // version 3
#define FS_IOCTL_DEV (1ULL << 15) // version 5
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0) // version 6
#define SCOPE_SIGNAL (1ULL << 1)

#define FS_OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

int cprocess_open_path(int folder, const char *path) { return openat(folder, path, O_PATH | O_NOFOLLOW | O_CLOEXEC); }

int cprocess_landlock_version(void) {
  long version = syscall(NR_LANDLOCK_CREATE_RULESET, (void *)0, 0, 1);
  return version < 0 ? 0 : (int)version;
}

static uint64_t known_fs(int version) {
  uint64_t known = FS_REFER - 1;
  if (version >= 2) known |= FS_REFER;
  if (version >= 3) known |= FS_TRUNCATE;
  if (version >= 5) known |= FS_IOCTL_DEV;
  return known;
}

int cprocess_landlock_create(void) {
  int version = cprocess_landlock_version();
  if (version < 1) return -1;
  struct ruleset_attr attr = {.handled_access_fs = known_fs(version)};
  size_t size = sizeof attr.handled_access_fs;
  if (version >= 6) {
    attr.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
    size = sizeof attr;
  }
  // The kernel sets close-on-exec.
  return (int)syscall(NR_LANDLOCK_CREATE_RULESET, &attr, size, 0);
}

int cprocess_landlock_allow(int ruleset, int path, unsigned rights) {
  uint64_t access = 0;
  if (rights & CPROCESS_LANDLOCK_READ) access |= FS_READ_FILE | FS_READ_DIR | FS_EXECUTE;
  if (rights & CPROCESS_LANDLOCK_WRITE)
    access |= FS_WRITE_FILE | FS_TRUNCATE | FS_REFER | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG |
              FS_MAKE_SOCK | FS_MAKE_FIFO | FS_MAKE_SYM;
  if (rights & CPROCESS_LANDLOCK_DEVICE) access |= FS_READ_FILE | FS_WRITE_FILE | FS_IOCTL_DEV;
  struct stat info;
  if (fstat(path, &info) < 0) return -1;
  if (!S_ISDIR(info.st_mode)) access &= FS_OF_FILES;
  else if (rights & CPROCESS_LANDLOCK_DEVICE) access |= FS_READ_DIR;
  struct path_beneath_attr attr = {.allowed_access = access & known_fs(cprocess_landlock_version()), .parent_fd = path};
  return (int)syscall(NR_LANDLOCK_ADD_RULE, ruleset, 1, &attr, 0);
}

// MARK: - The filter of system calls

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#endif

#ifdef NATIVE

struct program {
  struct sock_filter code[64];
  unsigned short length;
};

static void add(struct program *program, unsigned short code, uint32_t value, unsigned char then, unsigned char otherwise) {
  program->code[program->length++] = (struct sock_filter){code, then, otherwise, value};
}

static void load(struct program *program, size_t offset) { add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0); }

static void answer(struct program *program, uint32_t value) { add(program, BPF_RET | BPF_K, value, 0, 0); }

// When what was loaded has this value, the next instruction is executed, which must be an answer.
static void if_equal(struct program *program, uint32_t value) { add(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1); }

// Begins a piece for one system call, which must end with an answer; `end_piece` sets where the others go.
static unsigned short begin_piece(struct program *program, uint32_t call) {
  if_equal(program, call);
  return program->length - 1;
}

static void end_piece(struct program *program, unsigned short start) {
  program->code[start].jf = (unsigned char)(program->length - start - 1);
}

#define REFUSED(number) (SECCOMP_RET_ERRNO | (number))
// The low half of an argument: both architectures are little-endian, and the kernel looks at no more of these.
#define ARGUMENT(n) offsetof(struct seccomp_data, args[n])

// Refuses sockets of all families but those wanted, input typed into a terminal by a program, the keys of the user's other
// sessions, and the two ways around a filter: other calling conventions and io_uring.
static void make_filter(struct program *program, unsigned flags) {
  int local = (flags & CPROCESS_FILTER_UNIX_SOCKETS) != 0;
  program->length = 0;
  load(program, offsetof(struct seccomp_data, arch));
  add(program, BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0);
  answer(program, REFUSED(ENOSYS));
  load(program, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
  add(program, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1); // the x32 calls
  answer(program, REFUSED(ENOSYS));
#endif
  for (uint32_t call = NR_IO_URING_SETUP; call <= NR_IO_URING_REGISTER; call++) {
    if_equal(program, call);
    answer(program, REFUSED(ENOSYS));
  }
  const uint32_t keys[] = {SYS_keyctl, SYS_add_key, SYS_request_key};
  for (int i = 0; i < 3; i++) {
    if_equal(program, keys[i]);
    answer(program, REFUSED(EPERM));
  }
  unsigned short piece = begin_piece(program, SYS_socket);
  load(program, ARGUMENT(0));
  const uint32_t families[] = {AF_INET, AF_INET6, AF_NETLINK};
  for (int i = 0; i < 3 && !(flags & CPROCESS_CONFINE_NO_SOCKETS); i++) {
    if_equal(program, families[i]);
    answer(program, SECCOMP_RET_ALLOW);
  }
  if (local) {
    if_equal(program, AF_UNIX);
    answer(program, SECCOMP_RET_ALLOW);
  }
  answer(program, REFUSED(EPERM));
  end_piece(program, piece);
  if (!local) {
    // One end of a pair of datagram sockets can be connected anew, to a socket by its path. RAW means the same.
    piece = begin_piece(program, SYS_socketpair);
    load(program, ARGUMENT(1));
    add(program, BPF_ALU | BPF_AND | BPF_K, 0xF, 0, 0);
    if_equal(program, SOCK_DGRAM);
    answer(program, REFUSED(EPERM));
    if_equal(program, SOCK_RAW);
    answer(program, REFUSED(EPERM));
    answer(program, SECCOMP_RET_ALLOW);
    end_piece(program, piece);
  }
  piece = begin_piece(program, SYS_ioctl);
  load(program, ARGUMENT(1));
  if_equal(program, TIOCSTI);
  answer(program, REFUSED(EPERM));
  if_equal(program, TIOCLINUX);
  answer(program, REFUSED(EPERM));
  answer(program, SECCOMP_RET_ALLOW);
  end_piece(program, piece);
  answer(program, SECCOMP_RET_ALLOW);
}

static int install_filter(unsigned flags) {
  struct program program;
  make_filter(&program, flags);
  struct sock_fprog all = {program.length, program.code};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) < 0 ? errno : 0;
}

int cprocess_filter_write(int descriptor, unsigned flags) {
  struct program program;
  make_filter(&program, flags);
  size_t size = program.length * sizeof program.code[0];
  ssize_t written = pwrite(descriptor, program.code, size, 0);
  if (written < 0) return errno;
  return (size_t)written == size ? 0 : EIO;
}

int cprocess_filter_known(void) {
  // Asks without an argument: EFAULT means that the kernel went to look for a filter.
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (void *)0) == 0) return 0;
  return errno == EFAULT || errno == EACCES ? 0 : errno;
}
#else
static int install_filter(unsigned flags) {
  (void)flags;
  return ENOSYS;
}

int cprocess_filter_write(int descriptor, unsigned flags) {
  (void)descriptor;
  (void)flags;
  return ENOSYS;
}

int cprocess_filter_known(void) { return ENOSYS; }
#endif

// MARK: - In the child

static int write_text(const char *path, const char *text, size_t length) {
  int descriptor = open(path, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  ssize_t written = write(descriptor, text, length);
  int result = written == (ssize_t)length ? 0 : written < 0 ? errno : EIO;
  (void)close(descriptor);
  return result;
}

static size_t add_number(char *text, unsigned number) {
  char digits[10];
  size_t count = 0;
  do digits[count++] = (char)('0' + number % 10);
  while (number /= 10);
  for (size_t i = 0; i < count; i++) text[i] = digits[count - 1 - i];
  return count;
}

// Every user and group is who they were; no others are known.
static int write_map(const char *path, unsigned id) {
  char text[32];
  size_t length = add_number(text, id);
  text[length++] = ' ';
  length += add_number(text + length, id);
  text[length++] = ' ';
  text[length++] = '1';
  return write_text(path, text, length);
}

static int unshare_network(void) {
  if (unshare(CLONE_NEWNET | CLONE_NEWIPC) == 0) return 0;
  if (errno != EPERM) return errno;
  unsigned user = geteuid(), group = getegid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) < 0) return errno;
  int result = write_text("/proc/self/setgroups", "deny", 4);
  if (result == 0) result = write_map("/proc/self/uid_map", user);
  if (result == 0) result = write_map("/proc/self/gid_map", group);
  return result;
}

static int raise_loopback(void) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int result = ioctl(descriptor, SIOCSIFFLAGS, &request) < 0 ? errno : 0;
  (void)close(descriptor);
  return result;
}

static int drop_capabilities(void) {
  // Of the bounding set as far as that is allowed; without new privileges an exec gives none back anyway.
  for (int capability = 0; capability < 64; capability++)
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) break;
  (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2] = {{0}};
  return syscall(SYS_capset, &header, none) < 0 ? errno : 0;
}

int cprocess_confine_self(int ruleset, unsigned flags) {
  int result;
  if (flags & CPROCESS_CONFINE_NETWORK) {
    if ((result = unshare_network()) != 0) return result;
    if ((result = raise_loopback()) != 0) return result;
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return errno;
  if ((result = drop_capabilities()) != 0) return result;
  if (ruleset >= 0 && syscall(NR_LANDLOCK_RESTRICT_SELF, ruleset, 0) < 0) return errno;
  return install_filter(flags);
}

int cprocess_can_unshare_network(void) {
  // Not fork: a copy of the whole process could write to its files. The child shares the memory until it ends.
  pid_t child = vfork();
  if (child == 0) {
    int result = unshare_network();
    if (result == 0) result = raise_loopback();
    _exit(result > 255 ? 255 : result);
  }
  int result = errno;
  if (child > 0) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
      if (errno != EINTR) break;
    result = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
  }
  return result;
}

#else

int cprocess_open_path(int folder, const char *path) {
  (void)folder;
  (void)path;
  errno = ENOSYS;
  return -1;
}

int cprocess_landlock_version(void) {
  errno = ENOSYS;
  return 0;
}

int cprocess_landlock_create(void) {
  errno = ENOSYS;
  return -1;
}

int cprocess_landlock_allow(int ruleset, int path, unsigned rights) {
  (void)ruleset;
  (void)path;
  (void)rights;
  errno = ENOSYS;
  return -1;
}

int cprocess_confine_self(int ruleset, unsigned flags) {
  (void)ruleset;
  (void)flags;
  return ENOSYS;
}

int cprocess_can_unshare_network(void) { return ENOSYS; }

int cprocess_filter_write(int descriptor, unsigned flags) {
  (void)descriptor;
  (void)flags;
  return ENOSYS;
}

int cprocess_filter_known(void) { return ENOSYS; }

#endif
