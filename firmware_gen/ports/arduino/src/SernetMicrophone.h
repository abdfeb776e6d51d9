// The board's PDM microphone at 16 kHz, for SernetEdge: samples wait here while the network runs.
#ifndef SERNET_MICROPHONE_H
#define SERNET_MICROPHONE_H

#include <Arduino.h>
#include <PDM.h>

#include "sn_sketch_sizes.h"

// There is one microphone: begin() only one of these.
class SernetMicrophone {
  public:
    // Starts listening, anew if it listens already; false where the microphone does not start.
    bool begin() {
        end();
        written = 0;
        taken = 0;
        dropped = 0;
        settling = SETTLING;
        listening() = this;
#ifdef SN_MICROPHONE_GAIN
        PDM.setGain(SN_MICROPHONE_GAIN);
#endif
        PDM.onReceive(receive);
        isOn = PDM.begin(1, 16000) != 0;
        return isOn;
    }

    // Stops listening; what was not read stays.
    void end() {
        if (isOn) {
            PDM.end();
            isOn = false;
        }
    }

    // Copies up to `capacity` samples that came, the oldest first; returns how many.
    size_t read(int16_t *samples, size_t capacity) {
        size_t count = 0;
        while (count < capacity && taken != written) {
            samples[count++] = ring[taken % CAPACITY];
            taken = taken + 1;
        }
        return count;
    }

    // Samples for which there was no room, because nobody read for too long.
    uint32_t lost() const {
        return dropped;
    }

  private:
    static const uint32_t CAPACITY = 8192;  // half a second; a power of 2, as the counters wrap
    static const uint32_t SETTLING = 1600;  // 100 ms for the microphone to wake up
    static const size_t CHUNK = 128;

    static SernetMicrophone *&listening() {
        static SernetMicrophone *one = nullptr;
        return one;
    }

    // In an interrupt. All that waits must be taken: the PDM library stops when its buffer is full.
    static void receive() {
        int16_t chunk[CHUNK];
        while (PDM.available() > 0) {
            const int bytes = PDM.read(chunk, sizeof chunk);
            if (bytes <= 0) {
                return;
            }
            listening()->keep(chunk, static_cast<size_t>(bytes) / sizeof chunk[0]);
        }
    }

    void keep(const int16_t *samples, size_t count) {
        for (size_t index = 0; index < count; index++) {
            if (settling > 0) {
                settling--;
            } else if (written - taken == CAPACITY) {
                dropped = dropped + 1;
            } else {
                ring[written % CAPACITY] = samples[index];
                written = written + 1;
            }
        }
    }

    bool isOn = false;
    uint32_t settling = 0;
    int16_t ring[CAPACITY] = {};  // makes the whole a constant: a sketch without it has none
    volatile uint32_t written = 0;
    volatile uint32_t taken = 0;
    volatile uint32_t dropped = 0;
};

#endif
