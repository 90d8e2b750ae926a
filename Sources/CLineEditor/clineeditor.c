// Invariants:
// - The editor's thread holds `lock` whenever it runs libedit code, and lets go of it only where it waits: for a key
//   (`wait_for_key`), for a completion, and while the line is hidden. So whoever holds `lock` may write to the terminal.
// - `row` is the screen row of the cursor, counted from the prompt's, and is right whenever the lock is free.
// - `hidden` is set and cleared by others; the editor's thread neither reads a key nor draws while it is set.
// - After somebody hid the line, `redraw` stays set until the editor's thread has drawn it again.
#define _GNU_SOURCE
#include "clineeditor.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "libedit.h"

struct cline {
  libedit f;
  EditLine *edit;
  History *history;
  cline_complete complete;
  void *context;
  const char *prompt;
  int wake[2];
  int columns;
  struct termios ordinary;
  pthread_mutex_t lock;
  pthread_cond_t shown;
  int row;
  int editing, hidden, redraw, interrupt;
  int interrupted;
};

// libedit's callbacks are called on the editor's thread, and a process has one terminal: there is one editor.
static cline *current;

// Keys of our own: libedit hands them to the functions bound to them. Typing them does the same, harmlessly.
enum { KEY_INTERRUPT = 0x03, KEY_SUSPEND = 0x1A, KEY_REDRAW = 0x1E };

