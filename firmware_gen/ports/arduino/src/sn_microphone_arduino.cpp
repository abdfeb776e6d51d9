// sn_microphone.h on an Arduino core: the microphone of SernetMicrophone.h.
#include "sn_config.h"

#if SN_MICROPHONE
#include <Arduino.h>

#include "SernetMicrophone.h"
#include "sn_sketch_sizes.h"

extern "C" {
#include "sn_microphone.h"
}

static SernetMicrophone microphone;
static int16_t room[SN_CLIP_LENGTH];

void sn_microphone_start(void) {
    microphone.begin();
}

void sn_microphone_stop(void) {
    microphone.end();
}

uint32_t sn_microphone_read(int16_t *samples, uint32_t capacity) {
    return static_cast<uint32_t>(microphone.read(samples, capacity));
}

uint32_t sn_microphone_lost(void) {
    return microphone.lost();
}

int16_t *sn_microphone_room(uint32_t *capacity) {
    *capacity = SN_CLIP_LENGTH;
    return room;
}

bool sn_port_has_bytes(void) {
    return Serial.available() > 0;
}
#endif
