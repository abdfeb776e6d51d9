// Shows the emotion that the microphone hears as the colour of the RGB LED, brighter when surer.
#include <PDM.h>
#include <SernetEdge.h>
#include <SernetMicrophone.h>
#include <string.h>

struct Colour {
    const char *emotion;
    uint8_t red;
    uint8_t green;
    uint8_t blue;
};

static const Colour COLOURS[] = {
    {"anger", 255, 0, 0},   {"boredom", 60, 40, 60},    {"disgust", 120, 160, 0},
    {"fear", 160, 0, 255},  {"happiness", 255, 180, 0}, {"neutral", 0, 160, 60},
    {"sadness", 0, 0, 255}, {"surprise", 0, 220, 220},  {"calm", 0, 80, 120},
};
static const Colour OTHER = {"", 120, 120, 120};

static SernetMicrophone microphone;
static uint32_t shown = 0;

static const Colour &colourOf(const char *emotion) {
    for (const Colour &colour : COLOURS) {
        if (strcmp(colour.emotion, emotion) == 0) {
            return colour;
        }
    }
    return OTHER;
}

// The LED's pins are active low.
static void light(const Colour &colour, float brightness) {
    analogWrite(LEDR, 255 - static_cast<int>(brightness * colour.red));
    analogWrite(LEDG, 255 - static_cast<int>(brightness * colour.green));
    analogWrite(LEDB, 255 - static_cast<int>(brightness * colour.blue));
}

void setup() {
    pinMode(LEDR, OUTPUT);
    pinMode(LEDG, OUTPUT);
    pinMode(LEDB, OUTPUT);
    light(OTHER, 0.0f);
    if (!SernetEdge.begin() || !microphone.begin()) {
        light(OTHER, 1.0f);
        while (true) {
            delay(1000);
        }
    }
}

void loop() {
    int16_t samples[256];
    SernetEdge.push(samples, microphone.read(samples, 256));
    if (SernetEdge.answers() != shown) {
        shown = SernetEdge.answers();
        const size_t best = SernetEdge.best();
        light(colourOf(SernetEdge.label(best)), SernetEdge.probability(best));
    }
}
