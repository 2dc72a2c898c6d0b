/* Reads a pattern once, keeping for each open group the best text that it requires. */
#include "host/scan/literal.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define DEPTH_MOST 32

/* An open group; the pattern itself is the outermost. */
struct group {
    struct literal best;
    struct literal run; /* adjacent required characters up to here */
    bool alternates;
    bool aside; /* an assertion: what it holds need not stand in the match */
};

struct reader {
    const char *at;
    struct group group[DEPTH_MOST];
    size_t depth;
    bool lost; /* something that is not understood */
};

static unsigned score(const struct literal *literal)
{
    unsigned sum = 0;
    for (size_t i = 0; i < literal->length; i++) {
        unsigned char byte = (unsigned char)literal->bytes[i];
        sum += isupper(byte) ? 3 : islower(byte) ? 2 : 1;
    }
    return sum;
}

static void keep_best(struct literal *best, const struct literal *other)
{
    if (score(other) > score(best))
        *best = *other;
}

static void end_run(struct group *group)
{
    keep_best(&group->best, &group->run);
    group->run.length = 0;
}

static void add_byte(struct group *group, char byte)
{
    if (group->run.length == LITERAL_MOST)
        end_run(group);
    group->run.bytes[group->run.length++] = byte;
}

/* At a backslash. */
static void read_escape(struct reader *reader)
{
    struct group *group = &reader->group[reader->depth];
    char byte = reader->at[1];
    if (!byte || (isalnum((unsigned char)byte) && !strchr("dDwWsSbBAzZGhHvVRKntrfae", byte))) {
        reader->lost = true;
        return;
    }
    if (isalnum((unsigned char)byte))
        end_run(group);
    else
        add_byte(group, byte);
    reader->at += 2;
}

/* At '['. */
static void read_class(struct reader *reader)
{
    const char *at = reader->at + 1;
    if (*at == '^')
        at++;
    if (*at == ']')
        at++;
    while (*at && *at != ']') {
        if (*at == '\\' && (at[1] == 'Q' || at[1] == 'E' || !at[1])) {
            reader->lost = true;
            return;
        }
        const char *posix = *at == '[' && at[1] == ':' ? strstr(at + 2, ":]") : NULL;
        at = posix ? posix + 2 : at + (*at == '\\' ? 2 : 1);
    }
    reader->lost = reader->lost || !*at;
    reader->at = *at ? at + 1 : at;
    end_run(&reader->group[reader->depth]);
}

/* What may open a group; what is not here is not understood. */
static const struct opening {
    const char *text;
    bool aside;
    bool named; /* a name and '>' follow */
} openings[] = {
    {"(?:", false, false}, {"(?>", false, false}, {"(?=", true, false}, {"(?!", true, false},
    {"(?<=", true, false}, {"(?<!", true, false}, {"(?<", false, true}, {"(?P<", false, true},
};

/* The length of what opens a group, and whether it is an assertion; 0 is not understood. */
static size_t group_opening(const char *at, bool *ret_aside)
{
    *ret_aside = false;
    if (at[1] != '?')
        return at[1] == '*' ? 0 : 1;
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        size_t length = strlen(openings[i].text);
        if (strncmp(at, openings[i].text, length) != 0)
            continue;
        const char *end = openings[i].named ? strchr(at + length, '>') : at + length - 1;
        *ret_aside = openings[i].aside;
        return end ? (size_t)(end + 1 - at) : 0;
    }
    return 0;
}

/* At '('. */
static void read_opening(struct reader *reader)
{
    bool aside;
    size_t length = group_opening(reader->at, &aside);
    if (!length || reader->depth + 1 == DEPTH_MOST) {
        reader->lost = true;
        return;
    }
    end_run(&reader->group[reader->depth]);
    reader->group[++reader->depth] = (struct group){.aside = aside};
    reader->at += length;
}

/* At ')': what the group requires is required outside too, unless the group may be left out. */
static void read_closing(struct reader *reader)
{
    if (!reader->depth) {
        reader->lost = true;
        return;
    }
    struct group *group = &reader->group[reader->depth--];
    end_run(group);
    char next = *++reader->at;
    bool optional = next == '?' || next == '*' || next == '{';
    if (!group->alternates && !group->aside && !optional)
        keep_best(&reader->group[reader->depth].best, &group->best);
}

/* At a quantifier: all but '+' may leave the last character out. */
static void read_quantifier(struct reader *reader)
{
    struct group *group = &reader->group[reader->depth];
    if (*reader->at != '+' && group->run.length)
        group->run.length--;
    end_run(group);
    size_t length = 1;
    if (*reader->at == '{') {
        length = strspn(reader->at + 1, "0123456789,") + 2;
        reader->lost = reader->at[length - 1] != '}'; /* it stands for itself */
    }
    if (!reader->lost)
        reader->at += length;
}

static void read_one(struct reader *reader)
{
    struct group *group = &reader->group[reader->depth];
    switch (*reader->at) {
    case '\\':
        read_escape(reader);
        return;
    case '[':
        read_class(reader);
        return;
    case '(':
        read_opening(reader);
        return;
    case ')':
        read_closing(reader);
        return;
    case '?':
    case '*':
    case '+':
    case '{':
        read_quantifier(reader);
        return;
    case '|':
        group->alternates = true;
        end_run(group);
        break;
    case '.':
    case '^':
    case '$':
        end_run(group);
        break;
    default:
        add_byte(group, *reader->at);
    }
    reader->at++;
}

struct literal literal_required(const char *pattern)
{
    struct reader reader = {.at = pattern};
    while (*reader.at && !reader.lost)
        read_one(&reader);
    struct group *whole = &reader.group[0];
    end_run(whole);
    if (reader.lost || reader.depth || whole->alternates)
        return (struct literal){0};
    return whole->best;
}
