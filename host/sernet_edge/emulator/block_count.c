// Counts instructions inside unicorn: called at the start of every translated block.
#include <stddef.h>
#include <stdint.h>

#define SN_SLOTS 65536u

// What has been seen of one block; `instructions` is 0 for an empty slot.
typedef struct {
    uint64_t address;
    uint32_t size;
    uint32_t instructions;
} sn_block;

typedef int (*sn_read_memory)(void *engine, uint64_t address, void *bytes, size_t count);

typedef struct {
    sn_read_memory read_memory;  // uc_mem_read
    uint64_t instructions;       // executed so far
    uint64_t misses;             // blocks that had to be decoded
    sn_block blocks[SN_SLOTS];
} sn_block_counter;

size_t sn_block_counter_size(void);
void sn_count_block(void *engine, uint64_t address, uint32_t size, void *user);

size_t sn_block_counter_size(void) {
    return sizeof(sn_block_counter);
}

// A Thumb instruction has two halfwords when its first five bits are 11101, 11110 or 11111
// (Armv7-M Architecture Reference Manual, A5.1).
static uint32_t count_instructions(const sn_block_counter *counter, void *engine, uint64_t address,
                                   uint32_t size) {
    uint32_t count = 0;
    uint32_t at = 0;
    while (at < size) {
        uint8_t half[2];
        if (counter->read_memory(engine, address + at, half, sizeof half) != 0) {
            break;
        }
        at += half[1] >= 0xE8u ? 4u : 2u;
        count++;
    }
    return count;
}

void sn_count_block(void *engine, uint64_t address, uint32_t size, void *user) {
    sn_block_counter *counter = user;
    sn_block *block = &counter->blocks[(address >> 1) % SN_SLOTS];
    if (block->instructions == 0 || block->address != address || block->size != size) {
        block->address = address;
        block->size = size;
        block->instructions = count_instructions(counter, engine, address, size);
        counter->misses++;
    }
    counter->instructions += block->instructions;
}
