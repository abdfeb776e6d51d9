// Which USART the link's pins belong to: SN_LINK_USART is 1, 2 or 3. Their alternate function is
// number 7 on all families here (datasheets, table of alternate functions).
#ifndef SN_STM32_LINK_H
#define SN_STM32_LINK_H

#include "sn_config.h"

#define SN_LINK_FUNCTION 7u

#ifndef SN_LINK_TX_PIN
#error The file of this board lacks link.rx and link.tx.
#endif

#define SN_LINK_TX (SN_LINK_TX_PORT * 16 + SN_LINK_TX_PIN)
#define SN_LINK_RX (SN_LINK_RX_PORT * 16 + SN_LINK_RX_PIN)
#define SN_PA(pin) (pin)
#define SN_PB(pin) (16 + (pin))
#define SN_PC(pin) (32 + (pin))
#define SN_PD(pin) (48 + (pin))

#if SN_LINK_TX == SN_PA(9) || SN_LINK_TX == SN_PB(6)
#define SN_LINK_USART 1
#if SN_LINK_RX != SN_PA(10) && SN_LINK_RX != SN_PB(7)
#error USART1, which sends on this pin, receives on PA10 and PB07 only.
#endif
#elif SN_LINK_TX == SN_PA(2) || SN_LINK_TX == SN_PD(5)
#define SN_LINK_USART 2
#if SN_LINK_RX != SN_PA(3) && SN_LINK_RX != SN_PD(6)
#error USART2, which sends on this pin, receives on PA03 and PD06 only.
#endif
#elif SN_LINK_TX == SN_PB(10) || SN_LINK_TX == SN_PC(10) || SN_LINK_TX == SN_PD(8)
#define SN_LINK_USART 3
#if SN_LINK_RX != SN_PB(11) && SN_LINK_RX != SN_PC(11) && SN_LINK_RX != SN_PD(9)
#error USART3, which sends on this pin, receives on PB11, PC11 and PD09 only.
#endif
#else
#error No USART of the STM32 port sends on this pin: PA02, PA09, PB06, PB10, PC10, PD05 or PD08.
#endif

#endif
