/* A flag that asks to stop, set by a signal handler or by another thread. volatile sig_atomic_t is for the
 * one and not for the other: both sides go by atomic accesses, which a handler may make too. */
#ifndef DIFFLUT_BASE_STOP_H
#define DIFFLUT_BASE_STOP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* `stop` may be NULL: nobody asks. */
static inline bool stop_asked(const volatile sig_atomic_t *stop)
{
    return stop != NULL && __atomic_load_n(stop, __ATOMIC_RELAXED) != 0;
}

static inline void stop_ask(volatile sig_atomic_t *stop, sig_atomic_t reason)
{
    __atomic_store_n(stop, reason, __ATOMIC_RELAXED);
}

#endif
