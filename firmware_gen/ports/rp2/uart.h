// UART0, polled: DMA channel 0 fills the ring.
#ifndef SN_RP2_UART_H
#define SN_RP2_UART_H

#include <stdint.h>

void sn_uart_start(void);

// As sn_port_write and sn_port_overruns; sn_ring_read has what comes.
void sn_uart_write(const uint8_t *bytes, uint32_t count);
uint32_t sn_uart_overruns(void);

#endif
