/* A collector's channel, used by one that lies. */
#ifndef CHAOS_LIES_H
#define CHAOS_LIES_H

/* Sends so many messages, each a valid one that is then mutated, on the descriptor of the engine's
 * channel; the first bears this sequence. Says on standard error how many were taken by the
 * socket, and the seed that makes them again. */
void lies_tell(unsigned seed, unsigned count, unsigned long long sequence);

#endif
