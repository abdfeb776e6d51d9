// A plugin of QEMU (its plugin API, version 1) that counts blocks as block_profile.c does, into a
// file that the program that started QEMU has mapped, too.
//
// Plugins cannot see registers. So a kernel's first argument, the table of its operator, is known
// by the first read of a table after the kernel's first instruction.
#include "block_profile.c"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

// What the API looks like to a plugin: opaque objects and functions of QEMU.
typedef struct qemu_plugin_tb qemu_plugin_tb;
typedef struct qemu_plugin_insn qemu_plugin_insn;
typedef struct qemu_info_t qemu_info_t;
typedef void (*sn_on_block)(uint64_t id, qemu_plugin_tb *block);
typedef void (*sn_on_run)(unsigned int core, void *user);
typedef void (*sn_on_read)(unsigned int core, uint32_t info, uint64_t address, void *user);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, sn_on_block callback);
void qemu_plugin_register_vcpu_tb_exec_cb(qemu_plugin_tb *block, sn_on_run callback, int flags,
                                          void *user);
void qemu_plugin_register_vcpu_mem_cb(qemu_plugin_insn *instruction, sn_on_read callback, int flags,
                                      int accesses, void *user);
size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb *block);
uint64_t qemu_plugin_tb_vaddr(const qemu_plugin_tb *block);
qemu_plugin_insn *qemu_plugin_tb_get_insn(const qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const qemu_plugin_insn *instruction);
const void *qemu_plugin_insn_data(const qemu_plugin_insn *instruction);
int qemu_plugin_install(uint64_t id, const qemu_info_t *info, int count, char **arguments);

extern int qemu_plugin_version;
int qemu_plugin_version = 1;

#define SN_READS_AND_WRITES 3  // QEMU 7.2 takes the one for the other

// The file: this, then the marks, then the addresses of the tables, then their sizes in bytes.
typedef struct {
    uint32_t is_counting;  // written by the other program
    uint32_t waits;        // for a table to be read
    const uint32_t *sizes;
    sn_block_profile profile;
} sn_shared_profile;

typedef struct {
    uint64_t address;
    uint32_t size;
    uint16_t mark;
} sn_translated;

size_t sn_shared_profile_size(void);

static sn_shared_profile *shared;

size_t sn_shared_profile_size(void) {
    return sizeof(sn_shared_profile);
}

static uint16_t mark_at(uint64_t address) {
    const sn_block_profile *profile = &shared->profile;
    const uint64_t halfword = (address - profile->first_code) / 2u;
    const int is_code = address >= profile->first_code && halfword < profile->mark_count;
    return is_code ? profile->marks[halfword] : SN_MARK_STAY;
}

static int no_register(void *engine, int number, void *value) {
    (void)engine;
    (void)number;
    (void)value;
    return 0;
}

static void on_run(unsigned int core, void *user) {
    const sn_translated *block = user;
    (void)core;
    if (!*(volatile uint32_t *)&shared->is_counting) {
        return;
    }
    if (block->mark != SN_MARK_STAY) {
        shared->waits = block->mark == SN_MARK_BY_ARGUMENT;
    }
    sn_profile_block(NULL, block->address, block->size, &shared->profile);
}

// The block that reads the table is that operator's, too.
static void begin_part(uint32_t part) {
    sn_block_profile *profile = &shared->profile;
    sn_profiled_block *last = profile->last;
    profile->part = part;
    if (last && last->part != part && last->runs[profile->phase] > 0) {
        last->runs[profile->phase]--;
        profile->last = find_block(profile, last->address, last->size);
        if (!profile->last) {
            profile->lost++;
            return;
        }
        profile->last->runs[profile->phase]++;
    }
}

static void on_read(unsigned int core, uint32_t info, uint64_t address, void *user) {
    const sn_block_profile *profile = &shared->profile;
    (void)core;
    (void)info;
    (void)user;
    if (!shared->waits) {
        return;
    }
    for (uint32_t i = 0; i < profile->argument_count; i++) {
        if (address - profile->arguments[i] < shared->sizes[i]) {
            shared->waits = 0;
            begin_part(profile->first_argument_part + i);
            return;
        }
    }
}

// What QEMU 7.2 says of the size counts bytes in that it only looked at, before the end of a page.
static uint32_t thumb_size(const uint8_t *code) {
    return code[1] >= 0xE8u ? 4u : 2u;
}

static void on_translation(uint64_t id, qemu_plugin_tb *tb) {
    sn_translated *block = calloc(1, sizeof *block);  // lives as long as QEMU
    const size_t count = qemu_plugin_tb_n_insns(tb);
    (void)id;
    if (!block) {
        abort();
    }
    block->address = qemu_plugin_tb_vaddr(tb);
    block->mark = mark_at(block->address);
    const int may_be_kernel = block->mark == SN_MARK_STAY || block->mark == SN_MARK_BY_ARGUMENT;
    for (size_t i = 0; i < count; i++) {
        qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(tb, i);
        block->size = (uint32_t)(qemu_plugin_insn_vaddr(instruction) - block->address) +
                      thumb_size(qemu_plugin_insn_data(instruction));
        if (may_be_kernel) {
            qemu_plugin_register_vcpu_mem_cb(instruction, on_read, 0, SN_READS_AND_WRITES, NULL);
        }
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_run, 0, block);
}

static sn_shared_profile *map_file(const char *path) {
    struct stat about;
    const int file = open(path, O_RDWR);
    if (file < 0 || fstat(file, &about) != 0 || (size_t)about.st_size < sizeof *shared) {
        return NULL;
    }
    void *memory = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

// The one argument is profile=PATH.
int qemu_plugin_install(uint64_t id, const qemu_info_t *info, int count, char **arguments) {
    static const char key[] = "profile=";
    (void)info;
    if (count != 1 || strncmp(arguments[0], key, sizeof key - 1) != 0) {
        return 1;
    }
    shared = map_file(arguments[0] + sizeof key - 1);
    if (!shared) {
        return 1;
    }
    sn_block_profile *profile = &shared->profile;
    profile->read_register = no_register;
    profile->marks = (const uint16_t *)(const void *)(shared + 1);
    profile->arguments = (const uint32_t *)(const void *)(profile->marks + profile->mark_count);
    shared->sizes = profile->arguments + profile->argument_count;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
