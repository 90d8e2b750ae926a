// A model provider that streams as many tokens as it is told to, on both wires; for measuring clients. One thread, epoll.
//
//     stream_server        prints its port, ends with its standard input
//
// POST /v1/messages (Anthropic), POST /v1/chat/completions (OpenAI); GET /events streams the same plainly. How much and how fast
// comes from the headers x-count (tokens), x-pause (microseconds between them) and x-size (bytes of a token). Each token begins
// with the time at which it was sent, in microseconds of the system's monotonic clock: "123456789 xxxx".
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 8192, REQUEST = 16384, PENDING = 65536 };
enum wire { EVENTS, CHAT, ANTHROPIC };

struct stream {
  int open, is_streaming, is_blocked;
  enum wire wire;
  long left, size;
  long long pause, next;  // microseconds
  size_t got, begin, end;
  char *request, *pending;
};

static struct stream streams[CONNECTIONS];
static int poller, highest;

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static void chunk(struct stream *s, const char *text, size_t length) {
  s->end += sprintf(s->pending + s->end, "%zx\r\n", length);
  memcpy(s->pending + s->end, text, length);
  memcpy(s->pending + s->end + length, "\r\n", 2);
  s->end += length + 2;
}

static void say(struct stream *s, const char *text) { chunk(s, text, strlen(text)); }

static void begin(struct stream *s) {
  s->end += sprintf(s->pending + s->end,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  if (s->wire == ANTHROPIC)
    say(s, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"type\":\"message\",\"role\":"
           "\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":1,"
           "\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
           "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
}

static void token(struct stream *s) {
  static const char *before[] = {
      "data: ", "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
                "\"delta\":{\"content\":\"",
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""};
  static const char *after[] = {"\n\n", "\"},\"finish_reason\":null}]}\n\n", "\"}}\n\n"};
  char text[4096];
  int length = sprintf(text, "%s%lld ", before[s->wire], now());
  int wanted = (int)strlen(before[s->wire]) + (int)s->size;
  while (length < wanted) text[length++] = 'x';
  length += sprintf(text + length, "%s", after[s->wire]);
  chunk(s, text, (size_t)length);
}

static void finish(struct stream *s) {
  static const char *last[] = {
      "data: [DONE]\n\n",
      "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},"
      "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
      "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: {\"type\":"
      "\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":9}}\n\n"
      "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"};
  say(s, last[s->wire]);
  s->end += sprintf(s->pending + s->end, "0\r\n\r\n");
  s->is_streaming = 0;
}

static void drop(int fd) {
  close(fd);
  free(streams[fd].request);
  free(streams[fd].pending);
  memset(&streams[fd], 0, sizeof streams[fd]);
}

// Sends what is pending; waits for room where there is none.
static void flush(int fd) {
  struct stream *s = &streams[fd];
  while (s->begin < s->end) {
    ssize_t sent = write(fd, s->pending + s->begin, s->end - s->begin);
    if (sent > 0) { s->begin += (size_t)sent; continue; }
    if (errno != EAGAIN) return drop(fd);
    if (!s->is_blocked) {
      struct epoll_event wanted = {.events = EPOLLIN | EPOLLOUT, .data.fd = fd};
      epoll_ctl(poller, EPOLL_CTL_MOD, fd, &wanted);
      s->is_blocked = 1;
    }
    return;
  }
  s->begin = s->end = 0;
  if (s->is_blocked) {
    struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poller, EPOLL_CTL_MOD, fd, &wanted);
    s->is_blocked = 0;
  }
}

static long field(const char *head, const char *name, long usual) {
  const char *place = strcasestr(head, name);
  return place ? atol(place + strlen(name)) : usual;
}

static void hear(int fd) {
  struct stream *s = &streams[fd];
  ssize_t got = read(fd, s->request + s->got, REQUEST - 1 - s->got);
  if (got <= 0) {
    if (got == 0 || errno != EAGAIN) drop(fd);
    return;
  }
  s->got += (size_t)got;
  s->request[s->got] = 0;
  char *body = strstr(s->request, "\r\n\r\n");
  if (!body) return;
  size_t whole = (size_t)(body - s->request) + 4 + (size_t)field(s->request, "\r\ncontent-length:", 0);
  if (s->got < whole) return;
  *body = 0;
  s->wire = strstr(s->request, "/v1/messages") ? ANTHROPIC : strstr(s->request, "/v1/chat") ? CHAT : EVENTS;
  s->left = field(s->request, "\r\nx-count:", 100);
  s->size = field(s->request, "\r\nx-size:", 20);
  if (s->size > 2000) s->size = 2000;
  s->pause = field(s->request, "\r\nx-pause:", 0);
  memmove(s->request, s->request + whole, s->got - whole);
  s->got -= whole;
  s->is_streaming = 1;
  s->next = now();
  begin(s);
}

// Sends what is due, and returns when the next token is.
static long long stream_all(void) {
  long long time = now(), first = time + 1000000;
  for (int fd = 0; fd <= highest; fd++) {
    struct stream *s = &streams[fd];
    if (!s->open || !s->is_streaming || s->is_blocked) continue;
    if (s->next <= time) {
      int burst = s->pause ? 1 : 64;
      while (burst-- && s->left-- > 0) token(s);
      if (s->left <= 0) finish(s);
      s->next += s->pause;
      flush(fd);
    }
    if (s->open && s->is_streaming && s->next < first) first = s->next;
  }
  return first;
}

int main(void) {
  struct rlimit files = {CONNECTIONS, CONNECTIONS};
  setrlimit(RLIMIT_NOFILE, &files);
  int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof place;
  if (bind(listener, (struct sockaddr *)&place, sizeof place) || listen(listener, 4096)) return perror("listen"), 1;
  getsockname(listener, (struct sockaddr *)&place, &length);
  printf("%d\n", ntohs(place.sin_port));
  fflush(stdout);
  poller = epoll_create1(0);
  struct epoll_event wanted = {.events = EPOLLIN, .data.fd = listener}, found[256];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &wanted);
  wanted.data.fd = 0;
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &wanted);
  for (;;) {
    long long left = stream_all() - now();
    int count = epoll_wait(poller, found, 256, left <= 0 ? 0 : (int)((left + 999) / 1000));
    for (int i = 0; i < count; i++) {
      int fd = found[i].data.fd;
      if (fd == 0) return 0;
      if (fd == listener) {
        while ((fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0 && fd < CONNECTIONS) {
          setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          streams[fd] = (struct stream){.open = 1, .request = malloc(REQUEST), .pending = malloc(PENDING * 4)};
          if (fd > highest) highest = fd;
          wanted = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
          epoll_ctl(poller, EPOLL_CTL_ADD, fd, &wanted);
        }
        continue;
      }
      if (found[i].events & EPOLLOUT) flush(fd);
      if (streams[fd].open && found[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) hear(fd);
    }
  }
}
