/* The loop's timers by the moved clock: when it is moved, each is set for what is left of it. */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "ground/process/loop.h"
#include "kit/clock/moved.h"

struct timer {
    struct timer *next;
    struct loop_timer *of_loop;
    void (*on_time)(void *context);
    void *context;
    int64_t due_ms; /* CLOCK_BOOTTIME, moved */
    bool runs;
};

static struct timer *timers;

int __real_loop_new(struct loop **ret);
int __real_loop_timer(struct loop *loop, void (*on_time)(void *context), void *context,
                      struct loop_timer **ret);
void __real_loop_timer_set(struct loop_timer *timer, int64_t delay_ms);
void __real_loop_timer_stop(struct loop_timer *timer);
void __real_loop_timer_free(struct loop_timer *timer);
int __wrap_loop_new(struct loop **ret);
int __wrap_loop_timer(struct loop *loop, void (*on_time)(void *context), void *context,
                      struct loop_timer **ret);
void __wrap_loop_timer_set(struct loop_timer *timer, int64_t delay_ms);
void __wrap_loop_timer_stop(struct loop_timer *timer);
void __wrap_loop_timer_free(struct loop_timer *timer);

static struct timer **find(const struct loop_timer *of_loop)
{
    struct timer **at = &timers;
    while (*at && (*at)->of_loop != of_loop)
        at = &(*at)->next;
    return at;
}

static void on_timer(void *context)
{
    struct timer *timer = context;
    timer->runs = false;
    timer->on_time(timer->context);
}

static void on_moved(void *context, int number)
{
    (void)context;
    (void)number;
    int64_t now_ms = clock_now().boot_ms;
    for (const struct timer *timer = timers; timer; timer = timer->next)
        if (timer->runs)
            __real_loop_timer_set(timer->of_loop, timer->due_ms - now_ms);
}

int __wrap_loop_new(struct loop **ret)
{
    int code = __real_loop_new(ret);
    if (code || !moved_get())
        return code;
    code = loop_signal(*ret, SIGUSR2, on_moved, NULL);
    if (code)
        loop_free(*ret);
    return code;
}

int __wrap_loop_timer(struct loop *loop, void (*on_time)(void *context), void *context,
                      struct loop_timer **ret)
{
    if (!moved_get())
        return __real_loop_timer(loop, on_time, context, ret);
    struct timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return ERROR_MEMORY;
    *timer = (struct timer){.next = timers, .on_time = on_time, .context = context};
    int code = __real_loop_timer(loop, on_timer, timer, &timer->of_loop);
    if (code) {
        free(timer);
        return code;
    }
    timers = timer;
    *ret = timer->of_loop;
    return 0;
}

void __wrap_loop_timer_set(struct loop_timer *of_loop, int64_t delay_ms)
{
    struct timer *timer = *find(of_loop);
    if (timer) {
        timer->due_ms = clock_now().boot_ms + (delay_ms > 0 ? delay_ms : 0);
        timer->runs = true;
    }
    __real_loop_timer_set(of_loop, delay_ms);
}

void __wrap_loop_timer_stop(struct loop_timer *of_loop)
{
    struct timer *timer = *find(of_loop);
    if (timer)
        timer->runs = false;
    __real_loop_timer_stop(of_loop);
}

void __wrap_loop_timer_free(struct loop_timer *of_loop)
{
    struct timer **at = find(of_loop);
    struct timer *timer = *at;
    if (timer) {
        *at = timer->next;
        free(timer);
    }
    __real_loop_timer_free(of_loop);
}
