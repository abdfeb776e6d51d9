// Counts inside unicorn how often each block ran, for which part of the firmware it ran, how often
// it branched away at its end, and how often it read data in flash.
#include <stddef.h>
#include <stdint.h>

#define SN_SLOTS 65536u
#define SN_PHASES 2u

// Marks of code addresses: no change, or "what register 0 says"; any other number is a part.
#define SN_MARK_STAY 0u
#define SN_MARK_BY_ARGUMENT 0xFFFFu

// Counts by phase. `size` is 0 for an empty slot.
typedef struct {
    uint64_t address;
    uint32_t size;
    uint32_t part;
    uint64_t runs[SN_PHASES];
    uint64_t taken[SN_PHASES];
    uint64_t reads[SN_PHASES];
} sn_profiled_block;

typedef int (*sn_read_register)(void *engine, int number, void *value);

// `marks`: one for each of `mark_count` halfwords from `first_code` on. `arguments`: addresses that
// mean the parts `first_argument_part`, + 1, ... at a block whose mark is SN_MARK_BY_ARGUMENT.
typedef struct {
    sn_read_register read_register;  // uc_reg_read
    const uint16_t *marks;
    const uint32_t *arguments;
    uint32_t first_code;
    uint32_t mark_count;
    uint32_t argument_count;
    uint32_t first_argument_part;
    int32_t register_0;
    uint32_t phase;
    uint32_t part;
    uint32_t lost;  // blocks for which there was no slot
    sn_profiled_block *last;
    sn_profiled_block blocks[SN_SLOTS];
} sn_block_profile;

size_t sn_block_profile_size(void);
void sn_profile_block(void *engine, uint64_t address, uint32_t size, void *user);
void sn_profile_read(void *engine, int type, uint64_t address, int size, int64_t value, void *user);

size_t sn_block_profile_size(void) {
    return sizeof(sn_block_profile);
}

static uint32_t part_by_argument(const sn_block_profile *profile, void *engine) {
    uint32_t argument = 0;
    profile->read_register(engine, profile->register_0, &argument);
    for (uint32_t i = 0; i < profile->argument_count; i++) {
        if (profile->arguments[i] == argument) {
            return profile->first_argument_part + i;
        }
    }
    return profile->part;
}

static uint32_t part_at(const sn_block_profile *profile, void *engine, uint64_t address) {
    const uint64_t halfword = (address - profile->first_code) / 2u;
    if (address < profile->first_code || halfword >= profile->mark_count) {
        return profile->part;
    }
    const uint16_t mark = profile->marks[halfword];
    if (mark == SN_MARK_BY_ARGUMENT) {
        return part_by_argument(profile, engine);
    }
    return mark == SN_MARK_STAY ? profile->part : mark;
}

static sn_profiled_block *find_block(sn_block_profile *profile, uint64_t address, uint32_t size) {
    const uint32_t hash = ((uint32_t)(address >> 1) + profile->part * 40503u) * 2654435761u;
    for (uint32_t i = 0; i < SN_SLOTS; i++) {
        sn_profiled_block *block = &profile->blocks[((hash >> 16) + i) % SN_SLOTS];
        if (block->size == 0) {
            block->address = address;
            block->size = size;
            block->part = profile->part;
            return block;
        }
        if (block->address == address && block->size == size && block->part == profile->part) {
            return block;
        }
    }
    return NULL;
}

void sn_profile_block(void *engine, uint64_t address, uint32_t size, void *user) {
    sn_block_profile *profile = user;
    sn_profiled_block *last = profile->last;
    if (last && last->address + last->size != address) {
        last->taken[profile->phase]++;
    }
    profile->part = part_at(profile, engine, address);
    profile->last = find_block(profile, address, size);
    if (!profile->last) {
        profile->lost++;
        return;
    }
    profile->last->runs[profile->phase]++;
}

void sn_profile_read(void *engine, int type, uint64_t address, int size, int64_t value,
                     void *user) {
    sn_block_profile *profile = user;
    (void)engine;
    (void)type;
    (void)address;
    (void)size;
    (void)value;
    if (profile->last) {
        profile->last->reads[profile->phase]++;
    }
}
