/* Values as people and formats write them: numbers, durations, sizes, times, hexadecimal. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "ground/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_DOUBLE_SIZE 32  /* bytes for any double */
#define TEXT_PLAIN_SIZE  360 /* ... without an exponent: 5e-324 has 326 */
#define TEXT_TIME_SIZE   32  /* bytes that hold any RFC 3339 time */

/* The shortest decimal that reads back as the same double; "NaN", "+Inf", "-Inf" (OpenMetrics). */
void text_from_double(double value, char ret_text[TEXT_DOUBLE_SIZE]);
/* The least number of significant digits, 1 to 17, that reads back as this finite value. */
int text_double_digits(double value);
/* The same digits without an exponent, as Go's format 'f' writes them: 1e+06 is 1000000. */
void text_plain_from_double(double value, char ret_text[TEXT_PLAIN_SIZE]);

/* A whole text as a finite decimal number; ERROR_FORMAT or ERROR_RANGE. */
int text_to_double(const char *text, double *ret_value) MUST_CHECK;

/* A whole text as a decimal integer of 64 bits; ERROR_FORMAT or ERROR_RANGE. */
int text_to_integer(const char *text, int64_t *ret_value) MUST_CHECK;

/* Hexadecimal digits at *at, without sign or prefix; moves *at behind them. ERROR_FORMAT without a
 * digit, ERROR_RANGE past 64 bits. */
int text_read_hex(const char **at, uint64_t *ret_value) MUST_CHECK;

/* "250ms", "10s", "15m", "1h30m", "7d", "2w", "1y" (365 d); "0s". Units fall, each once. */
int text_to_duration(const char *text, int64_t *ret_ms) MUST_CHECK;

/* The shortest such text: 5400000 -> "1h30m". The caller frees; NULL without memory. */
char *text_from_duration(int64_t ms);

/* "512", "64kB" (1000), "64KiB" (1024), MB, MiB, GB, GiB, TB, TiB; not negative. */
int text_to_bytes(const char *text, int64_t *ret_bytes) MUST_CHECK;

/* RFC 3339 in UTC with milliseconds: 2026-11-22T05:08:00.000Z. */
void text_from_time(int64_t wall_ms, char ret_text[TEXT_TIME_SIZE]);

/* RFC 3339 with zone and optional fraction, or a date (midnight UTC), to milliseconds. */
int text_to_time(const char *text, int64_t *ret_wall_ms) MUST_CHECK;

/* Lower-case hexadecimal; ret_text has 2 * length + 1 bytes. */
void text_from_bytes(const uint8_t *bytes, size_t length, char *ret_text);

bool text_begins(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);

/* True for well-formed UTF-8 without NUL (RFC 3629). */
bool text_is_utf8(const char *bytes, size_t length);

/* A copy in which bytes that are not UTF-8 or are control characters are written as \xHH, so
 * that any log line can go into JSON or onto a terminal. The caller frees; NULL without memory. */
char *text_printable(const char *bytes, size_t length);

/* printf into new memory; NULL without memory. */
char *text_format(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
