// A line of input from the person at the terminal, edited with libedit.
//
// libedit is loaded with dlopen at its first use, so that a script which never asks for a line does not pay for it, and a
// machine without it still reads lines, plainly. Everything here that edits is called from one thread, the editor's own;
// cline_hide, cline_show and cline_interrupt are called from any.
#ifndef CLINEEDITOR_H
#define CLINEEDITOR_H

#include <stddef.h>

typedef struct cline cline;

// What the completion callback answers: text for malloc'ed strings, which the editor frees; NULL for nothing.
typedef struct {
  char *insert;   // text to put in at the cursor
  char *listing;  // lines to show below what was typed
} cline_answer;

// Asks what could follow the `cursor` first bytes of `line`. Called on the editor's thread; other threads may hide and
// show meanwhile.
typedef void (*cline_complete)(void *context, const char *line, size_t length, size_t cursor, cline_answer *answer);

typedef enum {
  CLINE_LINE = 0,
  CLINE_END = 1,          // end of input: Ctrl-D on an empty line, or a closed terminal
  CLINE_INTERRUPTED = 2,  // Ctrl-C, or cline_interrupt
} cline_outcome;

// Loads libedit and prepares the terminal of standard input. NULL when there is no libedit (or no usable terminal): then
// cline_read_plain is left.
cline *cline_open(const char *program, cline_complete complete, void *context);

// Reads one line. `*line` is malloc'ed, without its newline, and `*length` its length in bytes.
cline_outcome cline_read(cline *editor, const char *prompt, char **line, size_t *length);

// Adds an entry to what the arrow keys bring back.
void cline_remember(cline *editor, const char *entry);

// Takes the line being edited off the screen, so that others may write; a no-op when none is edited.
void cline_hide(cline *editor);

// Puts it back.
void cline_show(cline *editor);

// Ends the read that is under way as Ctrl-C does.
void cline_interrupt(cline *editor);

// Gives the terminal its ordinary modes back: to be called before the process ends in the middle of a read. Safe in any
// thread; does nothing when no line is being edited.
void cline_restore(cline *editor);

// Functions that are called before the process stops for Ctrl-Z while a line is edited, and when it goes on. To be set before
// the first editor is opened.
void cline_set_stop_hooks(void (*before)(void), void (*after)(void));

// The number of columns of the terminal, 80 when unknown.
int cline_columns(void);

// Reads one line of standard input through C's `stdin`, which Lua's io.read shares. Writes the prompt to `stdout` first,
// and with `echoes` the line after it.
cline_outcome cline_read_plain(const char *prompt, int echoes, char **line, size_t *length);

// Starts a detached thread that leaves all signals but the terminal's stops to others, and runs `body(context)` on it.
// Returns 0, or the error number.
int cline_start_thread(void (*body)(void *context), void *context);

#endif
