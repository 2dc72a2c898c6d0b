/* Which of the two formats a reader asks for. */
#include "ground/exposition/exposition.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ground/base/text.h"

/* A run of bytes in the header. */
struct span {
    const char *at;
    size_t length;
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* The part up to `end`, without blanks around it; *text goes behind it. False at the end. */
static bool next_part(const char **text, const char *stop, char end, struct span *ret)
{
    const char *at = *text;
    if (!at || at > stop)
        return false;
    const char *to = memchr(at, end, (size_t)(stop - at));
    *text = to ? to + 1 : NULL;
    to = to ? to : stop;
    while (at < to && is_blank(*at))
        at++;
    while (to > at && is_blank(to[-1]))
        to--;
    *ret = (struct span){at, (size_t)(to - at)};
    return true;
}

static bool is_word(struct span span, const char *word)
{
    return span.length == strlen(word) && !strncasecmp(span.at, word, span.length);
}

/* "0" to "1" with at most three decimals; anything else is not acceptable. */
static double weight(struct span span)
{
    char text[8];
    double value;
    if (span.length == 0 || span.length >= sizeof text)
        return 0;
    memcpy(text, span.at, span.length);
    text[span.length] = '\0';
    return text_to_double(text, &value) || value < 0 || value > 1 ? 0 : value;
}

struct wish {
    double openmetrics;
    double plain;
};

/* One media range with its parameters. */
static void read_range(struct span range, struct wish *wish)
{
    const char *text = range.at, *stop = range.at + range.length;
    struct span type = {0}, part;
    double q = 1;
    bool known = true;
    next_part(&text, stop, ';', &type);
    while (next_part(&text, stop, ';', &part)) {
        if (part.length > 2 && !strncasecmp(part.at, "q=", 2))
            q = weight((struct span){part.at + 2, part.length - 2});
        if (part.length > 8 && !strncasecmp(part.at, "version=", 8)) {
            struct span version = {part.at + 8, part.length - 8};
            if (version.length > 2 && version.at[0] == '"')
                version = (struct span){version.at + 1, version.length - 2};
            known = is_word(version, "1.0.0") || is_word(version, "0.0.1");
        }
    }
    if (is_word(type, "application/openmetrics-text") && known && q > wish->openmetrics)
        wish->openmetrics = q;
    if (is_word(type, "text/plain") && q > wish->plain)
        wish->plain = q;
}

enum exposition_dialect exposition_choose(const char *accept)
{
    struct wish wish = {0};
    struct span range;
    const char *stop = accept ? accept + strlen(accept) : NULL;
    while (accept && next_part(&accept, stop, ',', &range))
        read_range(range, &wish);
    return wish.openmetrics > 0 && wish.openmetrics >= wish.plain ? EXPOSITION_OPENMETRICS
                                                                  : EXPOSITION_TEXT;
}

const char *exposition_content_type(enum exposition_dialect dialect)
{
    return dialect == EXPOSITION_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}
