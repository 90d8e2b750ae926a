// libcurl, found by dlopen at the first use: a program that never speaks HTTP neither loads nor needs it.
//
// Of libcurl's calls the variadic ones are here with the types of their arguments, the others as they are. Numbers are those
// of <curl/curl.h>, where they are part of the library's binary interface and never change; the oldest version that has all
// that is needed is 7.61 (2018).
#ifndef CCURL_H
#define CCURL_H

#include <stddef.h>
#include <stdint.h>

typedef struct ccurl_easy ccurl_easy;
typedef struct ccurl_multi ccurl_multi;
typedef struct ccurl_url ccurl_url;
typedef struct ccurl_list ccurl_list;

// Loads libcurl, once; safe from any thread. 1 if it is there. All other calls need it loaded.
int ccurl_load(void);
// Why it could not be loaded: what dlopen said of the first name tried. NULL if it is loaded.
const char *ccurl_problem(void);
// The version as 0x075801 for 7.88.1, and as text.
unsigned ccurl_version_number(void);
const char *ccurl_version_text(void);
// The file of certificates that the library was built to read, or NULL.
const char *ccurl_default_certificates(void);

// Results of easy calls.
enum {
  CCURL_OK = 0,
  CCURL_UNSUPPORTED_PROTOCOL = 1,
  CCURL_URL_MALFORMED = 3,
  CCURL_COULDNT_RESOLVE_PROXY = 5,
  CCURL_COULDNT_RESOLVE_HOST = 6,
  CCURL_COULDNT_CONNECT = 7,
  CCURL_WEIRD_SERVER_REPLY = 8,
  CCURL_HTTP2 = 16,
  CCURL_PARTIAL_FILE = 18,
  CCURL_WRITE_ERROR = 23,
  CCURL_OUT_OF_MEMORY = 27,
  CCURL_OPERATION_TIMEDOUT = 28,
  CCURL_SSL_CONNECT_ERROR = 35,
  CCURL_ABORTED_BY_CALLBACK = 42,
  CCURL_GOT_NOTHING = 52,
  CCURL_SSL_ENGINE_NOTFOUND = 53,
  CCURL_SSL_ENGINE_SETFAILED = 54,
  CCURL_SEND_ERROR = 55,
  CCURL_RECV_ERROR = 56,
  CCURL_SSL_CERTPROBLEM = 58,
  CCURL_SSL_CIPHER = 59,
  CCURL_PEER_FAILED_VERIFICATION = 60,
  CCURL_BAD_CONTENT_ENCODING = 61,
  CCURL_SSL_CACERT_BADFILE = 77,
  CCURL_SSL_ISSUER_ERROR = 83,
  CCURL_SSL_PINNEDPUBKEYNOTMATCH = 90,
  CCURL_SSL_INVALIDCERTSTATUS = 91,
  CCURL_HTTP2_STREAM = 92,
  CCURL_HTTP3 = 95,
  CCURL_PROXY = 97,
  CCURL_SSL_CLIENTCERT = 98,
  CCURL_TOO_LARGE = 100,
};

// Options whose value is a long.
enum ccurl_long_option {
  CCURL_NOPROGRESS = 43,
  CCURL_NOBODY = 44,
  CCURL_FOLLOWLOCATION = 52,
  CCURL_SSL_VERIFYPEER = 64,
  CCURL_SSL_VERIFYHOST = 81,
  CCURL_SSLVERSION = 32,
  CCURL_HTTP_VERSION = 84,
  CCURL_DNS_CACHE_TIMEOUT = 92,
  CCURL_NOSIGNAL = 99,
  CCURL_BUFFERSIZE = 98,
  CCURL_PROTOCOLS = 181,
  CCURL_TCP_KEEPALIVE = 213,
  CCURL_TCP_KEEPIDLE = 214,
  CCURL_TCP_KEEPINTVL = 215,
  CCURL_PIPEWAIT = 237,
  CCURL_FRESH_CONNECT = 74,
  CCURL_CONNECTTIMEOUT_MS = 156,
  CCURL_SUPPRESS_CONNECT_HEADERS = 265,
  // Since 7.87: not to wait for a name look-up that is given up.
  CCURL_QUICK_EXIT = 322,
};

// Options whose value is a string, which is copied.
enum ccurl_text_option {
  CCURL_URL = 10002,
  CCURL_CUSTOMREQUEST = 10036,
  CCURL_CAINFO = 10065,
  CCURL_CAPATH = 10097,
  CCURL_ACCEPT_ENCODING = 10102,
  CCURL_USERNAME = 10173,
  CCURL_PASSWORD = 10174,
  CCURL_PROXY_URL = 10004,
  CCURL_NOPROXY = 10177,
};

// Facts whose value is a long, or a count or time in microseconds.
enum ccurl_fact {
  CCURL_INFO_OS_ERRNO = 0x200000 + 25,
  CCURL_INFO_SSL_VERIFYRESULT = 0x200000 + 13,
  CCURL_INFO_HTTP_VERSION = 0x200000 + 46,
  CCURL_INFO_SIZE_UPLOAD = 0x600000 + 7,
  CCURL_INFO_NAMELOOKUP_TIME = 0x600000 + 51,
  CCURL_INFO_CONNECT_TIME = 0x600000 + 52,
  CCURL_INFO_PRETRANSFER_TIME = 0x600000 + 53,
  CCURL_INFO_STARTTRANSFER_TIME = 0x600000 + 54,
  CCURL_INFO_APPCONNECT_TIME = 0x600000 + 56,
};

