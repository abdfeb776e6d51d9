// Frames on the wire: 00 | COBS( version type seq status | payload | crc32 ) | 00.
// A zero on both sides, so that one damaged byte never costs more than one frame.
#ifndef SN_FRAME_H
#define SN_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "link/sn_cobs.h"
#include "link/sn_messages.h"

#define SN_FRAME_HEADER 4u
#define SN_FRAME_CRC 4u
#define SN_FRAME_MAX_BODY (SN_FRAME_HEADER + SN_MAX_PAYLOAD + SN_FRAME_CRC)
#define SN_FRAME_MAX_ENCODED (SN_FRAME_MAX_BODY + SN_COBS_OVERHEAD(SN_FRAME_MAX_BODY))

// Room for one whole frame with its two zeros, encoded in place by sn_frame_seal.
#define SN_FRAME_BUFFER (SN_FRAME_MAX_ENCODED + 2u)
#define SN_FRAME_PAYLOAD_AT (1u + SN_COBS_OVERHEAD(SN_FRAME_MAX_BODY) + SN_FRAME_HEADER)

// One frame; `payload` lies in the parser's buffer and is valid until the next byte is fed.
typedef struct {
    uint8_t version;
    uint8_t type;
    uint8_t seq;
    uint8_t status;
    const uint8_t *payload;
    uint32_t payload_length;
} sn_frame;

// What the parser saw between zeros; noise is anything too short to be a frame.
typedef struct {
    uint32_t frames;
    uint32_t bad_crc;
    uint32_t bad_cobs;
    uint32_t too_long;
    uint32_t noise;
} sn_frame_counters;

typedef struct {
    uint8_t encoded[SN_FRAME_MAX_ENCODED];
    uint32_t length;  // bytes since the last zero, also those that found no room
    sn_frame_counters counters;
} sn_frame_parser;

void sn_frame_parser_init(sn_frame_parser *parser);

// Takes one byte from the wire; true when it completed a good frame, which `frame` then shows.
bool sn_frame_feed(sn_frame_parser *parser, uint8_t byte, sn_frame *frame);

// Makes the frame around the payload that lies at buffer + SN_FRAME_PAYLOAD_AT; returns the bytes
// to send from the start of `buffer`. The frame's own payload pointer is not used.
uint32_t sn_frame_seal(uint8_t buffer[SN_FRAME_BUFFER], const sn_frame *frame);

#endif
