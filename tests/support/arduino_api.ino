// Calls the library as a sketch may, well and badly; what every call returns goes to Serial.
#include <SernetEdge.h>

static int16_t sound[512];

static void tell(const char *call, bool worked) {
    Serial.print(call);
    Serial.println(worked ? ": true" : ": false");
}

static bool pushAll(uint32_t samples) {
    bool worked = true;
    while (samples > 0) {
        const uint32_t now = samples < 512 ? samples : 512;
        worked = SernetEdge.push(sound, now) && worked;
        samples -= now;
    }
    return worked;
}

void setup() {
    for (int index = 0; index < 512; index++) {
        sound[index] = static_cast<int16_t>(37 * index % 2000 - 1000);
    }
    const uint32_t clip = SernetEdge.clipSamples();
    tell("push before begin", SernetEdge.push(sound, 512));
    tell("flush before begin", SernetEdge.flush());
    tell("too short a clip", SernetEdge.begin(1023));
    tell("push after that", SernetEdge.push(sound, 512));
    tell("begin a clip", SernetEdge.begin(clip));
    tell("scores before the first answer", SernetEdge.scores() != nullptr);
    tell("probability before it", SernetEdge.probability(0) > 0.0f);
    tell("most of the clip", pushAll(clip - 100));
    tell("flush too early", SernetEdge.flush());
    tell("the rest", pushAll(100));
    tell("one too many", SernetEdge.push(sound, 1));
    tell("flush", SernetEdge.flush());
    tell("flush again", SernetEdge.flush());
    Serial.print("answers ");
    Serial.println(SernetEdge.answers());
    int8_t first[8];
    bool same = true;
    for (size_t index = 0; index < SernetEdge.classes(); index++) {
        first[index] = SernetEdge.scores()[index];
    }
    tell("listen", SernetEdge.begin());
    tell("flush while listening", SernetEdge.flush());
    tell("two clips at once", pushAll(2 * clip));
    Serial.print("answers ");
    Serial.println(SernetEdge.answers());
    tell("a clip after it", SernetEdge.begin(clip) && pushAll(clip) && SernetEdge.flush());
    for (size_t index = 0; index < SernetEdge.classes(); index++) {
        same = same && SernetEdge.scores()[index] == first[index];
    }
    tell("the same scores as before", same);
    tell("a class that is not there", SernetEdge.label(SernetEdge.classes())[0] != '\0' ||
                                          SernetEdge.probability(SernetEdge.classes()) > 0.0f);
}

void loop() {
    delay(0);
}
