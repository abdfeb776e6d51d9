// A stand-in for an Arduino core with a USB serial port and an RGB LED: what the library and the
// sketches use of it, no more. One implementation is a process, the other an emulated board.
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stddef.h>
#include <stdint.h>

#define LOW 0
#define HIGH 1
#define INPUT 0
#define OUTPUT 1
#define LEDR 22
#define LEDG 23
#define LEDB 24

class SerialPort {
  public:
    void begin(unsigned long baud);
    int available();
    int read();
    size_t write(const uint8_t *bytes, size_t count);
    operator bool();

    size_t print(const char *text);
    size_t print(char letter);
    size_t print(unsigned int number);
    size_t print(unsigned long number);
    size_t print(double number, int digits = 2);
    size_t println();
    size_t println(const char *text);
    size_t println(unsigned int number);
    size_t println(unsigned long number);
};

extern SerialPort Serial;

extern "C" {
void setup();
void loop();
}

unsigned long micros();
void delay(unsigned long ms);
void yield();
void pinMode(int pin, int mode);
void analogWrite(int pin, int value);

#endif
