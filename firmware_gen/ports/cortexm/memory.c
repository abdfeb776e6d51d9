// The four functions that a compiler may call on its own, for images without a C library.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *left, const void *right, size_t count);

// Keeps a compiler from turning these loops into calls of the functions that they define.
#define SN_NO_IDIOM() __asm volatile("" ::: "memory")

// A word that may alias anything and, where the core loads unaligned words, lie anywhere.
#ifdef __ARM_FEATURE_UNALIGNED
#define SN_WORD_ALIGNMENT 1u
#else
#define SN_WORD_ALIGNMENT 4u
#endif
typedef uint32_t __attribute__((may_alias, aligned(SN_WORD_ALIGNMENT))) sn_word;

static bool words_may_lie_at(uintptr_t addresses) {
    return addresses % SN_WORD_ALIGNMENT == 0u;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
    uint8_t *out = to;
    const uint8_t *in = from;
    if (words_may_lie_at((uintptr_t)to | (uintptr_t)from)) {
        for (; count >= 8u; count -= 8u) {
            const uint32_t first = *(const sn_word *)in;
            const uint32_t second = *(const sn_word *)(in + 4);
            *(sn_word *)out = first;
            *(sn_word *)(out + 4) = second;
            in += 8;
            out += 8;
            SN_NO_IDIOM();
        }
    }
    for (; count > 0u; count--) {
        *out++ = *in++;
        SN_NO_IDIOM();
    }
    return to;
}

void *memmove(void *to, const void *from, size_t count) {
    if ((uintptr_t)to - (uintptr_t)from >= count) {
        return memcpy(to, from, count);
    }
    uint8_t *out = (uint8_t *)to + count;
    const uint8_t *in = (const uint8_t *)from + count;
    for (; count > 0u; count--) {
        *--out = *--in;
        SN_NO_IDIOM();
    }
    return to;
}

void *memset(void *to, int value, size_t count) {
    uint8_t *out = to;
    const uint32_t pattern = (uint32_t)(uint8_t)value * 0x01010101u;
    if (words_may_lie_at((uintptr_t)to)) {
        for (; count >= 4u; count -= 4u) {
            *(sn_word *)out = pattern;
            out += 4;
            SN_NO_IDIOM();
        }
    }
    for (; count > 0u; count--) {
        *out++ = (uint8_t)pattern;
        SN_NO_IDIOM();
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t count) {
    const uint8_t *a = left;
    const uint8_t *b = right;
    for (; count > 0u; count--, a++, b++) {
        if (*a != *b) {
            return (int)*a - (int)*b;
        }
    }
    return 0;
}
