// The microphone of the firmware as a process: the file that SERNET_MICROPHONE names, of
// little-endian 16-bit samples, and silence after its end or without it. Its time is the host's:
// each request lets 50 ms pass, so that what is heard does not depend on this machine's speed.
#define _POSIX_C_SOURCE 200809L  // poll
#include "sn_config.h"

#if SN_MICROPHONE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "link/sn_bytes.h"
#include "sn_microphone.h"

#define SN_ROOM (10u * 16000u)
#define SN_SAMPLES_PER_REQUEST 800u
#define SN_CHUNK 256u
#define SN_PATIENCE_MS 10

static int16_t room[SN_ROOM];
static FILE *file;
static uint32_t passed;  // samples that have come and were not read

void sn_microphone_start(void) {
    sn_microphone_stop();
    const char *path = getenv("SERNET_MICROPHONE");
    if (path != 0) {
        file = fopen(path, "rb");
    }
    passed = 0u;
}

void sn_microphone_stop(void) {
    if (file != 0) {
        (void)fclose(file);
        file = 0;
    }
}

static uint32_t smaller(uint32_t left, uint32_t right) {
    return left < right ? left : right;
}

uint32_t sn_microphone_read(int16_t *samples, uint32_t capacity) {
    uint8_t bytes[2u * SN_CHUNK] = {0};
    const uint32_t count = smaller(smaller(capacity, passed), SN_CHUNK);
    if (file != 0 && count > 0u) {
        (void)fread(bytes, 2u, count, file);
    }
    for (uint32_t index = 0; index < count; index++) {
        samples[index] = sn_get_s16(bytes + 2u * index);
    }
    passed -= count;
    return count;
}

uint32_t sn_microphone_lost(void) {
    return 0u;
}

int16_t *sn_microphone_room(uint32_t *capacity) {
    *capacity = SN_ROOM;
    return room;
}

bool sn_port_has_bytes(void) {
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    if (passed > 0u || poll(&input, 1, SN_PATIENCE_MS) == 0) {
        return false;
    }
    passed = SN_SAMPLES_PER_REQUEST;
    return true;
}
#endif
