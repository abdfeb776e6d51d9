// The speech-emotion network of this library in a sketch:
//
//     SernetEdge.begin();
//     SernetEdge.push(samples, count);   // whenever there are some
//     if (SernetEdge.answers() != seen)  // look at SernetEdge.scores()
//
// Functions that return bool say whether it worked: after false, begin again. The memory is
// planned when the library is generated; nothing is allocated. Call it from one thread only, and
// never from an interrupt: a call may take as long as the network runs.
#ifndef SERNET_EDGE_H
#define SERNET_EDGE_H

#include <stddef.h>
#include <stdint.h>

#include "sn_sketch.h"

class SernetEdgeClass {
  public:
    // Listens without an end; answers come as samples do. Where the library was built with --live,
    // there is one for each new row of the network's last layer; otherwise one for every clip.
    bool begin() {
        return sn_sketch_listen();
    }

    // Starts one clip of `samples` samples, 1,024 at least; flush() ends it.
    bool begin(uint32_t samples) {
        return sn_sketch_begin(samples);
    }

    // Takes the next `count` samples: 16 kHz, mono.
    bool push(const int16_t *samples, size_t count) {
        return sn_sketch_push(samples, static_cast<uint32_t>(count));
    }

    // Ends a clip, all of whose samples were pushed, with an answer.
    bool flush() {
        return sn_sketch_flush();
    }

    // Answers since begin(); wraps.
    uint32_t answers() const {
        return sn_sketch_answers();
    }

    // The scores of the newest answer, -128 to 127, one for each class; null before the first.
    const int8_t *scores() const {
        return sn_sketch_scores();
    }

    // The same as a probability, in steps of 1/256; 0 before the first answer.
    float probability(size_t index) const {
        const int8_t *newest = sn_sketch_scores();
        return newest != nullptr && index < classes()
                   ? static_cast<float>(newest[index] + 128) / 256.0f
                   : 0.0f;
    }

    // The class with the highest score, the first of several.
    size_t best() const {
        const int8_t *newest = sn_sketch_scores();
        size_t found = 0;
        for (size_t index = 1; newest != nullptr && index < classes(); index++) {
            found = newest[index] > newest[found] ? index : found;
        }
        return found;
    }

    size_t classes() const {
        return sn_sketch_class_count();
    }

    // The name of a class, "" for one that is not there.
    const char *label(size_t index) const {
        return sn_sketch_class_name(static_cast<uint32_t>(index));
    }

    // Samples of a clip of the model's length.
    uint32_t clipSamples() const {
        return sn_sketch_clip_samples();
    }

    // The device's end of the serial link, for `sernet-edge verify`: over Serial, which it begins.
    // It takes the classifier's memory: begin() anew afterwards.
    void beginLink() {
        sn_sketch_link_begin();
    }

    // Waits for bytes from the link, and answers the requests that they complete.
    void serveLink() {
        sn_sketch_link_serve();
    }
};

extern SernetEdgeClass SernetEdge;

#endif
