// A stand-in for the PDM library: samples come from a file, block by block.
#ifndef PDM_H
#define PDM_H

#include <Arduino.h>

class PDMClass {
  public:
    int begin(int channels, int sampleRate);
    void end();
    void setGain(int gain);
    int available();
    int read(void *buffer, size_t size);
    void onReceive(void (*function)());
};

extern PDMClass PDM;

#endif
