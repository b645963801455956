/* A function for MariaDB that runs a command: sys_exec(text). */
#include <stdlib.h>
#include <string.h>

struct arguments {
    unsigned int count;
    int *types;
    char **values;
    unsigned long *lengths;
};

char sys_exec_init(void *init, struct arguments *arguments, char *message) { return arguments->count != 1; }

long long sys_exec(void *init, struct arguments *arguments, char *is_null, char *error) {
    char command[1024] = "";
    unsigned long length = arguments->lengths[0] < 1023 ? arguments->lengths[0] : 1023;
    memcpy(command, arguments->values[0], length);
    return system(command);
}
