// Writes an answer's payload: numbers, bytes and strings, one after the other.
#ifndef SN_ANSWER_H
#define SN_ANSWER_H

#include <stdint.h>

#include "link/sn_bytes.h"
#include "link/sn_messages.h"

// A payload in the making; what finds no room in SN_MAX_PAYLOAD is left out.
typedef struct {
    uint8_t *payload;
    uint32_t length;
} sn_answer;

static inline void sn_answer_u8(sn_answer *answer, uint32_t value) {
    if (answer->length < SN_MAX_PAYLOAD) {
        answer->payload[answer->length++] = (uint8_t)value;
    }
}

static inline void sn_answer_u32(sn_answer *answer, uint32_t value) {
    for (uint32_t index = 0; index < 4u; index++) {
        sn_answer_u8(answer, value >> (8u * index) & 0xFFu);
    }
}

static inline void sn_answer_bytes(sn_answer *answer, const uint8_t *bytes, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        sn_answer_u8(answer, bytes[index]);
    }
}

// A length byte and up to 255 characters.
static inline void sn_answer_text(sn_answer *answer, const char *text) {
    uint32_t length = 0;
    while (length < 255u && text[length] != '\0') {
        length++;
    }
    sn_answer_u8(answer, length);
    sn_answer_bytes(answer, (const uint8_t *)text, length);
}

#endif
