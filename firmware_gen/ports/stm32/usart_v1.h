// The USART of the F1, F2 and F4: one status and one data register. Registers: RM0390 25.6.
#ifndef SN_STM32_USART_V1_H
#define SN_STM32_USART_V1_H

#include <stdint.h>

#define SN_USART_V1_DATA(base) ((base) + 0x04u)  // the address, for a DMA

// 8 bits, no parity, one stop bit, `divider` periods of the USART's clock a bit; what is received
// asks for a DMA.
void sn_usart_v1_start(uint32_t base, uint32_t divider);

// As sn_port_read, without a DMA: looks for single bytes, and loses what comes between two calls.
uint32_t sn_usart_v1_read(uint32_t base, uint8_t *bytes, uint32_t capacity);

// As sn_port_write.
void sn_usart_v1_write(uint32_t base, const uint8_t *bytes, uint32_t count);

// How many errors (overrun, framing, noise) the receiver shows, 0 or 1; forgets them.
uint32_t sn_usart_v1_errors(uint32_t base);

#endif
