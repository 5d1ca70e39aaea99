#define _GNU_SOURCE
#include "sockets.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

// A socket that was accepted carries its listener's file; its peer is the client's socket.
static uint32_t client(const struct nlmsghdr *message, ino_t file) {
  const struct unix_diag_msg *found = NLMSG_DATA(message);
  long left = (long)message->nlmsg_len - (long)NLMSG_LENGTH(sizeof *found);
  uint32_t peer = 0;
  int fits = 0;
  for (const struct rtattr *part = (const struct rtattr *)(found + 1); RTA_OK(part, left);
       part = RTA_NEXT(part, left)) {
    if (part->rta_type == UNIX_DIAG_VFS && RTA_PAYLOAD(part) >= sizeof(struct unix_diag_vfs)) {
      struct unix_diag_vfs place;
      memcpy(&place, RTA_DATA(part), sizeof place);
      fits = place.udiag_vfs_ino == (uint32_t)file;
    } else if (part->rta_type == UNIX_DIAG_PEER && RTA_PAYLOAD(part) >= sizeof peer) {
      memcpy(&peer, RTA_DATA(part), sizeof peer);
    }
  }
  return fits ? peer : 0;
}

int system_socket_clients(const char *path, uint32_t *inodes, size_t room) {
  struct stat file;
  if (stat(path, &file) != 0) return -errno;
  const int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (netlink < 0) return -errno;
  struct {
    struct nlmsghdr header;
    struct unix_diag_req request;
  } question = {
      .header = {.nlmsg_len = sizeof question,
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
      .request = {.sdiag_family = AF_UNIX,
                  .udiag_states = (uint32_t)-1,
                  .udiag_show = UDIAG_SHOW_VFS | UDIAG_SHOW_PEER},
  };
  size_t count = 0;
  int error = 0;
  int more = send(netlink, &question, sizeof question, 0) == (ssize_t)sizeof question;
  if (!more) error = errno;
  while (more) {
    union {
      struct nlmsghdr header;
      char bytes[32768];
    } answer;
    ssize_t length = recv(netlink, &answer, sizeof answer, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) {
      error = length < 0 ? errno : EIO;
      break;
    }
    for (const struct nlmsghdr *message = &answer.header; NLMSG_OK(message, length);
         message = NLMSG_NEXT(message, length)) {
      if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY) {
        if (message->nlmsg_type == NLMSG_ERROR) error = EIO;
        more = 0;
        break;
      }
      if (message->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg))) continue;
      const uint32_t inode = client(message, file.st_ino);
      if (inode != 0 && count < room) inodes[count++] = inode;
    }
  }
  close(netlink);
  return error != 0 ? -error : (int)count;
}
