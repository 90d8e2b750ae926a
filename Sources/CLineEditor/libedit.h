// The part of libedit's interface that is used, found by dlopen. Names and numbers are those of <histedit.h>, which have
// been the same in every libedit.so.2 and on macOS.
#ifndef CLINEEDITOR_LIBEDIT_H
#define CLINEEDITOR_LIBEDIT_H

#include <stdio.h>
#include <wchar.h>

typedef struct editline EditLine;
typedef struct history History;

typedef struct {
  const char *buffer;
  const char *cursor;
  const char *lastchar;
} LineInfo;

typedef struct {
  int num;
  const char *str;
} HistEvent;

enum { CC_NORM = 0, CC_NEWLINE = 1, CC_EOF = 2, CC_REFRESH = 4, CC_REDISPLAY = 8, CC_REFRESH_BEEP = 9 };
enum {
  EL_PROMPT = 0,
  EL_EDITOR = 2,
  EL_SIGNAL = 3,
  EL_BIND = 4,
  EL_SETTY = 8,
  EL_ADDFN = 9,
  EL_HIST = 10,
  EL_GETCFN = 13,
  EL_CLIENTDATA = 14,
  EL_PREP_TERM = 16,
  EL_REFRESH = 20,
};
enum { H_SETSIZE = 1, H_ENTER = 10, H_SETUNIQUE = 20 };

typedef struct {
  EditLine *(*init)(const char *, FILE *, FILE *, FILE *);
  void (*end)(EditLine *);
  const char *(*gets)(EditLine *, int *);
  int (*set)(EditLine *, int, ...);
  int (*get)(EditLine *, int, ...);
  int (*source)(EditLine *, const char *);
  void (*resize)(EditLine *);
  int (*cursor)(EditLine *, int);
  const LineInfo *(*line)(EditLine *);
  int (*insertstr)(EditLine *, const char *);
  History *(*history_init)(void);
  int (*history)(History *, HistEvent *, int, ...);
} libedit;

// Fills `functions`. Returns 0 when libedit is not there.
int libedit_load(libedit *functions);

#endif
