// Whether an address is out in the open: on no network of this machine's own, and not special.
#ifndef CADDRESS_H
#define CADDRESS_H

#include <stdint.h>
#include <sys/socket.h>

// 1 if it is; 0 for any other address, also of a family other than IPv4 and IPv6.
int caddress_is_public(const struct sockaddr *address);
// The same of an address's text; -1 if it is no address.
int caddress_text_is_public(const char *text);

#endif
