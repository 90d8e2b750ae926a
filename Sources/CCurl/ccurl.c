// libcurl's calls, typed.
#define _GNU_SOURCE
#include "caddress.h"
#include "library.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

// The options that have functions of their own.
enum {
  OPTION_WRITE_DATA = 10001,
  OPTION_WRITE_FUNCTION = 20011,
  OPTION_POST_FIELDS = 10015,
  OPTION_POST_FIELD_SIZE_LARGE = 30120,
  OPTION_HTTP_HEADER = 10023,
  OPTION_ERROR_BUFFER = 10010,
  OPTION_HEADER_DATA = 10029,
  OPTION_HEADER_FUNCTION = 20079,
  OPTION_PRIVATE = 10103,
  OPTION_OPEN_SOCKET_FUNCTION = 20163,
  OPTION_OPEN_SOCKET_DATA = 10164,
  INFO_PRIVATE = 0x100000 + 21,
  INFO_REDIRECT_URL = 0x100000 + 31,
  INFO_KIND = 0xf00000,
  INFO_KIND_LONG = 0x200000,
};

ccurl_easy *ccurl_easy_create(void) { return ccurl_library.easy_init(); }

void ccurl_easy_destroy(ccurl_easy *easy) { ccurl_library.easy_cleanup(easy); }

int ccurl_set_long(ccurl_easy *easy, enum ccurl_long_option option, long value) {
  return ccurl_library.easy_setopt(easy, (int)option, value);
}

int ccurl_set_text(ccurl_easy *easy, enum ccurl_text_option option, const char *value) {
  return ccurl_library.easy_setopt(easy, (int)option, value);
}

int ccurl_set_body(ccurl_easy *easy, const void *bytes, int64_t count) {
  int code = ccurl_library.easy_setopt(easy, OPTION_POST_FIELD_SIZE_LARGE, count);
  return code ? code : ccurl_library.easy_setopt(easy, OPTION_POST_FIELDS, bytes);
}

int ccurl_set_headers(ccurl_easy *easy, ccurl_list *lines) {
  return ccurl_library.easy_setopt(easy, OPTION_HTTP_HEADER, lines);
}

int ccurl_set_message_buffer(ccurl_easy *easy, char *buffer) {
  return ccurl_library.easy_setopt(easy, OPTION_ERROR_BUFFER, buffer);
}

int ccurl_set_functions(ccurl_easy *easy, ccurl_take head, ccurl_take body, void *context) {
  int code = ccurl_library.easy_setopt(easy, OPTION_PRIVATE, context);
  if (!code) code = ccurl_library.easy_setopt(easy, OPTION_HEADER_DATA, context);
  if (!code) code = ccurl_library.easy_setopt(easy, OPTION_WRITE_DATA, context);
  if (!code) code = ccurl_library.easy_setopt(easy, OPTION_HEADER_FUNCTION, head);
  return code ? code : ccurl_library.easy_setopt(easy, OPTION_WRITE_FUNCTION, body);
}

// The head of libcurl's struct of an address.
struct address {
  int family;
  int type;
  int protocol;
  unsigned length;
  struct sockaddr socket;
};

