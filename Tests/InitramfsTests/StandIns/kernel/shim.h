// What the kernel's own unpacking of an initramfs needs of the rest of the kernel, for a program: its names
// for types and for C's functions, and system calls in the place of what works on the first root file system.
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef uint32_t __le32;
typedef unsigned short umode_t;
typedef int64_t time64_t;
typedef unsigned long ulong;

#define __init
#define __initdata
#define __initconst
#define __user
#define __weak __attribute__((weak))
#define __always_inline inline __attribute__((always_inline))
#define noinline __attribute__((noinline))
#define __maybe_unused __attribute__((unused))
#define __packed __attribute__((packed))
#define __aligned(size) __attribute__((aligned(size)))
#define fallthrough __attribute__((fallthrough))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define __stringify(x) #x
#define BUILD_BUG_ON(x) _Static_assert(!(x), "a size")
#define WARN_ON(x) (x)
#define EXPORT_SYMBOL(x)
#define EXPORT_SYMBOL_GPL(x)
#define MODULE_LICENSE(x)
#define MODULE_DESCRIPTION(x)
#define MODULE_AUTHOR(x)
#define MODULE_VERSION(x)
#define __setup(name, function)
#define IS_ENABLED(x) 0
#define BIT(n) (1UL << (n))
#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define clamp_t(type, value, low, high) min_t(type, max_t(type, value, low), high)
#define swab32 __builtin_bswap32
#define swab64 __builtin_bswap64
#define __swab32 __builtin_bswap32
#define __swab64 __builtin_bswap64
#define div_u64_rem(a, b, r) (*(r) = (a) % (b), (a) / (b))
#define prefetch(x) (void)(x)
#define prefetchw(x) (void)(x)
#define PAGE_SIZE 4096UL

#define pr_err(...) fprintf(stderr, __VA_ARGS__)
#define pr_debug(...) (void)0
#define printk(...) fprintf(stderr, __VA_ARGS__)
#define KERN_INFO ""
#define KERN_EMERG ""
#define show_mem(a, b) (void)0
static inline void panic(const char *format, va_list arguments) {
  vfprintf(stderr, format, arguments);
  exit(70);
}

#define GFP_KERNEL 0
#define kmalloc(size, flags) malloc(size)
#define kfree free
#define vmalloc malloc
#define vfree free
#define kmalloc_array(count, size, flags) malloc((count) * (size))

static inline bool is_aligned(unsigned long value) { return (value & (sizeof(long) - 1)) == 0; }
#define IS_ALIGNED(x, a) (((x) & ((a) - 1)) == 0)
#define ALIGN(x, a) (((x) + (a) - 1) & ~((a) - 1))

#define ACCESS(type, name, swap)                                                                    \
  static inline type get_unaligned_##name(const void *from) {                                       \
    type value;                                                                                     \
    memcpy(&value, from, sizeof value);                                                             \
    return swap(value);                                                                             \
  }                                                                                                 \
  static inline void put_unaligned_##name(type value, void *to) {                                   \
    value = swap(value);                                                                            \
    memcpy(to, &value, sizeof value);                                                               \
  }
#define AS_IS(x) (x)
ACCESS(u16, le16, AS_IS)
ACCESS(u32, le32, AS_IS)
ACCESS(u64, le64, AS_IS)
ACCESS(u16, be16, __builtin_bswap16)
ACCESS(u32, be32, __builtin_bswap32)
ACCESS(u64, be64, __builtin_bswap64)
#define get_unaligned(pointer)                                                                      \
  ({                                                                                                \
    __typeof__(*(pointer)) value;                                                                   \
    memcpy(&value, (pointer), sizeof value);                                                        \
    value;                                                                                          \
  })
#define put_unaligned(value, pointer)                                                               \
  do {                                                                                              \
    __typeof__(*(pointer)) copy = (value);                                                          \
    memcpy((pointer), &copy, sizeof copy);                                                          \
  } while (0)
#define le32_to_cpup(pointer) get_unaligned_le32(pointer)
#define get_le32(pointer) get_unaligned_le32(pointer)

/// CRC32 as in include/linux/crc32.h: the caller inverts.
u32 crc32_le(u32 crc, const unsigned char *bytes, size_t size);

