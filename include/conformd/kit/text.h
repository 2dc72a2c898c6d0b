/* conformd/kit/text.h: text that can be sent to the host. */
#ifndef CONFORMD_KIT_TEXT_H
#define CONFORMD_KIT_TEXT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define KIT_PRINTF_1   __attribute__((format(printf, 1, 2)))
#define KIT_PRINTF_3   __attribute__((format(printf, 3, 4)))
#define KIT_MUST_CHECK __attribute__((warn_unused_result))
#else
#define KIT_PRINTF_1
#define KIT_PRINTF_3
#define KIT_MUST_CHECK
#endif

/* printf into new memory. The caller frees; NULL without memory. */
char *kit_format(const char *format, ...) KIT_PRINTF_1 KIT_MUST_CHECK;

/* A copy in which control characters and bytes that are not UTF-8 are written as \xHH: labels,
 * texts and reasons must be UTF-8. The caller frees; NULL without memory. */
char *kit_printable(const char *bytes, size_t length) KIT_MUST_CHECK;

/* Shortens UTF-8 text to at most this many bytes, at the end of a character. 1 where it was longer.
 */
int kit_cut(char *text, size_t most);

#ifdef __cplusplus
}
#endif

#endif
