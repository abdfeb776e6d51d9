// UARTE0 of the nRF52, polled: EasyDMA into a ring of two halves.
#ifndef SN_NRF52_UARTE_H
#define SN_NRF52_UARTE_H

#include <stdbool.h>
#include <stdint.h>

void sn_uarte_start(void);

// As sn_port_read, sn_port_write and sn_port_overruns.
uint32_t sn_uarte_read(uint8_t *bytes, uint32_t capacity);
void sn_uarte_write(const uint8_t *bytes, uint32_t count);
uint32_t sn_uarte_overruns(void);

// Whether sn_uarte_read would return at once.
bool sn_uarte_has_bytes(void);

#endif
