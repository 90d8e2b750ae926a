// The functions of libcurl that are used.
#ifndef CCURL_LIBRARY_H
#define CCURL_LIBRARY_H

#include "ccurl.h"

struct ccurl_version {
  int age;
  const char *version;
  unsigned version_num;
  const char *host;
  int features;
  const char *ssl_version;
  long ssl_version_num;
  const char *libz_version;
  const char *const *protocols;
  const char *ares;
  int ares_num;
  const char *libidn;
  int iconv_ver_num;
  const char *libssh_version;
  unsigned brotli_ver_num;
  const char *brotli_version;
  unsigned nghttp2_ver_num;
  const char *nghttp2_version;
  const char *quic_version;
  // From age 6 (7.70) on.
  const char *cainfo;
  const char *capath;
};

// What curl_multi_info_read returns.
struct ccurl_message {
  int what;
  ccurl_easy *easy;
  union {
    void *whatever;
    int result;
  } data;
};

struct ccurl_library {
  int (*global_init)(long);
  struct ccurl_version *(*version_info)(int);
  ccurl_easy *(*easy_init)(void);
  void (*easy_cleanup)(ccurl_easy *);
  int (*easy_setopt)(ccurl_easy *, int, ...);
  int (*easy_getinfo)(ccurl_easy *, int, ...);
  int (*easy_pause)(ccurl_easy *, int);
  const char *(*easy_strerror)(int);
  ccurl_list *(*slist_append)(ccurl_list *, const char *);
  void (*slist_free_all)(ccurl_list *);
  ccurl_multi *(*multi_init)(void);
  int (*multi_cleanup)(ccurl_multi *);
  int (*multi_setopt)(ccurl_multi *, int, ...);
  int (*multi_add_handle)(ccurl_multi *, ccurl_easy *);
  int (*multi_remove_handle)(ccurl_multi *, ccurl_easy *);
  int (*multi_socket_action)(ccurl_multi *, int, int, int *);
  struct ccurl_message *(*multi_info_read)(ccurl_multi *, int *);
  ccurl_url *(*url)(void);
  void (*url_cleanup)(ccurl_url *);
  int (*url_set)(ccurl_url *, int, const char *, unsigned);
  int (*url_get)(const ccurl_url *, int, char **, unsigned);
  void (*free)(void *);
};

extern struct ccurl_library ccurl_library;

#endif
