#include "link/sn_trace.h"

#include "link/sn_crc32.h"
#include "sn_port.h"

void sn_trace_begin(sn_trace *trace, const sn_trace_request *request) {
    trace->request = *request;
    trace->tensor_count = 0;
    for (uint32_t index = 0; index < SN_TRACE_MAX_TENSORS; index++) {
        trace->tensors[index] = (sn_trace_tensor){0, 0};
    }
    trace->row_count = 0;
    trace->captured = 0;
    trace->ticks = 0;
}

static void keep_row_crc(sn_trace *trace, uint32_t row_index, uint32_t crc) {
    const sn_trace_request *request = &trace->request;
    if (trace->row_count < SN_TRACE_MAX_ROWS && row_index >= request->first_row &&
        (row_index - request->first_row) % request->row_step == 0) {
        trace->row_crcs[trace->row_count++] = crc;
    }
}

// `before`: bytes of this tensor that came before `bytes`.
static void capture_bytes(sn_trace *trace, uint32_t before, const uint8_t *bytes, uint32_t length) {
    const uint32_t offset = trace->request.capture_offset;
    uint32_t index = offset > before ? offset - before : 0;
    while (index < length && trace->captured < SN_TRACE_MAX_CAPTURE) {
        trace->capture[trace->captured++] = bytes[index++];
    }
}

void sn_trace_tap(void *context, uint32_t tensor, uint32_t row_index, const int8_t *row,
                  uint32_t length) {
    const uint32_t started = sn_port_ticks();
    sn_trace *trace = context;
    const uint8_t *bytes = (const uint8_t *)row;
    if (tensor < SN_TRACE_MAX_TENSORS) {
        sn_trace_tensor *seen = &trace->tensors[tensor];
        seen->crc = sn_crc32(seen->crc, bytes, length);
        if (tensor == trace->request.tensor) {
            keep_row_crc(trace, row_index, seen->crc);
            capture_bytes(trace, seen->bytes, bytes, length);
        }
        seen->bytes += length;
        if (tensor >= trace->tensor_count) {
            trace->tensor_count = tensor + 1u;
        }
    }
    trace->ticks += sn_port_ticks() - started;
}
