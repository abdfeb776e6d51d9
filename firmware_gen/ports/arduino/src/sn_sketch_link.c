#include "link/sn_protocol.h"
#include "sn_microphone.h"
#include "sn_port.h"
#include "sn_sketch.h"
#include "sn_sketch_config.h"

#define READ_BYTES 64u

static sn_protocol protocol;

void sn_sketch_link_begin(void) {
    sn_port_init();
    sn_protocol_init(&protocol, &sn_generated_identity, &sn_sketch_config);
}

void sn_sketch_link_serve(void) {
    uint8_t bytes[READ_BYTES];
#if SN_MICROPHONE
    while (sn_protocol_hear(&protocol) && !sn_port_has_bytes()) {
    }
#endif
    sn_protocol_feed(&protocol, bytes, sn_port_read(bytes, READ_BYTES));
}
