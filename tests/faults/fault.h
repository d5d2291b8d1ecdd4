/* Faults on purpose: the k-th allocation fails, the disk is full at the k-th write, a file is gone when it
 * is opened.
 *
 * fault.c stands in front of the C library's functions. Linked into a test program it is driven by the
 * functions below; as build/helpers/fault.so it is preloaded in front of difflut-hdl and driven by the
 * environment:
 *   DIFFLUT_FAULT=KIND:K     operation K (from 1) of that kind fails; KIND:K+ those after it too
 *   DIFFLUT_FAULT=any:K=INT  before operation K of any kind the program gets that signal, INT or KILL
 *   DIFFLUT_FAULT_COUNT=FILE at the end of the program, "KIND COUNT" lines
 * Both, and LD_PRELOAD, are taken out of the environment, so that child processes run without faults. */
#ifndef DIFFLUT_TESTS_FAULT_H
#define DIFFLUT_TESTS_FAULT_H

#include <stdbool.h>

enum fault_kind {
    FAULT_MALLOC, /* malloc, calloc, realloc, and what the C library allocates for its caller: ENOMEM */
    FAULT_DISK, /* create, write, flush, close or rename a file, make a folder: ENOSPC */
    FAULT_READ, /* open a file or folder for reading, or read from one: EIO */
    FAULT_GONE, /* open a file or folder for reading: ENOENT */
    FAULT_KINDS
};

/* Operations of `kind` are counted from now on; number `at` (from 1; 0: none) fails, with `sticky` every
 * later one too. */
void fault_arm(enum fault_kind kind, unsigned long at, bool sticky);

/* Ends it. Returns how many operations of the kind there were; whether one failed is at <= that. */
unsigned long fault_disarm(void);

/* Allocations that nobody has freed yet. */
long fault_live(void);
/* Whether they are counted: a sanitizer allocates by itself too, and looks for leaks by itself. */
bool fault_counts_live(void);

#endif
