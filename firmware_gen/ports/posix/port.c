// The firmware as a process: the link is stdin and stdout, the clock the system's monotonic one.
#define _POSIX_C_SOURCE 200809L  // clock_gettime, read, write
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sn_port.h"

#define SN_NANOSECONDS 1000000000u
#define SN_TICKS_PER_SECOND 1000000u

void sn_port_init(void) {
    // A host that goes away ends the process through write()'s error, not through a signal.
    (void)signal(SIGPIPE, SIG_IGN);
}

uint32_t sn_port_read(uint8_t *bytes, uint32_t capacity) {
    for (;;) {
        const ssize_t count = read(STDIN_FILENO, bytes, capacity);
        if (count >= 0) {
            return (uint32_t)count;
        }
        if (errno != EINTR) {
            return 0u;
        }
    }
}

void sn_port_write(const uint8_t *bytes, uint32_t count) {
    while (count > 0u) {
        const ssize_t written = write(STDOUT_FILENO, bytes, count);
        if (written > 0) {
            bytes += written;
            count -= (uint32_t)written;
        } else if (errno != EINTR) {
            exit(EXIT_FAILURE);
        }
    }
}

uint32_t sn_port_overruns(void) {
    return 0u;
}

uint32_t sn_port_ticks(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const uint64_t nanoseconds = (uint64_t)now.tv_sec * SN_NANOSECONDS + (uint64_t)now.tv_nsec;
    return (uint32_t)(nanoseconds / (SN_NANOSECONDS / SN_TICKS_PER_SECOND));
}

uint32_t sn_port_ticks_per_second(void) {
    return SN_TICKS_PER_SECOND;
}
