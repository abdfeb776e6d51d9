#include "stm32/usart_v1.h"

#include "stm32/registers.h"

#define SN_USART_SR(base) SN_REGISTER(base, 0x00u)
#define SN_USART_DR(base) SN_REGISTER(base, 0x04u)
#define SN_USART_BRR(base) SN_REGISTER(base, 0x08u)
#define SN_USART_CR1(base) SN_REGISTER(base, 0x0Cu)
#define SN_USART_CR2(base) SN_REGISTER(base, 0x10u)
#define SN_USART_CR3(base) SN_REGISTER(base, 0x14u)

#define SN_SR_ERRORS 0xEu  // FE, NF, ORE
#define SN_SR_RXNE (1u << 5)
#define SN_SR_TXE (1u << 7)
#define SN_CR1_ON (1u << 13 | 1u << 3 | 1u << 2)  // UE, TE, RE
#define SN_CR3_DMAR (1u << 6)

void sn_usart_v1_start(uint32_t base, uint32_t divider) {
    SN_USART_CR1(base) = 0u;  // a bootloader may have left it on
    SN_USART_CR2(base) = 0u;
    SN_USART_CR3(base) = SN_CR3_DMAR;
    SN_USART_BRR(base) = divider;  // in 16ths of 16 periods
    SN_USART_CR1(base) = SN_CR1_ON;
}

uint32_t sn_usart_v1_read(uint32_t base, uint8_t *bytes, uint32_t capacity) {
    uint32_t count = 0u;
    while (count == 0u || (count < capacity && (SN_USART_SR(base) & SN_SR_RXNE) != 0u)) {
        if ((SN_USART_SR(base) & SN_SR_RXNE) != 0u) {
            bytes[count++] = (uint8_t)SN_USART_DR(base);
        }
    }
    return count;
}

void sn_usart_v1_write(uint32_t base, const uint8_t *bytes, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        while ((SN_USART_SR(base) & SN_SR_TXE) == 0u) {
        }
        SN_USART_DR(base) = bytes[index];
    }
}

uint32_t sn_usart_v1_errors(uint32_t base) {
    if ((SN_USART_SR(base) & SN_SR_ERRORS) == 0u) {
        return 0u;
    }
    (void)SN_USART_DR(base);  // reading the data after the status clears the errors
    return 1u;
}
