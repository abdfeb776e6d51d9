// The device's end of the link: requests in, answers out; keeps no answer, every request may be
// repeated.
#ifndef SN_PROTOCOL_H
#define SN_PROTOCOL_H

#include <stdint.h>

#include "link/sn_clip_run.h"
#include "link/sn_frame.h"
#include "link/sn_hearing.h"
#include "sn_generated.h"

typedef struct {
    const sn_identity *identity;
    sn_frame_parser parser;
    sn_clip_run run;
#if SN_MICROPHONE
    sn_hearing hearing;
#endif
    uint8_t answer[SN_FRAME_BUFFER];
} sn_protocol;

// Starts the server. What `identity` and `config` point to stays valid for its whole life.
void sn_protocol_init(sn_protocol *protocol, const sn_identity *identity,
                      const sn_classifier_config *config);

// Takes bytes from the wire; answers every good frame among them with sn_port_write.
void sn_protocol_feed(sn_protocol *protocol, const uint8_t *bytes, uint32_t count);

// Takes what the microphone has heard, if the host wants it to listen; returns whether it wants to
// be called again. Only where SN_MICROPHONE is 1.
bool sn_protocol_hear(sn_protocol *protocol);

#endif
