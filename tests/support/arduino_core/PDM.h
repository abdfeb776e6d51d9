// A stand-in for the PDM library: samples come from a file, a block before every loop().
#ifndef PDM_H
#define PDM_H

#include <Arduino.h>

class PDMClass {
  public:
    int begin(int channels, int sampleRate);
    int available();
    int read(void *buffer, size_t size);
    void onReceive(void (*function)());
};

extern PDMClass PDM;

#endif
