// Channel 0 of GPDMA1, which fills the ring round and round: a linked list of one item that names
// itself (RM0456 17.4.8). Registers: RM0456 17.8.
#ifndef SN_STM32U5_GPDMA_H
#define SN_STM32U5_GPDMA_H

#include <stdint.h>

// Writes every byte that `request` (RM0456 table 137) asks to be fetched from the data register at
// address `source` into sn_ring.
void sn_gpdma_start(uint32_t request, uint32_t source);

// How many bytes it has written since its start, modulo 2^32. To be asked once in each turn round
// the ring: of two or more it sees one.
uint32_t sn_gpdma_received(void);

#endif