static int open_socket(void *context, int purpose, struct address *address) {
  int *refusals = context;
  if (refusals && !caddress_is_public(&address->socket)) {
    *refusals += 1;
    return -1;
  }
  (void)purpose;
#ifdef SOCK_CLOEXEC
  return socket(address->family, address->type | SOCK_CLOEXEC, address->protocol);
#else
  int descriptor = socket(address->family, address->type, address->protocol);
  if (descriptor >= 0) (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return descriptor;
#endif
}

int ccurl_set_private_sockets(ccurl_easy *easy) {
  return ccurl_library.easy_setopt(easy, OPTION_OPEN_SOCKET_FUNCTION, open_socket);
}

int ccurl_set_public_sockets(ccurl_easy *easy, int *refusals) {
  return ccurl_library.easy_setopt(easy, OPTION_OPEN_SOCKET_DATA, refusals);
}

int64_t ccurl_fact_of(ccurl_easy *easy, enum ccurl_fact fact) {
  if (((int)fact & INFO_KIND) == INFO_KIND_LONG) {
    long value = 0;
    return ccurl_library.easy_getinfo(easy, (int)fact, &value) == 0 ? value : 0;
  }
  int64_t value = 0;
  return ccurl_library.easy_getinfo(easy, (int)fact, &value) == 0 ? value : 0;
}

const char *ccurl_redirect_of(ccurl_easy *easy) {
  char *url = NULL;
  return ccurl_library.easy_getinfo(easy, INFO_REDIRECT_URL, &url) == 0 ? url : NULL;
}

int ccurl_pause(ccurl_easy *easy, int what) { return ccurl_library.easy_pause(easy, what); }

const char *ccurl_sentence(int code) { return ccurl_library.easy_strerror(code); }

ccurl_list *ccurl_list_append(ccurl_list *list, const char *line) { return ccurl_library.slist_append(list, line); }

void ccurl_list_destroy(ccurl_list *list) { ccurl_library.slist_free_all(list); }

// The many at once.

enum {
  MULTI_SOCKET_FUNCTION = 20001,
  MULTI_SOCKET_DATA = 10002,
  MULTI_TIMER_FUNCTION = 20004,
  MULTI_TIMER_DATA = 10005,
};

// The library makes a pair of sockets to wake itself up by, and leaves it open on exec. What the process had before is no
// business of ours, so only what is new is closed; other threads' descriptors that come up meanwhile are closed on exec anyway.
enum { LOOKED_AT = 4096 };

static void find_open(unsigned char *are_open) {
  for (int descriptor = 3; descriptor < LOOKED_AT; descriptor++)
    are_open[descriptor] = fcntl(descriptor, F_GETFD) >= 0;
}

static void close_new_on_exec(const unsigned char *were_open) {
  for (int descriptor = 3; descriptor < LOOKED_AT; descriptor++) {
    if (were_open[descriptor]) continue;
    int flags = fcntl(descriptor, F_GETFD);
    if (flags >= 0 && !(flags & FD_CLOEXEC)) (void)fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
  }
}

ccurl_multi *ccurl_multi_create(ccurl_watch watch, ccurl_schedule schedule, void *context) {
  unsigned char were_open[LOOKED_AT];
  find_open(were_open);
  ccurl_multi *multi = ccurl_library.multi_init();
  close_new_on_exec(were_open);
  if (multi == NULL) return NULL;
  ccurl_library.multi_setopt(multi, MULTI_SOCKET_FUNCTION, watch);
  ccurl_library.multi_setopt(multi, MULTI_SOCKET_DATA, context);
  ccurl_library.multi_setopt(multi, MULTI_TIMER_FUNCTION, schedule);
  ccurl_library.multi_setopt(multi, MULTI_TIMER_DATA, context);
  return multi;
}

void ccurl_multi_destroy(ccurl_multi *multi) { ccurl_library.multi_cleanup(multi); }

int ccurl_multi_add(ccurl_multi *multi, ccurl_easy *easy) { return ccurl_library.multi_add_handle(multi, easy); }

int ccurl_multi_remove(ccurl_multi *multi, ccurl_easy *easy) { return ccurl_library.multi_remove_handle(multi, easy); }

int ccurl_multi_act(ccurl_multi *multi, int socket, int ready) {
  int running = 0;
  return ccurl_library.multi_socket_action(multi, socket, ready, &running);
}

int ccurl_multi_next_end(ccurl_multi *multi, int *code, void **context) {
  const int done = 1;
  int left = 0;
  struct ccurl_message *message;
  while ((message = ccurl_library.multi_info_read(multi, &left)) != NULL) {
    if (message->what != done) continue;
    *code = message->data.result;
    *context = NULL;
    ccurl_library.easy_getinfo(message->easy, INFO_PRIVATE, context);
    return 1;
  }
  return 0;
}

// URLs.

enum { URL_DEFAULT_PORT = 1 << 0, URL_DECODE = 1 << 6, URL_ENCODE = 1 << 7 };

ccurl_url *ccurl_url_create(void) { return ccurl_library.url(); }

void ccurl_url_destroy(ccurl_url *url) { ccurl_library.url_cleanup(url); }

int ccurl_url_put(ccurl_url *url, enum ccurl_url_part part, const char *text) {
  return ccurl_library.url_set(url, (int)part, text, part == CCURL_PART_URL ? URL_ENCODE : 0);
}

char *ccurl_url_part_of(ccurl_url *url, enum ccurl_url_part part) {
  unsigned flags = part == CCURL_PART_PORT ? URL_DEFAULT_PORT : 0;
  if (part == CCURL_PART_USER || part == CCURL_PART_PASSWORD) flags = URL_DECODE;
  char *text = NULL;
  return ccurl_library.url_get(url, (int)part, &text, flags) == 0 ? text : NULL;
}

void ccurl_free(char *text) { ccurl_library.free(text); }
