// UART0, polled: DMA channel 0 fills a ring.
#ifndef SN_RP2_UART_H
#define SN_RP2_UART_H

#include <stdint.h>

void sn_uart_start(void);

// As sn_port_read, sn_port_write and sn_port_overruns.
uint32_t sn_uart_read(uint8_t *bytes, uint32_t capacity);
void sn_uart_write(const uint8_t *bytes, uint32_t count);
uint32_t sn_uart_overruns(void);

#endif
