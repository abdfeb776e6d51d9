// A stream's positions on both sides of 2^32, without the network: stand-ins take its calls.
// Prints one line per surprise.
#include <stdio.h>

#include "link/sn_clip_run.h"
#include "sn_port.h"

static uint32_t pushed;

uint32_t sn_port_ticks(void) {
    return 0;
}

sn_status sn_classifier_begin(sn_classifier *classifier, const sn_classifier_config *config,
                              uint32_t total_samples, sn_tap tap, void *tap_context) {
    (void)classifier, (void)config, (void)total_samples, (void)tap, (void)tap_context;
    return SN_OK;
}

sn_status sn_classifier_push(sn_classifier *classifier, const int16_t *samples, uint32_t count) {
    (void)classifier, (void)samples, (void)count;
    return SN_ERR_STATE;
}

sn_status sn_classifier_finish(sn_classifier *classifier) {
    (void)classifier;
    return SN_ERR_STATE;
}

sn_status sn_live_begin(sn_live *live, const sn_classifier_config *config) {
    (void)live, (void)config;
    return SN_OK;
}

sn_status sn_live_push(sn_live *live, const int16_t *samples, uint32_t count) {
    (void)live;
    pushed += count;
    return samples[0] == 0x0102 ? SN_OK : SN_ERR_ARGUMENT;
}

static int surprises;

static void push(sn_clip_run *run, uint32_t offset, uint8_t status, uint32_t next, uint32_t total) {
    uint8_t samples[200];
    for (uint32_t i = 0; i < sizeof samples; i += 2u) {
        samples[i] = 0x02;
        samples[i + 1u] = 0x01;
    }
    const uint8_t seen = sn_clip_run_live_push(run, offset, samples, sizeof samples / 2u);
    if (seen != status || run->next_offset != next || pushed != total) {
        printf("at %u: status %u, next %u, pushed %u\n", offset, seen, run->next_offset, pushed);
        ++surprises;
    }
}

// The front-end's position over three days of samples, on both sides of 2^32: it must say the same
// as a count that does not wrap, which place comes next and whether there is a whole frame.
static void rewind_for_days(void) {
    static sn_features features;
    uint64_t total = 0;
    uint32_t random = 1;
    while (total < ((uint64_t)1 << 32) + 100000u) {
        random = random * 1664525u + 1013904223u;
        const uint32_t count = (random >> 16) % (SN_FRAME_LENGTH + 1u);
        sn_features_rewind(&features);
        features.seen_samples += count;
        features.framed_samples += count;
        total += count;
        const bool is_whole = features.framed_samples >= SN_FRAME_LENGTH;
        if (features.framed_samples >= 3u * SN_FRAME_LENGTH ||
            features.framed_samples % SN_FRAME_LENGTH != total % SN_FRAME_LENGTH ||
            is_whole != (total >= SN_FRAME_LENGTH)) {
            printf("position %u after %llu\n", features.framed_samples, (unsigned long long)total);
            ++surprises;
            return;
        }
    }
}

int main(void) {
    static sn_clip_run run;
    rewind_for_days();
    if (sn_clip_run_live_begin(&run, 7) != SN_LINK_OK) {
        return 2;
    }
    run.next_offset = UINT32_MAX - 149u;
    push(&run, UINT32_MAX - 149u, SN_LINK_OK, UINT32_MAX - 49u, 100);
    push(&run, UINT32_MAX - 49u, SN_LINK_OK, 50, 200);
    push(&run, UINT32_MAX - 49u, SN_LINK_OK, 50, 200);
    push(&run, UINT32_MAX - 149u, SN_LINK_OK, 50, 200);
    push(&run, 51, SN_LINK_GAP, 50, 200);
    push(&run, 0x80000031u, SN_LINK_GAP, 50, 200);
    push(&run, 0x80000034u, SN_LINK_OK, 50, 200);
    push(&run, 50, SN_LINK_OK, 150, 300);
    if (sn_clip_run_live_end(&run) != SN_LINK_OK) {
        return 2;
    }
    push(&run, 150, SN_LINK_NO_CLIP, 150, 300);
    return surprises ? 1 : 0;
}
