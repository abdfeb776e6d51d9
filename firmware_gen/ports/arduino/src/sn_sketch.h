// The classifier of a sketch: C behind SernetEdge.h. There is one, with all the memory it needs.
#ifndef SN_SKETCH_H
#define SN_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Listens without an end: answers come as samples do. Where the library was built with --live,
// there is one for each new row of the network's last layer; otherwise one for every clip of the
// model's length, each beginning where the last one ended.
bool sn_sketch_listen(void);

// Starts one clip of `samples` samples, 1,024 at least; sn_sketch_flush ends it.
bool sn_sketch_begin(uint32_t samples);

// Takes the next `count` samples: 16 kHz, mono.
bool sn_sketch_push(const int16_t *samples, uint32_t count);

// Ends a clip, all of whose samples were pushed, with an answer.
bool sn_sketch_flush(void);

// Answers since sn_sketch_listen or sn_sketch_begin; wraps.
uint32_t sn_sketch_answers(void);

// The scores of the newest answer, -128 to 127, one for each class; null before the first.
const int8_t *sn_sketch_scores(void);

uint32_t sn_sketch_class_count(void);
const char *sn_sketch_class_name(uint32_t index);

// Samples of a clip of the model's length.
uint32_t sn_sketch_clip_samples(void);

// The device's end of the serial link, for `sernet-edge verify`. It takes the classifier's memory:
// whoever begins last has it.
void sn_sketch_link_begin(void);

// Waits for bytes from the link, and answers the requests that they complete.
void sn_sketch_link_serve(void);

#ifdef __cplusplus
}
#endif

#endif
