// sn_port.h on an Arduino core: the link is Serial (the USB plug), the clock CYCCNT or micros().
#include <Arduino.h>

#include "sn_config.h"

extern "C" {
#include "cortexm/sn_cortexm.h"
#include "sn_port.h"
}

static const uint32_t MICROS_PER_SECOND = 1000000u;
// Less than a packet: cores crashed on writes of more than 64 bytes, and lose full packets now and
// then (issues 85 and 129 of arduino/ArduinoCore-mbed).
static const uint32_t MOST_AT_ONCE = 63u;

static bool has_cycle_counter = false;

void sn_port_init(void) {
    has_cycle_counter = sn_cyccnt_start();
    Serial.begin(SN_LINK_BAUD);  // over USB there is no rate: the number is for real wires
}

uint32_t sn_port_read(uint8_t *bytes, uint32_t capacity) {
    while (Serial.available() <= 0) {
        yield();
    }
    uint32_t count = 0;
    while (count < capacity && Serial.available() > 0) {
        bytes[count++] = static_cast<uint8_t>(Serial.read());
    }
    return count;
}

void sn_port_write(const uint8_t *bytes, uint32_t count) {
    while (count > 0) {
        const uint32_t now = count < MOST_AT_ONCE ? count : MOST_AT_ONCE;
        if (Serial.write(bytes, now) == 0) {
            return;  // nobody is there: the host asks again
        }
        bytes += now;
        count -= now;
    }
}

uint32_t sn_port_overruns(void) {
    return 0;  // USB makes the host wait
}

uint32_t sn_port_ticks(void) {
    return has_cycle_counter ? sn_cyccnt_read() : static_cast<uint32_t>(micros());
}

uint32_t sn_port_ticks_per_second(void) {
    return has_cycle_counter ? SN_CORE_CLOCK_HZ : MICROS_PER_SECOND;
}
