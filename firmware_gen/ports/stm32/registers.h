// How every file of the STM32 ports spells a register.
#ifndef SN_STM32_REGISTERS_H
#define SN_STM32_REGISTERS_H

#include <stdint.h>

#define SN_REGISTER(base, offset) (*(volatile uint32_t *)((base) + (offset)))

#endif
