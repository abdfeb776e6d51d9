// Writes what the microphone hears: a line for every answer, the classes with their probabilities.
#include <PDM.h>
#include <SernetEdge.h>
#include <SernetMicrophone.h>

static SernetMicrophone microphone;
static uint32_t told = 0;
static uint32_t lost = 0;

static void tell() {
    Serial.print(SernetEdge.label(SernetEdge.best()));
    for (size_t index = 0; index < SernetEdge.classes(); index++) {
        Serial.print(index == 0 ? ": " : ", ");
        Serial.print(SernetEdge.label(index));
        Serial.print(' ');
        Serial.print(100.0f * SernetEdge.probability(index), 1);
        Serial.print(" %");
    }
    Serial.println();
}

void setup() {
    Serial.begin(115200);
    while (!Serial) {
    }
    if (!SernetEdge.begin() || !microphone.begin()) {
        Serial.println("The microphone does not start.");
        while (true) {
            delay(1000);
        }
    }
}

void loop() {
    int16_t samples[256];
    SernetEdge.push(samples, microphone.read(samples, 256));
    if (SernetEdge.answers() != told) {
        told = SernetEdge.answers();
        tell();
    }
    if (microphone.lost() != lost) {
        lost = microphone.lost();
        Serial.print("Too slow: samples lost so far: ");
        Serial.println(lost);
    }
}
