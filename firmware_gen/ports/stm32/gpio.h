// Pins of the STM32 families since the F2. Registers: RM0390 7.4, RM0410 6.4, RM0456 13.4.
#ifndef SN_STM32_GPIO_H
#define SN_STM32_GPIO_H

#include <stdint.h>

// Gives the pin (0..15) of the port at `base` to a peripheral: its alternate function (0..15),
// fast, pushing and pulling when it is an output, pulled up, so that a receiver hears silence from
// a cable that is not there. The port's clock must be on.
void sn_gpio_give(uint32_t base, uint32_t pin, uint32_t function);

#endif
