// The firmware's main program: everything between the serial link and the classifier.
#include "link/sn_protocol.h"
#include "sn_generated.h"
#include "sn_microphone.h"
#include "sn_port.h"

#define READ_BYTES 64u

static uint64_t arena[(SN_ARENA_BYTES + 7u) / 8u];

#if SN_CLIP_SAMPLES > 0
// Not static: the build finds its size by this name.
extern int16_t sn_kept_clip[SN_CLIP_SAMPLES];
int16_t sn_kept_clip[SN_CLIP_SAMPLES];
#define KEPT_CLIP sn_kept_clip
#else
#define KEPT_CLIP 0
#endif

static sn_protocol protocol;

int main(void) {
    const sn_classifier_config config = {
        &sn_generated_frontend,
        &sn_generated_model,
        arena,
        sizeof arena,
        KEPT_CLIP,
        SN_CLIP_SAMPLES,
        sn_generated_identity.model_rows,
    };
    sn_port_init();
    sn_protocol_init(&protocol, &sn_generated_identity, &config);
    for (;;) {
        uint8_t bytes[READ_BYTES];
#if SN_MICROPHONE
        while (sn_protocol_hear(&protocol) && !sn_port_has_bytes()) {
        }
#endif
        const uint32_t count = sn_port_read(bytes, READ_BYTES);
        if (count == 0) {
            return 0;
        }
        sn_protocol_feed(&protocol, bytes, count);
    }
}
