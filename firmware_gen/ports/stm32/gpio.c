#include "stm32/gpio.h"

#include "stm32/registers.h"

#define SN_GPIO_MODER(base) SN_REGISTER(base, 0x00u)
#define SN_GPIO_OTYPER(base) SN_REGISTER(base, 0x04u)
#define SN_GPIO_OSPEEDR(base) SN_REGISTER(base, 0x08u)
#define SN_GPIO_PUPDR(base) SN_REGISTER(base, 0x0Cu)
#define SN_GPIO_AFR(base, pin) SN_REGISTER(base, 0x20u + 4u * ((pin) / 8u))

#define SN_MODE_ALTERNATE 2u
#define SN_SPEED_FAST 2u
#define SN_PULL_UP 1u

static uint32_t with_field(uint32_t word, uint32_t bits, uint32_t index, uint32_t value) {
    const uint32_t shift = bits * index;
    const uint32_t mask = ((1u << bits) - 1u) << shift;
    return (word & ~mask) | value << shift;
}

void sn_gpio_give(uint32_t base, uint32_t pin, uint32_t function) {
    SN_GPIO_AFR(base, pin) = with_field(SN_GPIO_AFR(base, pin), 4u, pin % 8u, function);
    SN_GPIO_OTYPER(base) = with_field(SN_GPIO_OTYPER(base), 1u, pin, 0u);
    SN_GPIO_OSPEEDR(base) = with_field(SN_GPIO_OSPEEDR(base), 2u, pin, SN_SPEED_FAST);
    SN_GPIO_PUPDR(base) = with_field(SN_GPIO_PUPDR(base), 2u, pin, SN_PULL_UP);
    SN_GPIO_MODER(base) = with_field(SN_GPIO_MODER(base), 2u, pin, SN_MODE_ALTERNATE);
}
