// What a debug run keeps of the tensors that pass by: a CRC-32 of each, and of one chosen tensor
// the running CRC at some rows and up to 1 KiB of its bytes.
#ifndef SN_TRACE_H
#define SN_TRACE_H

#include <stdint.h>

#include "link/sn_messages.h"

// Which tensor to look at closely (SN_TRACE_NONE: none). Row CRCs are kept after the rows
// first_row + k * row_step; bytes from capture_offset on, counted over the whole tensor.
typedef struct {
    uint32_t tensor;
    uint32_t first_row;
    uint32_t row_step;
    uint32_t capture_offset;
} sn_trace_request;

typedef struct {
    uint32_t crc;
    uint32_t bytes;
} sn_trace_tensor;

typedef struct {
    sn_trace_request request;
    uint32_t tensor_count;  // highest tensor seen, plus one
    sn_trace_tensor tensors[SN_TRACE_MAX_TENSORS];
    uint32_t row_count;
    uint32_t row_crcs[SN_TRACE_MAX_ROWS];
    uint32_t captured;
    uint8_t capture[SN_TRACE_MAX_CAPTURE];
    uint64_t ticks;  // spent in the tap
} sn_trace;

// Forgets everything; request->row_step is at least 1.
void sn_trace_begin(sn_trace *trace, const sn_trace_request *request);

// The sn_tap of a debug run; `context` is the sn_trace. Tensors from SN_TRACE_MAX_TENSORS on pass
// unseen.
void sn_trace_tap(void *context, uint32_t tensor, uint32_t row_index, const int8_t *row,
                  uint32_t length);

#endif