// lib/kstrtox.c: digits up to the first that is none, after "0x" if the base is 16.
static inline unsigned long simple_strtoul(const char *text, char **end, unsigned base) {
  if (base == 16 && text[0] == '0' && (text[1] | 0x20) == 'x') {
    const int digit = (unsigned char)text[2];
    if ((digit >= '0' && digit <= '9') || ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')) text += 2;
  }
  unsigned long value = 0;
  for (;; text++) {
    const int digit = (unsigned char)*text;
    if (digit >= '0' && digit <= '9') value = value * base + (unsigned long)(digit - '0');
    else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
      value = value * base + (unsigned long)((digit | 0x20) - 'a' + 10);
    else break;
  }
  (void)end;
  return value;
}

#define strscpy(to, from, size) snprintf((to), (size), "%s", (from))

// A list, as include/linux/list.h has it, of which only these are used.
struct list_head {
  struct list_head *next, *prev;
};
#define LIST_HEAD(name) struct list_head name = {&(name), &(name)}
#define INIT_LIST_HEAD(list) ((list)->next = (list)->prev = (list))
static inline void list_add(struct list_head *entry, struct list_head *head) {
  entry->next = head->next;
  entry->prev = head;
  head->next->prev = entry;
  head->next = entry;
}
static inline void list_del(struct list_head *entry) {
  entry->next->prev = entry->prev;
  entry->prev->next = entry->next;
}
#define list_entry(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))
#define list_for_each_entry_safe(place, spare, head, member)                                        \
  for (place = list_entry((head)->next, __typeof__(*place), member),                                \
      spare = list_entry(place->member.next, __typeof__(*place), member);                           \
       &place->member != (head);                                                                    \
       place = spare, spare = list_entry(spare->member.next, __typeof__(*spare), member))

// The file system: names are this process's own, whose root and folder are the tree to fill.
struct timespec64 {
  time64_t tv_sec;
  long tv_nsec;
};
struct kstat {
  umode_t mode;
};
struct path {
  int descriptor;
};
struct file {
  struct path f_path;
};
#define S_IALLUGO 07777
#define IS_ERR(pointer) ((unsigned long)(pointer) >= (unsigned long)-4095)
#define MKDEV(major, minor) ((major) << 20 | (minor))
#define new_encode_dev(device)                                                                      \
  ((((device) >> 20) << 8) | ((device) & 0xFF) | (((device) & 0xFFFFF & ~0xFF) << 12))
#define CONFIG_INITRAMFS_PRESERVE_MTIME 1

static inline int init_stat(const char *name, struct kstat *status, int flags) {
  struct stat found;
  if (fstatat(AT_FDCWD, name, &found, flags) != 0) return -errno;
  status->mode = (umode_t)found.st_mode;
  return 0;
}
static inline int init_rmdir(const char *name) { return rmdir(name) ? -errno : 0; }
static inline int init_unlink(const char *name) { return unlink(name) ? -errno : 0; }
static inline int init_link(const char *old, const char *name) { return link(old, name) ? -errno : 0; }
static inline int init_symlink(const char *old, const char *name) {
  return symlink(old, name) ? -errno : 0;
}
static inline int init_mkdir(const char *name, umode_t mode) {
  return mkdir(name, mode & 07777) ? -errno : 0;
}
static inline int init_chown(const char *name, uid_t user, gid_t group, int flags) {
  return fchownat(AT_FDCWD, name, user, group, flags) ? -errno : 0;
}
static inline int init_chmod(const char *name, umode_t mode) {
  return chmod(name, mode & 07777) ? -errno : 0;
}
static inline int init_mknod(const char *name, umode_t mode, unsigned device) {
  const unsigned major = (device & 0xFFF00) >> 8, minor = (device & 0xFF) | ((device >> 12) & 0xFFF00);
  return mknod(name, mode, makedev(major, minor)) ? -errno : 0;
}
#define init_utimes(name, times) (void)(times)
#define vfs_utimes(path, times) (void)(times)
static inline struct file *filp_open(const char *name, int flags, umode_t mode) {
  const int descriptor = open(name, flags, mode & 07777);
  if (descriptor < 0) return (struct file *)(long)-errno;
  struct file *file = malloc(sizeof *file);
  file->f_path.descriptor = descriptor;
  return file;
}
static inline void fput(struct file *file) {
  close(file->f_path.descriptor);
  free(file);
}
static inline ssize_t kernel_write(struct file *file, const void *bytes, size_t size, loff_t *place) {
  const ssize_t done = pwrite(file->f_path.descriptor, bytes, size, *place);
  if (done < 0) return -errno;
  *place += done;
  return done;
}
static inline int vfs_fchown(struct file *file, uid_t user, gid_t group) {
  return fchown(file->f_path.descriptor, user, group);
}
static inline int vfs_fchmod(struct file *file, umode_t mode) {
  return fchmod(file->f_path.descriptor, mode & 07777);
}
static inline int vfs_truncate(const struct path *path, loff_t size) {
  return ftruncate(path->descriptor, size);
}

// What comes behind unpack_to_rootfs in the kernel's file is cut off before it is compiled.
#define CONFIG_DECOMPRESS_GZIP 1
#define CONFIG_DECOMPRESS_BZIP2 1
#define CONFIG_DECOMPRESS_LZMA 1
#define CONFIG_DECOMPRESS_XZ 1
#define CONFIG_DECOMPRESS_LZO 1
#define CONFIG_DECOMPRESS_LZ4 1
#define CONFIG_DECOMPRESS_ZSTD 1
#define CONFIG_XZ_DEC_X86 1
// C has both of them.
#undef __BIG_ENDIAN
#define CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS 1
#define CONFIG_64BIT 1
#define CONFIG_X86_64 1
#define BITS_PER_LONG 64
