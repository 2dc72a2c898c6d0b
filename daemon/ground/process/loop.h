/* The event loop in our words: the one file beside http/ that names libevent. */
#ifndef PROCESS_LOOP_H
#define PROCESS_LOOP_H

#include "ground/base/error.h"

#include <stdint.h>

struct event_base;
struct loop;
struct loop_watch;
struct loop_timer;

enum loop_event { LOOP_READ = 1, LOOP_WRITE = 2 };

int loop_new(struct loop **ret) MUST_CHECK;
void loop_free(struct loop *loop);
/* Runs until loop_stop(). */
int loop_run(struct loop *loop) MUST_CHECK;
void loop_stop(struct loop *loop);
/* For http/ alone. */
struct event_base *loop_base(struct loop *loop);

/* Calls on_ready(context, events) while fd is ready for what is asked (level-triggered). */
int loop_watch(struct loop *loop, int fd, void (*on_ready)(void *context, unsigned events),
               void *context, struct loop_watch **ret) MUST_CHECK;
/* events: LOOP_READ | LOOP_WRITE; 0 pauses. A new watch is paused. */
void loop_watch_set(struct loop_watch *watch, unsigned events);
void loop_unwatch(struct loop_watch *watch); /* takes NULL; does not close fd */

/* A timer that is not running. on_time may set it again. */
int loop_timer(struct loop *loop, void (*on_time)(void *context), void *context,
               struct loop_timer **ret) MUST_CHECK;
void loop_timer_set(struct loop_timer *timer, int64_t delay_ms); /* from now, replaces the last */
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer); /* takes NULL */

int loop_signal(struct loop *loop, int number, void (*on_signal)(void *context, int number),
                void *context) MUST_CHECK;

#endif
