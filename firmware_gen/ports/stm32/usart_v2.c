#include "stm32/usart_v2.h"

#include "stm32/registers.h"

#define SN_USART_CR1(base) SN_REGISTER(base, 0x00u)
#define SN_USART_CR2(base) SN_REGISTER(base, 0x04u)
#define SN_USART_CR3(base) SN_REGISTER(base, 0x08u)
#define SN_USART_BRR(base) SN_REGISTER(base, 0x0Cu)
#define SN_USART_ISR(base) SN_REGISTER(base, 0x1Cu)
#define SN_USART_ICR(base) SN_REGISTER(base, 0x20u)
#define SN_USART_TDR(base) SN_REGISTER(base, 0x28u)

#define SN_ISR_ERRORS 0xEu  // FE, NE, ORE; the same bits clear them in ICR
#define SN_ISR_TXE (1u << 7)
#define SN_CR1_UE 1u
#define SN_CR1_TE_RE (1u << 3 | 1u << 2)
#define SN_CR3_DMAR (1u << 6)

void sn_usart_v2_start(uint32_t base, uint32_t divider) {
    SN_USART_CR1(base) = 0u;  // a bootloader may have left it on; most fields want it off
    SN_USART_CR2(base) = 0u;
    SN_USART_CR3(base) = SN_CR3_DMAR;
    SN_USART_BRR(base) = divider;
    SN_USART_CR1(base) = SN_CR1_TE_RE | SN_CR1_UE;
}

void sn_usart_v2_write(uint32_t base, const uint8_t *bytes, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        while ((SN_USART_ISR(base) & SN_ISR_TXE) == 0u) {
        }
        SN_USART_TDR(base) = bytes[index];
    }
}

uint32_t sn_usart_v2_errors(uint32_t base) {
    const uint32_t errors = SN_USART_ISR(base) & SN_ISR_ERRORS;
    if (errors == 0u) {
        return 0u;
    }
    SN_USART_ICR(base) = errors;
    return 1u;
}