enum { CCURL_PROTOCOL_HTTP = 1, CCURL_PROTOCOL_HTTPS = 2 };
enum { CCURL_HTTP_1_1 = 2, CCURL_HTTP_2_OVER_TLS = 4 };
enum { CCURL_TLS_1_2 = 6 };
// What a write function returns to be called again with the same bytes once the transfer goes on.
enum { CCURL_WRITE_PAUSE = 0x10000001 };
enum { CCURL_PAUSE_RECEIVING = 1, CCURL_PAUSE_NOTHING = 0 };

// A function that gets bytes of a body, or one line of the head: returns how many it took.
typedef size_t (*ccurl_take)(char *bytes, size_t size, size_t count, void *context);

ccurl_easy *ccurl_easy_create(void);
void ccurl_easy_destroy(ccurl_easy *easy);
int ccurl_set_long(ccurl_easy *easy, enum ccurl_long_option option, long value);
// NULL sets an option back.
int ccurl_set_text(ccurl_easy *easy, enum ccurl_text_option option, const char *value);
// The bytes must live as long as the transfer.
int ccurl_set_body(ccurl_easy *easy, const void *bytes, int64_t count);
// Lines "Name: value"; the list must live as long as the transfer.
int ccurl_set_headers(ccurl_easy *easy, ccurl_list *lines);
// Where messages about a failure go: 256 bytes.
int ccurl_set_message_buffer(ccurl_easy *easy, char *buffer);
// Both functions get `context`; so does ccurl_next_end.
int ccurl_set_functions(ccurl_easy *easy, ccurl_take head, ccurl_take body, void *context);
// The transfer's sockets are closed on exec from their first moment.
int ccurl_set_private_sockets(ccurl_easy *easy);
// Addresses that are not out in the open (caddress.h) are not connected to, and counted.
int ccurl_set_public_sockets(ccurl_easy *easy, int *refusals);
// 0 where the library has no such fact.
int64_t ccurl_fact_of(ccurl_easy *easy, enum ccurl_fact fact);
// Where a redirect leads to: a whole URL, valid as long as the transfer is, or NULL.
const char *ccurl_redirect_of(ccurl_easy *easy);
int ccurl_pause(ccurl_easy *easy, int what);
const char *ccurl_sentence(int code);

// Appends a copy of the line; NULL when there is no memory, and then the old list still stands.
ccurl_list *ccurl_list_append(ccurl_list *list, const char *line);
void ccurl_list_destroy(ccurl_list *list);

// What the library wants to hear of a socket.
enum { CCURL_POLL_IN = 1, CCURL_POLL_OUT = 2, CCURL_POLL_INOUT = 3, CCURL_POLL_REMOVE = 4 };
typedef int (*ccurl_watch)(ccurl_easy *easy, int socket, int what, void *context, void *socket_context);
// Wants to be called again after so many milliseconds; -1: no more.
typedef int (*ccurl_schedule)(ccurl_multi *multi, long milliseconds, void *context);
enum { CCURL_SOCKET_TIMEOUT = -1 };
enum { CCURL_READY_IN = 1, CCURL_READY_OUT = 2, CCURL_READY_ERROR = 4 };

// Its own descriptors are closed on exec.
ccurl_multi *ccurl_multi_create(ccurl_watch watch, ccurl_schedule schedule, void *context);
void ccurl_multi_destroy(ccurl_multi *multi);
int ccurl_multi_add(ccurl_multi *multi, ccurl_easy *easy);
int ccurl_multi_remove(ccurl_multi *multi, ccurl_easy *easy);
int ccurl_multi_act(ccurl_multi *multi, int socket, int ready);
// The next transfer that has ended: its result and context. 0 when there is none.
int ccurl_multi_next_end(ccurl_multi *multi, int *code, void **context);

// Parts of a URL as the library itself reads them.
enum ccurl_url_part {
  CCURL_PART_URL = 0,
  CCURL_PART_SCHEME = 1,
  CCURL_PART_USER = 2,
  CCURL_PART_PASSWORD = 3,
  CCURL_PART_HOST = 5,
  CCURL_PART_PORT = 6,
  CCURL_PART_PATH = 7,
  CCURL_PART_QUERY = 8,
  CCURL_PART_FRAGMENT = 9,
};
ccurl_url *ccurl_url_create(void);
void ccurl_url_destroy(ccurl_url *url);
// 0 if it was understood. NULL as text takes the part away. A path and a query may hold what has to be percent-encoded: it is.
int ccurl_url_put(ccurl_url *url, enum ccurl_url_part part, const char *text);
// The part, to be freed by ccurl_free, or NULL if it is not there; a port also where it is the scheme's own. User and
// password are decoded.
char *ccurl_url_part_of(ccurl_url *url, enum ccurl_url_part part);
void ccurl_free(char *text);

#endif
