// The USART of the F0, F3, F7 and later: registers of their own for flags, clearing, and each way
// of the data. Registers: RM0410 34.8, RM0456 66.8.
#ifndef SN_STM32_USART_V2_H
#define SN_STM32_USART_V2_H

#include <stdint.h>

#define SN_USART_V2_DATA(base) ((base) + 0x24u)  // of the receiver: the address, for a DMA

// 8 bits, no parity, one stop bit, `divider` (16 or more) periods of the USART's clock a bit; what
// is received asks for a DMA.
void sn_usart_v2_start(uint32_t base, uint32_t divider);

// As sn_port_write.
void sn_usart_v2_write(uint32_t base, const uint8_t *bytes, uint32_t count);

// How many errors (overrun, framing, noise) the receiver shows, 0 or 1; forgets them.
uint32_t sn_usart_v2_errors(uint32_t base);

#endif
