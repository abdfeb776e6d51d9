#include "link/sn_cobs.h"

#define LONGEST_CODE 255u

uint32_t sn_cobs_encode(uint8_t *encoded, const uint8_t *bytes, uint32_t count) {
    uint32_t code_at = 0;
    uint32_t length = 1;
    uint32_t code = 1;
    for (uint32_t index = 0; index < count; index++) {
        if (code == LONGEST_CODE) {
            encoded[code_at] = (uint8_t)code;
            code_at = length++;
            code = 1;
        }
        const uint8_t byte = bytes[index];
        if (byte != 0) {
            encoded[length++] = byte;
            code++;
        } else {
            encoded[code_at] = (uint8_t)code;
            code_at = length++;
            code = 1;
        }
    }
    encoded[code_at] = (uint8_t)code;
    return length;
}

uint32_t sn_cobs_decode(uint8_t *bytes, uint32_t count) {
    uint32_t read = 0;
    uint32_t length = 0;
    while (read < count) {
        const uint32_t code = bytes[read++];
        const uint32_t run = code - 1u;
        if (code == 0 || run > count - read) {
            return 0;
        }
        for (uint32_t index = 0; index < run; index++) {
            bytes[length++] = bytes[read++];
        }
        if (code != LONGEST_CODE && read < count) {
            bytes[length++] = 0;
        }
    }
    return length;
}