int cline_columns(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

// MARK: where the cursor is

static int cells(const char *text, const char *end) {
  int sum = 0;
  mbstate_t state;
  memset(&state, 0, sizeof state);
  while (text < end) {
    wchar_t scalar;
    size_t length = mbrtowc(&scalar, text, (size_t)(end - text), &state);
    if (length == 0 || length == (size_t)-1 || length == (size_t)-2) {
      memset(&state, 0, sizeof state);
      text++, sum++;
      continue;
    }
    int width = wcwidth(scalar);
    // libedit shows a control character in two cells, as ^J.
    sum += width >= 0 ? width : 2;
    text += length;
  }
  return sum;
}

static void note_row(cline *c) {
  const LineInfo *line = c->f.line(c->edit);
  int before = cells(c->prompt, c->prompt + strlen(c->prompt)) + cells(line->buffer, line->cursor);
  c->row = before / c->columns;
}

// Moves to where libedit believes the cursor to be, on rows that are free: what it then clears is its own.
static void make_room(cline *c) {
  for (int i = 0; i < c->row; i++) fputc('\n', stdout);
  fflush(stdout);
}

// To the first cell of the prompt.
static void go_to_prompt(cline *c) {
  if (c->row > 0) fprintf(stdout, "\033[%dA", c->row);
  fputc('\r', stdout);
}

static void wait_until_shown(cline *c) {
  while (c->hidden) pthread_cond_wait(&c->shown, &c->lock);
}

// MARK: keys

static void drain(int descriptor) {
  char bytes[64];
  while (read(descriptor, bytes, sizeof bytes) > 0) {
  }
}

// Waits without the lock until a key can be read (1) or somebody woke us (0).
static int wait_for_key(cline *c) {
  struct pollfd descriptors[2] = {{STDIN_FILENO, POLLIN, 0}, {c->wake[0], POLLIN, 0}};
  note_row(c);
  pthread_mutex_unlock(&c->lock);
  int ready;
  do ready = poll(descriptors, 2, -1);
  while (ready < 0 && errno == EINTR);
  pthread_mutex_lock(&c->lock);
  if (descriptors[1].revents != 0) drain(c->wake[0]);
  wait_until_shown(c);
  return descriptors[1].revents == 0;
}

static int read_scalar(wchar_t *key) {
  unsigned char bytes[MB_LEN_MAX];
  size_t count = 0;
  for (;;) {
    ssize_t got = read(STDIN_FILENO, bytes + count, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return 0;
    count++;
    mbstate_t state;
    memset(&state, 0, sizeof state);
    size_t length = mbrtowc(key, (const char *)bytes, count, &state);
    if (length == (size_t)-2 && count < sizeof bytes) continue;
    if (length == (size_t)-1 || length == (size_t)-2) *key = bytes[0];
    return 1;
  }
}

static int next_key(EditLine *edit, wchar_t *key) {
  (void)edit;
  cline *c = current;
  for (;;) {
    int has_key = wait_for_key(c);
    if (c->interrupt) {
      c->interrupt = 0;
      *key = KEY_INTERRUPT;
      return 1;
    }
    int columns = cline_columns();
    if (columns != c->columns) {
      c->columns = columns;
      c->f.resize(c->edit);
      *key = KEY_REDRAW;
      return 1;
    }
    if (c->redraw) {
      c->redraw = 0;
      make_room(c);
      *key = KEY_REDRAW;
      return 1;
    }
    if (has_key) return read_scalar(key);
  }
}

// MARK: functions bound to keys

static unsigned char on_redraw(EditLine *edit, int key) {
  (void)edit, (void)key;
  return CC_REDISPLAY;
}

static unsigned char on_interrupt(EditLine *edit, int key) {
  (void)key;
  cline *c = current;
  c->interrupted = 1;
  // EL_REFRESH draws as if the screen were empty and the cursor at the prompt.
  note_row(c);
  go_to_prompt(c);
  const LineInfo *line = c->f.line(edit);
  c->f.cursor(edit, (int)(line->lastchar - line->buffer));
  c->f.insertstr(edit, "^C");
  c->f.set(edit, EL_REFRESH);
  fputs("\r\n", stdout);
  return CC_NEWLINE;
}

static void (*will_stop)(void);
static void (*has_continued)(void);

void cline_set_stop_hooks(void (*before)(void), void (*after)(void)) {
  will_stop = before;
  has_continued = after;
}

static unsigned char on_suspend(EditLine *edit, int key) {
  (void)key;
  cline *c = current;
  c->f.set(edit, EL_PREP_TERM, 0);
  pthread_mutex_unlock(&c->lock);
  // Sent to this thread, so that the process has stopped and gone on when the call returns.
  sigset_t stop, before;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  struct sigaction usual = {.sa_handler = SIG_DFL}, handler;
  if (will_stop) will_stop();
  sigaction(SIGTSTP, &usual, &handler);
  pthread_sigmask(SIG_UNBLOCK, &stop, &before);
  pthread_kill(pthread_self(), SIGTSTP);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  sigaction(SIGTSTP, &handler, NULL);
  if (has_continued) has_continued();
  pthread_mutex_lock(&c->lock);
  c->f.set(edit, EL_PREP_TERM, 1);
  return CC_REDISPLAY;
}

// A tab at the beginning of a line indents: pasted code stays as it was.
static int indents(const LineInfo *line) {
  for (const char *p = line->buffer; p < line->cursor; p++)
    if (*p != ' ' && *p != '\t') return 0;
  return 1;
}

static unsigned char on_tab(EditLine *edit, int key) {
  (void)key;
  cline *c = current;
  const LineInfo *line = c->f.line(edit);
  if (indents(line)) {
    c->f.insertstr(edit, "  ");
    return CC_REFRESH;
  }
  size_t length = (size_t)(line->lastchar - line->buffer), cursor = (size_t)(line->cursor - line->buffer);
  char *copy = malloc(length + 1);
  if (copy == NULL) return CC_REFRESH_BEEP;
  memcpy(copy, line->buffer, length);
  copy[length] = '\0';
  cline_answer answer = {NULL, NULL};
  note_row(c);
  pthread_mutex_unlock(&c->lock);
  c->complete(c->context, copy, length, cursor, &answer);
  pthread_mutex_lock(&c->lock);
  free(copy);
  wait_until_shown(c);
  unsigned char result = answer.insert != NULL ? CC_REFRESH : CC_REFRESH_BEEP;
  if (c->redraw || answer.listing != NULL) {
    if (answer.listing != NULL) {
      // Below all rows of what was typed, then to where the next drawing begins.
      if (!c->redraw) fputs("\r\n", stdout);
      fputs(answer.listing, stdout);
    }
    c->redraw = 0;
    make_room(c);
    result = CC_REDISPLAY;
  }
  if (answer.insert != NULL) c->f.insertstr(edit, answer.insert);
  free(answer.insert);
  free(answer.listing);
  return result;
}

// MARK: opening

static char *prompt_of(EditLine *edit) {
  (void)edit;
  return (char *)current->prompt;
}

// UTF-8 whatever the environment says, if the system has such a locale; for this thread alone: a script's own
// os.setlocale and string functions must not change because somebody types.
static void use_utf8(void) {
  locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
  if (locale != (locale_t)0) {
    locale_t before = uselocale(locale);
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return;
    uselocale(before);
    freelocale(locale);
  }
  locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  if (locale == (locale_t)0) locale = newlocale(LC_CTYPE_MASK, "en_US.UTF-8", (locale_t)0);
  if (locale != (locale_t)0) uselocale(locale);
}

static void bind_keys(cline *c) {
  static const char *const keys[][2] = {
      {"^I", "as-complete"},       {"^C", "as-interrupt"},        {"^Z", "as-suspend"},
      {"^^", "as-redraw"},         {"^R", "em-inc-search-prev"},  {"^W", "ed-delete-prev-word"},
      {"\033[3~", "ed-delete-next-char"},                         {"\033[H", "ed-move-to-beg"},
      {"\033[F", "ed-move-to-end"}, {"\033[1~", "ed-move-to-beg"}, {"\033[4~", "ed-move-to-end"},
      {"\033OH", "ed-move-to-beg"}, {"\033OF", "ed-move-to-end"},  {"\033[1;5C", "em-next-word"},
      {"\033[1;5D", "ed-prev-word"}, {"\033[1;3C", "em-next-word"}, {"\033[1;3D", "ed-prev-word"},
  };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    c->f.set(c->edit, EL_BIND, keys[i][0], keys[i][1], (char *)NULL);
}

static int set_up(cline *c, const char *program) {
  c->edit = c->f.init(program, stdin, stdout, stderr);
  if (c->edit == NULL) return 0;
  HistEvent event;
  c->history = c->f.history_init();
  if (c->history != NULL) {
    c->f.history(c->history, &event, H_SETSIZE, 1000);
    c->f.history(c->history, &event, H_SETUNIQUE, 1);
    c->f.set(c->edit, EL_HIST, c->f.history, c->history);
  }
  c->f.set(c->edit, EL_SIGNAL, 0);
  c->f.set(c->edit, EL_PROMPT, prompt_of);
  c->f.set(c->edit, EL_EDITOR, "emacs");
  c->f.set(c->edit, EL_ADDFN, "as-complete", "completes a name", on_tab);
  c->f.set(c->edit, EL_ADDFN, "as-interrupt", "gives the line up", on_interrupt);
  c->f.set(c->edit, EL_ADDFN, "as-suspend", "stops the program", on_suspend);
  c->f.set(c->edit, EL_ADDFN, "as-redraw", "draws the line again", on_redraw);
  // Ctrl-C and Ctrl-Z are keys while a line is edited, and signals at all other times.
  c->f.set(c->edit, EL_SETTY, "-d", "-isig", (char *)NULL);
  c->f.set(c->edit, EL_GETCFN, next_key);
  bind_keys(c);
  c->f.source(c->edit, NULL);
  return 1;
}

static int make_pipe(int descriptors[2]) {
  if (pipe(descriptors) != 0) return 0;
  for (int i = 0; i < 2; i++) {
    fcntl(descriptors[i], F_SETFD, FD_CLOEXEC);
    fcntl(descriptors[i], F_SETFL, O_NONBLOCK);
  }
  return 1;
}

cline *cline_open(const char *program, cline_complete complete, void *context) {
  cline *c = calloc(1, sizeof *c);
  if (c == NULL) return NULL;
  c->complete = complete;
  c->context = context;
  c->prompt = "";
  c->columns = cline_columns();
  pthread_mutex_init(&c->lock, NULL);
  pthread_cond_init(&c->shown, NULL);
  use_utf8();
  current = c;
  if (tcgetattr(STDIN_FILENO, &c->ordinary) == 0 && libedit_load(&c->f) && make_pipe(c->wake)) {
    if (set_up(c, program)) return c;
    close(c->wake[0]);
    close(c->wake[1]);
  }
  current = NULL;
  free(c);
  return NULL;
}

// MARK: reading

cline_outcome cline_read(cline *c, const char *prompt, char **line, size_t *length) {
  pthread_mutex_lock(&c->lock);
  wait_until_shown(c);
  c->prompt = prompt;
  c->row = 0;
  c->redraw = c->interrupt = c->interrupted = 0;
  c->editing = 1;
  fflush(stdout);
  // Before el_gets, which would leave the terminal echoing as long as something typed ahead waits to be read.
  c->f.set(c->edit, EL_PREP_TERM, 1);
  int count = 0;
  const char *text = c->f.gets(c->edit, &count);
  c->editing = 0;
  cline_outcome outcome = CLINE_END;
  if (c->interrupted) {
    outcome = CLINE_INTERRUPTED;
  } else if (text != NULL && count > 0) {
    outcome = CLINE_LINE;
    *length = (size_t)count - (text[count - 1] == '\n');
    *line = malloc(*length + 1);
    if (*line == NULL) outcome = CLINE_END;
    else memcpy(*line, text, *length), (*line)[*length] = '\0';
  }
  c->prompt = "";
  pthread_mutex_unlock(&c->lock);
  return outcome;
}

void cline_remember(cline *c, const char *entry) {
  HistEvent event;
  if (c->history == NULL) return;
  pthread_mutex_lock(&c->lock);
  c->f.history(c->history, &event, H_ENTER, entry);
  pthread_mutex_unlock(&c->lock);
}

// MARK: from other threads

static void wake(cline *c) {
  // A full pipe is as good as a byte: the editor wakes.
  ssize_t ignored = write(c->wake[1], "", 1);
  (void)ignored;
}

void cline_hide(cline *c) {
  pthread_mutex_lock(&c->lock);
  if (c->editing && !c->hidden) {
    if (!c->redraw) {
      go_to_prompt(c);
      fputs("\033[J", stdout);
      fflush(stdout);
    }
    c->redraw = 1;
  }
  c->hidden = 1;
  pthread_mutex_unlock(&c->lock);
}

void cline_show(cline *c) {
  pthread_mutex_lock(&c->lock);
  c->hidden = 0;
  if (c->redraw) wake(c);
  pthread_cond_broadcast(&c->shown);
  pthread_mutex_unlock(&c->lock);
}

void cline_interrupt(cline *c) {
  pthread_mutex_lock(&c->lock);
  if (c->editing) {
    c->interrupt = 1;
    wake(c);
  }
  pthread_mutex_unlock(&c->lock);
}

void cline_restore(cline *c) {
  // Without the lock: the process is about to end, and the editor's thread may hold it.
  if (c->editing) tcsetattr(STDIN_FILENO, TCSADRAIN, &c->ordinary);
}

// MARK: without libedit

cline_outcome cline_read_plain(const char *prompt, int echoes, char **line, size_t *length) {
  fputs(prompt, stdout);
  fflush(stdout);
  size_t capacity = 0;
  *line = NULL;
  ssize_t count = getline(line, &capacity, stdin);
  if (count < 0) {
    free(*line);
    *line = NULL;
    return CLINE_END;
  }
  if (count > 0 && (*line)[count - 1] == '\n') (*line)[--count] = '\0';
  *length = (size_t)count;
  if (echoes) {
    fwrite(*line, 1, *length, stdout);
    fputc('\n', stdout);
    fflush(stdout);
  }
  return CLINE_LINE;
}

// MARK: thread

struct start {
  void (*body)(void *context);
  void *context;
};

static void *run(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  start.body(start.context);
  return NULL;
}

int cline_start_thread(void (*body)(void *context), void *context) {
  struct start *start = malloc(sizeof *start);
  if (start == NULL) return ENOMEM;
  *start = (struct start){body, context};
  sigset_t blocked, before;
  sigfillset(&blocked);
  // A read of a terminal by a background process must stop it; were this signal blocked, the read would fail.
  sigdelset(&blocked, SIGTTIN);
  sigdelset(&blocked, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  pthread_t thread;
  int error = pthread_create(&thread, NULL, run, start);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error != 0) free(start);
  else pthread_detach(thread);
  return error;
}
