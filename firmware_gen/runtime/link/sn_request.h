// A request on its way to its answer: what the files that answer requests share.
#ifndef SN_REQUEST_H
#define SN_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "link/sn_answer.h"
#include "link/sn_protocol.h"

// A request's payload, what it is about, and the answer to write.
typedef struct {
    sn_clip_run *run;
    const sn_protocol *protocol;
    const uint8_t *payload;
    uint32_t length;
    sn_answer *answer;
#if SN_MICROPHONE
    sn_hearing *hearing;
#endif
} sn_request;

// Writes the clip and how far it is; where the runtime refused, the clip and why. Returns `status`.
uint8_t sn_request_progress(const sn_request *request, uint8_t status);

// Reads the fields of BEGIN after clip and total; false where one is out of its range.
static inline bool sn_request_debug(const uint8_t *fields, uint32_t *flags,
                                    sn_trace_request *trace) {
    *flags = sn_get_u32(fields + 8);
    *trace = (sn_trace_request){sn_get_u32(fields + 12), sn_get_u32(fields + 16),
                                sn_get_u32(fields + 20), sn_get_u32(fields + 24)};
    return (*flags & ~SN_FLAG_DEBUG) == 0 && trace->row_step != 0;
}

#if SN_LIVE
// Write how far the stream is, and the scores of its newest answer if there is one.
void sn_request_stream(const sn_request *request);
void sn_request_scores(const sn_request *request);
#endif

#if SN_MICROPHONE
// Answer RECORD, SAMPLES and LISTEN; return a SN_LINK_ status.
uint8_t sn_answer_record(const sn_request *request);
uint8_t sn_answer_samples(const sn_request *request);
uint8_t sn_answer_listen(const sn_request *request);
#endif

#endif
