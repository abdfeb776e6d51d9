// UARTE0 of the nRF52, polled: EasyDMA fills the ring.
#ifndef SN_NRF52_UARTE_H
#define SN_NRF52_UARTE_H

#include <stdint.h>

void sn_uarte_start(void);

// As sn_port_write and sn_port_overruns; sn_ring_read has what comes.
void sn_uarte_write(const uint8_t *bytes, uint32_t count);
uint32_t sn_uarte_overruns(void);

#endif
