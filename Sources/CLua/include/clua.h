// The Lua C API as Swift sees it. Everything that can raise or that Lua can call lives behind functions of this target.
#ifndef CLUA_H
#define CLUA_H
#if __has_include(<lua5.4/lua.h>)
#include <lua5.4/lua.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>
#else
#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>
#endif

// The copyright line that `lua -v` prints (a macro of string parts, which Swift does not import).
extern const char *const clua_copyright;

#endif
