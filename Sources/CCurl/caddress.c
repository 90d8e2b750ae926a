// Which addresses are out in the open (IANA's registries of special-purpose addresses, 2026).
#include "caddress.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

struct range {
  uint32_t first;
  int bits;
};

// Neither this machine, nor a network around it, nor a cloud's metadata, nor nobody.
static const struct range special[] = {
    {0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16}, {0xAC100000, 12},
    {0xC0000000, 24}, {0xC0000200, 24}, {0xC0586300, 24}, {0xC0A80000, 16}, {0xC6120000, 15}, {0xC6336400, 24},
    {0xCB007100, 24}, {0xE0000000, 4},  {0xF0000000, 4},
};

static int is_public_4(uint32_t address) {
  for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
    uint32_t mask = 0xFFFFFFFFu << (32 - special[i].bits);
    if ((address & mask) == special[i].first) return 0;
  }
  return 1;
}

static uint32_t word(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int is_public_6(const unsigned char *bytes) {
  static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  static const unsigned char translated[12] = {0, 0x64, 0xFF, 0x9B};
  // An IPv4 address in another dress is what it is.
  if (!memcmp(bytes, mapped, 12) || !memcmp(bytes, translated, 12)) return is_public_4(word(bytes + 12));
  uint32_t first = word(bytes);
  if (first >> 29 != 1) return 0;              // all but 2000::/3
  if (first >> 9 == 0x20010000u >> 9) return 0; // 2001::/23: protocols, tunnels among them
  if (first == 0x20010DB8u) return 0;          // documentation
  if (first >> 16 == 0x2002) return 0;         // 6to4: another address inside
  if (first >> 12 == 0x3FFF0u) return 0;       // documentation
  return 1;
}

int caddress_is_public(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in four;
    memcpy(&four, address, sizeof four);
    return is_public_4(ntohl(four.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 six;
    memcpy(&six, address, sizeof six);
    return is_public_6(six.sin6_addr.s6_addr);
  }
  return 0;
}

int caddress_text_is_public(const char *text) {
  struct in_addr four;
  if (inet_pton(AF_INET, text, &four) == 1) return is_public_4(ntohl(four.s_addr));
  struct in6_addr six;
  if (inet_pton(AF_INET6, text, &six) == 1) return is_public_6(six.s6_addr);
  return -1;
}
