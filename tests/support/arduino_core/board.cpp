// The stand-in core on an emulated nRF52840: Serial is UARTE0. It has no microphone and no clock,
// so it serves the verifying sketch only.
#include <Arduino.h>

extern "C" {
#include "nrf52/uarte.h"

int main(void);
}

SerialPort Serial;

static uint8_t waiting[64];
static uint32_t taken = 0, filled = 0;

void SerialPort::begin(unsigned long) {
    sn_uarte_start();
}

int SerialPort::available() {
    return static_cast<int>(filled - taken);
}

int SerialPort::read() {
    return taken < filled ? waiting[taken++] : -1;
}

size_t SerialPort::write(const uint8_t *bytes, size_t count) {
    sn_uarte_write(bytes, static_cast<uint32_t>(count));
    return count;
}

unsigned long micros() {
    return 0;
}

void yield() {
    taken = 0;
    filled = sn_uarte_read(waiting, sizeof waiting);
}

int main(void) {
    setup();
    for (;;) {
        loop();
    }
}
