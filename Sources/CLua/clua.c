#include "clua.h"

const char *const clua_copyright = LUA_COPYRIGHT;
