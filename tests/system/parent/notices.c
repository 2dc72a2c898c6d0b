/* Stands in for the service manager: binds the socket PATH and writes each notice to OUT. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (argc != 3 || strlen(argv[1]) >= sizeof address.sun_path)
        return 2;
    memcpy(address.sun_path, argv[1], strlen(argv[1]));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    FILE *out = fopen(argv[2], "a");
    if (fd < 0 || !out || bind(fd, (const struct sockaddr *)&address, sizeof address))
        return 1;
    for (char text[4096];;) {
        ssize_t count = recv(fd, text, sizeof text - 1, 0);
        if (count < 0)
            return 1;
        text[count] = '\0';
        fprintf(out, "%s\n", text);
        fflush(out);
    }
}
