// The stand-in core as a process: Serial is stdin and stdout, the microphone the file that
// SERNET_PDM names (16-bit samples), the LED lines on stderr.
//
// Time passes where the sketch finds nothing to read: a block of sound comes with every second look
// at stdin, and silence after the file's end. A sketch that reads nothing gets a block before every
// loop(), and ends with the file.
#include <Arduino.h>
#include <PDM.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

SerialPort Serial;
PDMClass PDM;

static const size_t BLOCK_BYTES = 512;  // what the true library holds by default

static uint8_t waiting[4096];
static size_t taken = 0, filled = 0;

static FILE *audio = nullptr;
static void (*received)() = nullptr;
static uint8_t block[BLOCK_BYTES];
static size_t blockTaken = 0, blockFilled = 0;

static bool readsSerial = false;
static unsigned looks = 0;  // that found nothing

static bool deliver();

static bool fill(int timeoutMs) {
    readsSerial = true;
    pollfd input = {STDIN_FILENO, POLLIN, 0};
    if (taken < filled || poll(&input, 1, timeoutMs) <= 0) {
        return taken < filled;
    }
    const ssize_t count = ::read(STDIN_FILENO, waiting, sizeof waiting);
    if (count <= 0) {
        exit(0);
    }
    taken = 0;
    filled = static_cast<size_t>(count);
    return true;
}

void SerialPort::begin(unsigned long) {
}

int SerialPort::available() {
    if (!fill(0) && ++looks % 2 == 0) {
        deliver();
    }
    return static_cast<int>(filled - taken);
}

int SerialPort::read() {
    return fill(0) ? waiting[taken++] : -1;
}

size_t SerialPort::write(const uint8_t *bytes, size_t count) {
    if (count > 64) {
        fprintf(stderr, "a write of %zu bytes: some cores crash on more than 64\n", count);
        exit(1);
    }
    size_t sent = 0;
    while (sent < count) {
        const ssize_t now = ::write(STDOUT_FILENO, bytes + sent, count - sent);
        if (now <= 0) {
            exit(0);
        }
        sent += static_cast<size_t>(now);
    }
    return sent;
}

SerialPort::operator bool() {
    return true;
}

size_t SerialPort::print(const char *text) {
    return write(reinterpret_cast<const uint8_t *>(text), strlen(text));
}

size_t SerialPort::print(char letter) {
    return write(reinterpret_cast<const uint8_t *>(&letter), 1);
}

size_t SerialPort::print(unsigned long number) {
    char text[24];
    snprintf(text, sizeof text, "%lu", number);
    return print(text);
}

size_t SerialPort::print(unsigned int number) {
    return print(static_cast<unsigned long>(number));
}

size_t SerialPort::print(double number, int digits) {
    char text[48];
    snprintf(text, sizeof text, "%.*f", digits, number);
    return print(text);
}

size_t SerialPort::println() {
    return print("\r\n");
}

size_t SerialPort::println(const char *text) {
    return print(text) + println();
}

size_t SerialPort::println(unsigned long number) {
    return print(number) + println();
}

size_t SerialPort::println(unsigned int number) {
    return print(number) + println();
}

int PDMClass::begin(int channels, int sampleRate) {
    const char *path = getenv("SERNET_PDM");
    audio = path != nullptr && channels == 1 && sampleRate == 16000 ? fopen(path, "rb") : nullptr;
    return audio != nullptr;
}

void PDMClass::end() {
    if (audio != nullptr) {
        fclose(audio);
        audio = nullptr;
    }
}

void PDMClass::setGain(int gain) {
    fprintf(stderr, "gain %d\n", gain);
}

int PDMClass::available() {
    return static_cast<int>(blockFilled - blockTaken);
}

int PDMClass::read(void *buffer, size_t size) {
    const size_t left = blockFilled - blockTaken;
    const size_t count = size < left ? size : left;
    memcpy(buffer, block + blockTaken, count);
    blockTaken += count;
    return static_cast<int>(count);
}

void PDMClass::onReceive(void (*function)()) {
    received = function;
}

unsigned long micros() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<unsigned long>(now.tv_sec) * 1000000ul +
           static_cast<unsigned long>(now.tv_nsec) / 1000ul;
}

void delay(unsigned long ms) {
    exit(ms > 0 ? 1 : 0);  // a sketch that only waits has failed
}

void yield() {
    fill(-1);
}

void pinMode(int pin, int mode) {
    fprintf(stderr, "pinMode %d %d\n", pin, mode);
}

void analogWrite(int pin, int value) {
    fprintf(stderr, "analogWrite %d %d\n", pin, value);
}

// The interrupt of the microphone; false when the recording is over.
static bool deliver() {
    if (audio == nullptr) {
        return true;
    }
    if (blockTaken < blockFilled) {
        fprintf(stderr, "the microphone stopped: its buffer was not read\n");
        exit(1);
    }
    memset(block, 0, sizeof block);
    const size_t heard = fread(block, 1, sizeof block, audio);
    blockTaken = 0;
    blockFilled = sizeof block;
    received();
    return heard > 0;
}

int main() {
    setup();
    while (readsSerial || deliver()) {
        loop();
    }
    return 0;
}
