// The stand-in core on an emulated board: Serial is the link of the bare firmware's port, compiled
// under other names than the library's own. It has no microphone and no clock, so it serves the
// verifying sketch only.
#include <Arduino.h>

extern "C" {
void board_port_init(void);
uint32_t board_port_read(uint8_t *bytes, uint32_t capacity);
void board_port_write(const uint8_t *bytes, uint32_t count);

int main(void);
}

SerialPort Serial;

static uint8_t waiting[64];
static uint32_t taken = 0, filled = 0;

void SerialPort::begin(unsigned long) {
    board_port_init();
}

int SerialPort::available() {
    return static_cast<int>(filled - taken);
}

int SerialPort::read() {
    return taken < filled ? waiting[taken++] : -1;
}

size_t SerialPort::write(const uint8_t *bytes, size_t count) {
    board_port_write(bytes, static_cast<uint32_t>(count));
    return count;
}

unsigned long micros() {
    return 0;
}

void yield() {
    taken = 0;
    filled = board_port_read(waiting, sizeof waiting);
}

int main(void) {
    setup();
    for (;;) {
        loop();
    }
}
