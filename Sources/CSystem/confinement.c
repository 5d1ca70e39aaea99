#define _GNU_SOURCE
#include "confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// MARK: Limits

/// xz and zstd ask for windows of up to some hundred MiB for each thread.
static const rlim_t addresses = sizeof(void *) > 4 ? (rlim_t)4 << 30 : RLIM_INFINITY;

static int limit(int resource, rlim_t most) {
  const struct rlimit limits = {most, most};
  return setrlimit(resource, &limits) == 0 ? 0 : -errno;
}

static int limit_all(unsigned seconds) {
  int error = limit(RLIMIT_CPU, seconds);
  if (error == 0) error = limit(RLIMIT_CORE, 0);
  // A pipe is no file.
  if (error == 0) error = limit(RLIMIT_FSIZE, 0);
  if (error == 0) error = limit(RLIMIT_NOFILE, 32);
  if (error == 0) error = limit(RLIMIT_AS, addresses);
  return error;
}

// MARK: Privileges

/// Numbers above those that systems and containers give to users.
static const unsigned first_stranger = 0x7A000000;

/// Root becomes a user to whom nothing belongs, and who runs nothing else: whoever is the same user may look into
/// a process, and write to its memory. A namespace of users may not have that number. By the system calls
/// themselves: libc's would tell each of the parent's threads, which this process has none of.
static void become_stranger(void) {
  if (geteuid() != 0) return;
  const unsigned stranger = first_stranger + (unsigned)getpid();
  syscall(SYS_setgroups, 0, NULL);
  syscall(SYS_setresgid, stranger, stranger, stranger);
  syscall(SYS_setresuid, stranger, stranger, stranger);
}

// MARK: Landlock (landlock(7)), whose numbers are those of Linux 5.13 and later

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

enum { execute = 1 << 0, read_file = 1 << 2, read_folder = 1 << 3 };

struct ruleset {
  uint64_t files, network, scopes;
};

struct __attribute__((packed)) rule {
  uint64_t allowed;
  int32_t parent;
};

static void permit(int rules, const char *path, uint64_t allowed) {
  const struct rule rule = {allowed, open(path, O_PATH | O_CLOEXEC)};
  if (rule.parent < 0) return;
  syscall(SYS_landlock_add_rule, rules, 1 /* LANDLOCK_RULE_PATH_BENEATH */, &rule, 0);
  close(rule.parent);
}

/// Of all files only programs and libraries can be read.
/// 1 if so, 0 where the kernel hasn't got it, or a negative errno value.
static int restrict_files(const char *program) {
  const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u);
  if (version < 1) return 0;
  // Every right on files that this version knows, so that what isn't permitted is refused.
  static const unsigned char rights[] = {13, 14, 15, 15, 16};
  struct ruleset all = {.files = (UINT64_C(1) << rights[version < 5 ? version - 1 : 4]) - 1};
  size_t size = sizeof(all.files);
  if (version >= 4) {
    all.network = 3;
    size = offsetof(struct ruleset, scopes);
  }
  if (version >= 6) {
    all.scopes = 3;
    size = sizeof(all);
  }
  const int rules = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0u);
  if (rules < 0) return -errno;
  static const char *const folders[] = {"/usr", "/bin", "/lib", "/lib32", "/lib64", "/libx32"};
  for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
    permit(rules, folders[i], execute | read_file | read_folder);
  }
  permit(rules, "/etc/ld.so.cache", read_file);
  permit(rules, program, execute | read_file);
  const int error = syscall(SYS_landlock_restrict_self, rules, 0) == 0 ? 1 : -errno;
  close(rules);
  return error;
}

// MARK: System calls (seccomp(2))

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define ARCHITECTURE AUDIT_ARCH_PPC64LE
#endif

#ifdef ARCHITECTURE

/// What these programs and libc need to compute, to read and to write, with no argument that could do more.
static const int harmless[] = {
#ifdef SYS_access
    SYS_access,
#endif
#ifdef SYS_arch_prctl
    SYS_arch_prctl,
#endif
#ifdef SYS_getrlimit
    SYS_getrlimit,
#endif
#ifdef SYS_newfstatat
    SYS_newfstatat,
#endif
#ifdef SYS_pipe
    SYS_pipe,
#endif
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_readlink
    SYS_readlink,
#endif
#ifdef SYS_select
    SYS_select,
#endif
#ifdef SYS_stat
    SYS_stat,   SYS_lstat,
#endif
#ifdef SYS_statx
    SYS_statx,
#endif
#ifdef SYS_rseq
    SYS_rseq,
#endif
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_close, SYS_fstat, SYS_lseek,
    SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk, SYS_futex,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_restart_syscall,
    SYS_set_robust_list, SYS_set_tid_address, SYS_getrandom, SYS_exit, SYS_exit_group, SYS_getpid,
    SYS_getppid, SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_clock_gettime,
    SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_sched_yield, SYS_sched_getaffinity,
    SYS_sysinfo, SYS_uname, SYS_ppoll, SYS_pselect6, SYS_pipe2, SYS_faccessat, SYS_readlinkat,
    SYS_getcwd, SYS_fadvise64,
    // What confines further.
    SYS_landlock_create_ruleset, SYS_landlock_add_rule, SYS_landlock_restrict_self};

