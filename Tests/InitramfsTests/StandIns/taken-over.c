// A decompressor that somebody has taken over: it tries what it must not be able to do, and writes a line for
// each attempt. Its standard input has a path that it may not read and one that it may not write.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void tell(const char *attempt, long result) {
  printf("%s: %s\n", attempt, result < 0 ? "refused" : "DONE");
}

static void *run(void *argument) { return argument; }

static void wait_for_ever(void) {
  for (;;) pause();
}

int main(int count, char *arguments[]) {
  char unreadable[4096], unwritable[4096];
  if (count > 1 && strcmp(arguments[1], "spin") == 0) {
    for (volatile unsigned long i = 0;; i++) {
    }
  }
  if (count > 1 && strcmp(arguments[1], "pour") == 0) {
    static char block[1 << 16];
    while (write(1, block, sizeof(block)) > 0) {
    }
    return 1;
  }
  if (count > 1 && strcmp(arguments[1], "sleep") == 0) {
    printf("%d\n", (int)getpid());
    fflush(stdout);
    wait_for_ever();
  }
  if (count > 1 && strcmp(arguments[1], "allocate") == 0) {
    size_t size = 0;
    while (size < 64 && mmap(NULL, 1u << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
      size++;
    }
    printf("%s\n", size < 8 ? "limited" : "UNLIMITED");
    return 0;
  }
  if (scanf("%4095s %4095s", unreadable, unwritable) != 2) return 2;

  tell("read a file of root's", open("/etc/shadow", O_RDONLY));
  tell("read a file of the user's", open(unreadable, O_RDONLY));
  tell("read another process", open("/proc/1/status", O_RDONLY));
  tell("list a folder", open("/etc", O_RDONLY | O_DIRECTORY));
  tell("write a file", open(unwritable, O_WRONLY));
  tell("write a file and read it", open(unwritable, O_RDWR));
  tell("append to a file", open(unwritable, O_WRONLY | O_APPEND));
  tell("cut a file off", open(unwritable, O_RDONLY | O_TRUNC));
  tell("cut a file off by its path", truncate(unwritable, 0));
  tell("make a file", open("/tmp/latchkey-probe", O_RDONLY | O_CREAT, 0600));
  tell("make a file without a name", open("/tmp", O_RDWR | O_TMPFILE, 0600));
  tell("make a folder", mkdir("/tmp/latchkey-probe-folder", 0700));
  tell("make a link", symlink("x", "/tmp/latchkey-probe-link"));
  tell("make a device", mknod("/tmp/latchkey-probe-node", S_IFCHR | 0600, 0x103));
  tell("remove a file", unlink(unwritable));
  tell("rename a file", rename(unwritable, "/tmp/latchkey-probe-name"));
  tell("change a mode", chmod(unwritable, 0777));
  tell("change an owner", chown(unwritable, 0, 0));
  tell("make a file in memory", memfd_create("probe", 0));
  tell("open a handle", syscall(SYS_openat2, AT_FDCWD, unreadable, NULL, 0));
  tell("make a socket", socket(AF_INET, SOCK_STREAM, 0));
  tell("make a local socket", socket(AF_UNIX, SOCK_STREAM, 0));
  int pair[2];
  tell("make a pair of sockets", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(22)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  tell("connect", connect(0, (struct sockaddr *)&address, sizeof(address)));
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) _exit(0);
  tell("fork", child);
  tell("clone a process", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  struct clone_args args = {.exit_signal = SIGCHLD};
  const long cloned = syscall(SYS_clone3, &args, sizeof(args));
  if (cloned == 0) _exit(0);
  tell("clone a process in the new way", cloned);
  tell("make a namespace of users", unshare(CLONE_NEWUSER));
  tell("enter a namespace", setns(0, 0));
  char *const words[] = {"/bin/true", NULL};
  tell("execute", execve("/bin/true", words, environ));
  tell("execute itself again", execve(arguments[0], arguments, environ));
  const int program = open("/bin/true", O_RDONLY);
  tell("execute what is open", syscall(SYS_execveat, program, "", words, environ, AT_EMPTY_PATH));
  tell("trace its parent", ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
  tell("be traced", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
  tell("read its parent's memory", syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
  tell("write its parent's memory", syscall(SYS_process_vm_writev, getppid(), NULL, 0, NULL, 0, 0));
  tell("hold its parent", syscall(SYS_pidfd_open, getppid(), 0));
  tell("end its parent", kill(getppid(), 0));
  tell("end everything", kill(-1, 0));
  tell("end a thread of its parent's", syscall(SYS_tgkill, getppid(), getppid(), 0));
  struct rlimit limits = {RLIM_INFINITY, RLIM_INFINITY};
  tell("raise a limit", setrlimit(RLIMIT_CPU, &limits));
  tell("limit its parent", prlimit(getppid(), RLIMIT_CORE, &limits, NULL));
  tell("read its parent's limits", prlimit(getppid(), RLIMIT_CORE, NULL, &limits));
  tell("mount", mount("none", "/mnt", "tmpfs", 0, NULL));
  tell("unmount", umount2("/tmp", MNT_DETACH));
  tell("change its root", chroot("/"));
  tell("be root", setresuid(0, 0, 0));
  tell("be dumped", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
  tell("outlive its parent", prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));
  tell("take its alarm back", setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL));
  tell("load a program into the kernel", syscall(SYS_bpf, 0, NULL, 0));
  tell("queue calls", syscall(SYS_io_uring_setup, 1, NULL));
  tell("handle page faults", syscall(SYS_userfaultfd, 0));
  tell("read keys", syscall(SYS_keyctl, 0, -3, 0, 0, 0));
  tell("count events", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
  tell("own a descriptor", fcntl(1, F_SETOWN, getppid()));
  tell("type into a terminal", ioctl(0, TIOCSTI, "x"));
  tell("load a module", syscall(SYS_init_module, NULL, 0, ""));
  tell("start another kernel", syscall(SYS_kexec_load, 0, 0, NULL, 0));

  // What it has.
  for (int descriptor = 3; descriptor < 1024; descriptor++) {
    if (descriptor != program && fcntl(descriptor, F_GETFD) >= 0) printf("DONE: %d is open\n", descriptor);
  }
  for (char **variable = environ; *variable != NULL; variable++) printf("has %s\n", *variable);
  printf("Landlock: %s\n", syscall(444, NULL, 0, 1) >= 1 ? "yes" : "no");
  printf("no new privileges: %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  printf("root: %s\n", getuid() == 0 || geteuid() == 0 ? "YES" : "no");
  pthread_t thread;
  printf("a thread: %s\n", pthread_create(&thread, NULL, run, NULL) == 0 ? "yes" : "NO");
  return 0;
}
