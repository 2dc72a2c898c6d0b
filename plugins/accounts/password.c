/* What a password field says, and how much of it may be shown. crypt(5) names the forms. */
#include "accounts.h"

#include "ground/base/text.h"

#include <string.h>

static bool is_crypt_text(const char *text)
{
    static const char letters[] =
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    return text[strspn(text, letters)] == '\0';
}

/* The traditional form has 13 characters, bigcrypt more; what is shorter (NOLOGIN, x) fits none. */
enum password_state password_state(const char *secret)
{
    if (*secret == '\0')
        return PASSWORD_EMPTY;
    if (*secret == '!' || *secret == '*')
        return PASSWORD_LOCKED;
    if (*secret == '$')
        return strchr(secret + 1, '$') ? PASSWORD_USABLE : PASSWORD_LOCKED;
    if (*secret == '_')
        return strlen(secret) == 20 && is_crypt_text(secret + 1) ? PASSWORD_USABLE
                                                                 : PASSWORD_LOCKED;
    return strlen(secret) >= 13 && is_crypt_text(secret) ? PASSWORD_USABLE : PASSWORD_LOCKED;
}

bool password_is_strong(const char *secret)
{
    static const char *const strong[] = {"$y$", "$gy$", "$6$", "$2a$", "$2b$", "$2y$"};

    for (size_t i = 0; i < sizeof(strong) / sizeof(strong[0]); i++) {
        if (text_begins(secret, strong[i]))
            return true;
    }
    return false;
}

/* At most four characters of a method's name stand between two dollars: more is no method. */
void password_redact(struct buffer *buffer, const char *secret)
{
    size_t marks = strspn(secret, "!*");
    const char *rest = secret + marks;
    const char *dollar = *rest == '$' ? strchr(rest + 1, '$') : NULL;

    buffer_append(buffer, secret, marks);
    if (*rest == '\0')
        return;
    if (strcmp(secret, "x") == 0) {
        buffer_text(buffer, secret);
        return;
    }
    if (dollar && dollar - rest <= 5)
        buffer_append(buffer, rest, (size_t)(dollar - rest) + 1);
    buffer_text(buffer, "(hash)");
}