enum {
  refuse = SECCOMP_RET_ERRNO | EPERM,
  /// As on a kernel that doesn't know the call: libc then does without.
  unknown = SECCOMP_RET_ERRNO | ENOSYS,
};

struct filter {
  struct sock_filter code[256];
  unsigned short count;
};

static void add(struct filter *filter, struct sock_filter instruction) {
  filter->code[filter->count++] = instruction;
}

static void load(struct filter *filter, size_t offset) {
  add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void answer(struct filter *filter, uint32_t with) {
  add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, with));
}

/// Goes on with the next instruction where the word that was loaded is `value`, else leaves out so many.
static void equal(struct filter *filter, uint32_t value, unsigned char otherwise) {
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, otherwise));
}

/// The low half of an argument: all of what the kernel reads as an int.
static size_t argument(int number) {
  return offsetof(struct seccomp_data, args) + 8 * (size_t)number +
         (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0);
}

/// A call with one of these values for an argument.
static void allow_values(struct filter *filter, int call, int number, const uint32_t *values,
                         unsigned char count) {
  equal(filter, (uint32_t)call, (unsigned char)(2 * count + 2));
  load(filter, argument(number));
  for (unsigned char i = 0; i < count; i++) {
    equal(filter, values[i], 1);
    answer(filter, SECCOMP_RET_ALLOW);
  }
  answer(filter, refuse);
}

/// A call of whose argument these bits have this value.
static void allow_bits(struct filter *filter, int call, int number, uint32_t bits,
                       uint32_t value) {
  equal(filter, (uint32_t)call, 5);
  load(filter, argument(number));
  add(filter, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits));
  equal(filter, value, 1);
  answer(filter, SECCOMP_RET_ALLOW);
  answer(filter, refuse);
}

/// A call with these 64 bits for its first argument.
static void allow_first(struct filter *filter, int call, uint64_t value) {
  const size_t low = argument(0);
  equal(filter, (uint32_t)call, 6);
  load(filter, low);
  equal(filter, (uint32_t)value, 3);
  load(filter, low ^ 4);
  equal(filter, (uint32_t)(value >> 32), 1);
  answer(filter, SECCOMP_RET_ALLOW);
  answer(filter, refuse);
}

/// prlimit64() that asks, of this process.
static void allow_asking_for_limits(struct filter *filter) {
  equal(filter, SYS_prlimit64, 8);
  load(filter, argument(0));
  equal(filter, 0, 5);
  load(filter, argument(2));
  equal(filter, 0, 3);
  load(filter, argument(2) ^ 4);
  equal(filter, 0, 1);
  answer(filter, SECCOMP_RET_ALLOW);
  answer(filter, refuse);
}

static int filter_calls(const char *program) {
  struct filter filter = {.count = 0};
  load(&filter, offsetof(struct seccomp_data, arch));
  equal(&filter, ARCHITECTURE, 1);
  add(&filter, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1));
  answer(&filter, SECCOMP_RET_KILL_PROCESS);
  load(&filter, offsetof(struct seccomp_data, nr));
  for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++) {
    equal(&filter, (uint32_t)harmless[i], 1);
    answer(&filter, SECCOMP_RET_ALLOW);
  }
  // To read alone. `__O_TMPFILE` is O_TMPFILE without O_DIRECTORY.
  const uint32_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);
  allow_bits(&filter, SYS_openat, 2, writing, O_RDONLY);
#ifdef SYS_open
  allow_bits(&filter, SYS_open, 1, writing, O_RDONLY);
#endif
  // Threads, and no processes. clone3(), whose flags no filter sees, isn't known.
  const uint32_t thread = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
  const uint32_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                          CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  allow_bits(&filter, SYS_clone, 0, thread | spaces, thread);
  static const uint32_t control[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};
  allow_values(&filter, SYS_fcntl, 1, control, 4);
  // Whether it is a terminal.
  static const uint32_t requests[] = {TCGETS, FIONREAD};
  allow_values(&filter, SYS_ioctl, 1, requests, 2);
  static const uint32_t options[] = {PR_SET_NAME, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS};
  allow_values(&filter, SYS_prctl, 0, options, 3);
  allow_asking_for_limits(&filter);
  // abort() and raise().
  const uint32_t self = (uint32_t)getpid();
  allow_values(&filter, SYS_tgkill, 0, &self, 1);
  allow_values(&filter, SYS_kill, 0, &self, 1);
  // The program once: whatever it is then has other addresses, and does not know this one.
  allow_first(&filter, SYS_execve, (uint64_t)(uintptr_t)program);
  answer(&filter, unknown);
  const struct sock_fprog whole = {filter.count, filter.code};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole, 0, 0) == 0 ? 0 : -errno;
}

#else

static int filter_calls(const char *program) {
  (void)program;
  return -ENOSYS;
}

#endif

int confine(const char *program, unsigned seconds) {
  become_stranger();
  // Behind the change of user, which takes it back.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return -errno;
  }
  const int restricted = restrict_files(program);
  if (restricted < 0) return restricted;
  if (restricted == 0 && geteuid() == 0) return -EPERM;
  const int error = limit_all(seconds);
  return error == 0 ? filter_calls(program) : error;
}
