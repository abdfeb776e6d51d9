#include "link/sn_frame.h"

#include "link/sn_bytes.h"
#include "link/sn_crc32.h"

void sn_frame_parser_init(sn_frame_parser *parser) {
    parser->length = 0;
    parser->counters = (sn_frame_counters){0};
}

// Takes the bytes between two zeros apart.
static bool open_frame(sn_frame_parser *parser, uint32_t encoded_length, sn_frame *frame) {
    sn_frame_counters *counters = &parser->counters;
    if (encoded_length > SN_FRAME_MAX_ENCODED) {
        counters->too_long++;
        return false;
    }
    uint8_t *body = parser->encoded;
    const uint32_t length = sn_cobs_decode(body, encoded_length);
    if (length == 0) {
        counters->bad_cobs++;
        return false;
    }
    if (length < SN_FRAME_HEADER + SN_FRAME_CRC) {
        counters->noise++;
        return false;
    }
    if (length > SN_FRAME_MAX_BODY) {
        counters->too_long++;
        return false;
    }
    const uint32_t covered = length - SN_FRAME_CRC;
    if (sn_crc32(0, body, covered) != sn_get_u32(body + covered)) {
        counters->bad_crc++;
        return false;
    }
    counters->frames++;
    *frame = (sn_frame){
        body[0], body[1], body[2], body[3], body + SN_FRAME_HEADER, covered - SN_FRAME_HEADER};
    return true;
}

bool sn_frame_feed(sn_frame_parser *parser, uint8_t byte, sn_frame *frame) {
    if (byte != 0) {
        if (parser->length < SN_FRAME_MAX_ENCODED) {
            parser->encoded[parser->length] = byte;
        }
        // Stops one past the room: enough to know that the frame is too long, and never wraps.
        if (parser->length <= SN_FRAME_MAX_ENCODED) {
            parser->length++;
        }
        return false;
    }
    const uint32_t encoded_length = parser->length;
    parser->length = 0;
    return encoded_length != 0 && open_frame(parser, encoded_length, frame);
}

uint32_t sn_frame_seal(uint8_t buffer[SN_FRAME_BUFFER], const sn_frame *frame) {
    uint8_t *body = buffer + SN_FRAME_PAYLOAD_AT - SN_FRAME_HEADER;
    body[0] = frame->version;
    body[1] = frame->type;
    body[2] = frame->seq;
    body[3] = frame->status;
    const uint32_t covered = SN_FRAME_HEADER + frame->payload_length;
    sn_put_u32(body + covered, sn_crc32(0, body, covered));
    buffer[0] = 0;
    const uint32_t encoded = sn_cobs_encode(buffer + 1, body, covered + SN_FRAME_CRC);
    buffer[1u + encoded] = 0;
    return encoded + 2u;
}
