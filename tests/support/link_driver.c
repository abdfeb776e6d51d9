// The device's frame code for ctypes: parsing and sealing, and random edits without Python's help.
#include <stdint.h>

#include "link/sn_bytes.h"
#include "link/sn_cobs.h"
#include "link/sn_crc32.h"
#include "link/sn_frame.h"

#define FRAMES 4u
#define MOST_EDITS 3u
#define LONGEST_PAYLOAD 48u
#define STREAM_ROOM (FRAMES * (LONGEST_PAYLOAD + 16u) + MOST_EDITS)

uint32_t drive_parser(const uint8_t *bytes, uint32_t count, uint8_t *frames, uint32_t *counters);
uint32_t drive_seal(const uint8_t *header, const uint8_t *payload, uint32_t count, uint8_t *wire);
void drive_random_edits(uint64_t seed, uint64_t streams, uint64_t *result);

// Writes each good frame as its length, header and payload; returns the bytes written.
uint32_t drive_parser(const uint8_t *bytes, uint32_t count, uint8_t *frames, uint32_t *counters) {
    static sn_frame_parser parser;
    uint32_t written = 0;
    sn_frame_parser_init(&parser);
    for (uint32_t index = 0; index < count; index++) {
        sn_frame frame;
        if (!sn_frame_feed(&parser, bytes[index], &frame)) {
            continue;
        }
        sn_put_u32(frames + written, frame.payload_length);
        written += 4u;
        frames[written++] = frame.version;
        frames[written++] = frame.type;
        frames[written++] = frame.seq;
        frames[written++] = frame.status;
        for (uint32_t at = 0; at < frame.payload_length; at++) {
            frames[written++] = frame.payload[at];
        }
    }
    const sn_frame_counters *seen = &parser.counters;
    const uint32_t values[5] = {seen->frames, seen->bad_crc, seen->bad_cobs, seen->too_long,
                                seen->noise};
    for (uint32_t index = 0; index < 5u; index++) {
        counters[index] = values[index];
    }
    return written;
}

uint32_t drive_seal(const uint8_t *header, const uint8_t *payload, uint32_t count, uint8_t *wire) {
    const sn_frame frame = {header[0], header[1], header[2], header[3], 0, count};
    for (uint32_t index = 0; index < count; index++) {
        wire[SN_FRAME_PAYLOAD_AT + index] = payload[index];
    }
    return sn_frame_seal(wire, &frame);
}

// xorshift64*: the same edits everywhere for one seed.
static uint32_t random_below(uint64_t *state, uint32_t limit) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * 0x2545F4914F6CDD1DuLL) >> 33) % limit;
}

// One frame as it was sent: what a parser may accept.
typedef struct {
    uint8_t body[SN_FRAME_HEADER + LONGEST_PAYLOAD];
    uint32_t length;
} original;

static uint32_t make_stream(uint64_t *state, uint8_t *stream, original *originals) {
    uint32_t length = 0;
    for (uint32_t number = 0; number < FRAMES; number++) {
        uint8_t wire[SN_FRAME_BUFFER];
        original *sent = &originals[number];
        const uint32_t payload = random_below(state, LONGEST_PAYLOAD + 1u);
        sent->length = SN_FRAME_HEADER + payload;
        for (uint32_t at = 0; at < sent->length; at++) {
            // Zeros often: they are what framing is about.
            const uint32_t byte = random_below(state, 320u);
            sent->body[at] = (uint8_t)(byte < 256u ? byte : 0u);
        }
        const uint32_t count = drive_seal(sent->body, sent->body + SN_FRAME_HEADER, payload, wire);
        for (uint32_t at = 0; at < count; at++) {
            stream[length++] = wire[at];
        }
    }
    return length;
}

static uint32_t edit(uint64_t *state, uint8_t *stream, uint32_t length) {
    const uint32_t kind = random_below(state, 3u);
    const uint32_t at = random_below(state, length);
    if (kind == 0) {
        stream[at] = (uint8_t)random_below(state, 256u);
        return length;
    }
    if (kind == 1) {
        for (uint32_t index = at; index + 1u < length; index++) {
            stream[index] = stream[index + 1u];
        }
        return length - 1u;
    }
    for (uint32_t index = length; index > at; index--) {
        stream[index] = stream[index - 1u];
    }
    stream[at] = (uint8_t)random_below(state, 256u);
    return length + 1u;
}

static uint32_t is_original(const sn_frame *frame, const original *originals) {
    const uint8_t *body = frame->payload - SN_FRAME_HEADER;
    const uint32_t length = frame->payload_length + SN_FRAME_HEADER;
    for (uint32_t number = 0; number < FRAMES; number++) {
        uint32_t same = originals[number].length == length;
        for (uint32_t at = 0; same != 0 && at < length; at++) {
            same = originals[number].body[at] == body[at];
        }
        if (same != 0) {
            return 1u;
        }
    }
    return 0;
}

// result: edits made, frames sent, frames accepted, frames forged.
void drive_random_edits(uint64_t seed, uint64_t streams, uint64_t *result) {
    static sn_frame_parser parser;
    uint64_t state = seed | 1u;
    for (uint64_t number = 0; number < streams; number++) {
        uint8_t stream[STREAM_ROOM];
        original originals[FRAMES];
        uint32_t length = make_stream(&state, stream, originals);
        const uint32_t edits = 1u + random_below(&state, MOST_EDITS);
        for (uint32_t index = 0; index < edits; index++) {
            length = edit(&state, stream, length);
        }
        result[0] += edits;
        result[1] += FRAMES;
        sn_frame_parser_init(&parser);
        for (uint32_t index = 0; index < length; index++) {
            sn_frame frame;
            if (sn_frame_feed(&parser, stream[index], &frame)) {
                result[2]++;
                result[3] += 1u - is_original(&frame, originals);
            }
        }
    }
}
