#include "link/sn_protocol.h"

#include "link/sn_request.h"
#include "sn_port.h"

#define ENTRIES_PER_PAGE ((SN_MAX_PAYLOAD - 8u) / 8u)

void sn_protocol_init(sn_protocol *protocol, const sn_identity *identity,
                      const sn_classifier_config *config) {
    protocol->identity = identity;
    protocol->run.config = *config;
    protocol->run.state = SN_RUN_NONE;
#if SN_MICROPHONE
    sn_hearing_init(&protocol->hearing);
#endif
    sn_frame_parser_init(&protocol->parser);
}

static uint8_t answer_hello(const sn_request *request) {
    const sn_identity *identity = request->protocol->identity;
    const uint32_t traced = request->run->config.model->tensor_count;
    sn_answer *answer = request->answer;
    sn_answer_bytes(answer, request->payload, 4);
    sn_answer_u32(answer, SN_PROTOCOL_VERSION);
    sn_answer_u32(answer, SN_RUNTIME_ABI);
    sn_answer_u32(answer, SN_MAX_PAYLOAD);
    sn_answer_bytes(answer, identity->build_id, 32);
    sn_answer_u32(answer, identity->clock_hz);
    sn_answer_u32(answer, sn_port_ticks_per_second());
    sn_answer_u32(answer, identity->clip_samples);
    sn_answer_u32(answer, identity->model_rows);
    sn_answer_u32(answer, identity->run_budget_ms);
    sn_answer_u32(answer, traced < SN_TRACE_MAX_TENSORS ? traced : SN_TRACE_MAX_TENSORS);
    sn_answer_u32(answer, identity->class_count);
    sn_answer_text(answer, identity->board);
    for (uint32_t index = 0; index < identity->class_count; index++) {
        sn_answer_text(answer, identity->classes[index]);
    }
#if SN_LIVE
    sn_answer_text(answer, "live");
#endif
#if SN_MICROPHONE
    sn_answer_text(answer, "microphone");
#endif
    return SN_LINK_OK;
}

// What follows is not for the microphone to feed.
static void stop_hearing(const sn_request *request) {
#if SN_MICROPHONE
    sn_hearing_stop(request->hearing);
#else
    (void)request;
#endif
}

static uint8_t answer_begin(const sn_request *request) {
    const uint8_t *fields = request->payload;
    sn_trace_request trace;
    uint32_t flags;
    if (!sn_request_debug(fields, &flags, &trace)) {
        return SN_LINK_BAD_VALUE;
    }
    stop_hearing(request);
    return sn_request_progress(request, sn_clip_run_begin(request->run, sn_get_u32(fields),
                                                          sn_get_u32(fields + 4), flags, &trace));
}

static uint8_t answer_push(const sn_request *request) {
    const uint32_t sample_bytes = request->length - 8u;
    if (sample_bytes % 2u != 0) {
        return SN_LINK_BAD_LENGTH;
    }
    return sn_request_progress(request,
                               sn_clip_run_push(request->run, sn_get_u32(request->payload + 4),
                                                request->payload + 8, sample_bytes / 2u));
}

static uint8_t answer_finish(const sn_request *request) {
    return sn_request_progress(request, sn_clip_run_finish(request->run));
}

// Whether a clip's results may be asked for.
static uint8_t need_results(const sn_request *request, bool of_debug_run) {
    const sn_clip_run *run = request->run;
    if (run->state == SN_RUN_FAILED) {
        return SN_LINK_ENGINE;
    }
    if (run->state != SN_RUN_DONE) {
        return SN_LINK_NOT_FINISHED;
    }
    return of_debug_run && !run->debug ? SN_LINK_NOT_DEBUG : SN_LINK_OK;
}

static uint8_t answer_result(const sn_request *request) {
    const uint8_t status = need_results(request, false);
    if (status != SN_LINK_OK) {
        return sn_request_progress(request, status);
    }
    const uint64_t ticks = sn_clip_run_ticks(request->run);
    const int8_t *scores = sn_classifier_scores(sn_clip_run_classifier(request->run));
    sn_answer_u32(request->answer, request->run->clip);
    sn_answer_u32(request->answer, (uint32_t)ticks);
    sn_answer_u32(request->answer, (uint32_t)(ticks >> 32));
    sn_answer_bytes(request->answer, (const uint8_t *)scores,
                    request->protocol->identity->class_count);
    return SN_LINK_OK;
}

static uint8_t answer_tensors(const sn_request *request) {
    const uint8_t status = need_results(request, true);
    if (status != SN_LINK_OK) {
        return sn_request_progress(request, status);
    }
    const sn_trace *trace = &request->run->trace;
    const uint32_t first = sn_get_u32(request->payload + 4);
    sn_answer_u32(request->answer, request->run->clip);
    sn_answer_u32(request->answer, trace->tensor_count);
    for (uint32_t entry = 0; entry < ENTRIES_PER_PAGE; entry++) {
        if (first >= trace->tensor_count || entry >= trace->tensor_count - first) {
            break;
        }
        sn_answer_u32(request->answer, trace->tensors[first + entry].crc);
        sn_answer_u32(request->answer, trace->tensors[first + entry].bytes);
    }
    return SN_LINK_OK;
}

static uint8_t answer_trace(const sn_request *request) {
    const uint8_t status = need_results(request, true);
    if (status != SN_LINK_OK) {
        return sn_request_progress(request, status);
    }
    const sn_trace *trace = &request->run->trace;
    const uint32_t part = sn_get_u32(request->payload + 4);
    if (part > SN_TRACE_CAPTURE) {
        return SN_LINK_BAD_VALUE;
    }
    sn_answer_u32(request->answer, request->run->clip);
    if (part == SN_TRACE_CAPTURE) {
        sn_answer_u32(request->answer, trace->captured);
        sn_answer_bytes(request->answer, trace->capture, trace->captured);
        return SN_LINK_OK;
    }
    sn_answer_u32(request->answer, trace->row_count);
    for (uint32_t index = 0; index < trace->row_count; index++) {
        sn_answer_u32(request->answer, trace->row_crcs[index]);
    }
    return SN_LINK_OK;
}

static uint8_t answer_counters(const sn_request *request) {
    const sn_frame_counters *counters = &request->protocol->parser.counters;
    sn_answer_u32(request->answer, counters->frames);
    sn_answer_u32(request->answer, counters->bad_crc);
    sn_answer_u32(request->answer, counters->bad_cobs);
    sn_answer_u32(request->answer, counters->too_long);
    sn_answer_u32(request->answer, counters->noise);
    sn_answer_u32(request->answer, sn_port_overruns());
    return SN_LINK_OK;
}

#if SN_LIVE
static uint8_t answer_live(const sn_request *request, uint8_t status) {
    if (status != SN_LINK_OK && status != SN_LINK_GAP) {
        return sn_request_progress(request, status);
    }
    sn_request_stream(request);
    sn_request_scores(request);
    return status;
}

static uint8_t answer_live_begin(const sn_request *request) {
    const uint32_t stream = sn_get_u32(request->payload);
    stop_hearing(request);
    return answer_live(request, sn_clip_run_live_begin(request->run, stream));
}

static uint8_t answer_live_push(const sn_request *request) {
    const uint32_t sample_bytes = request->length - 8u;
    if (sample_bytes % 2u != 0) {
        return SN_LINK_BAD_LENGTH;
    }
    const uint32_t offset = sn_get_u32(request->payload + 4);
    return answer_live(request, sn_clip_run_live_push(request->run, offset, request->payload + 8,
                                                      sample_bytes / 2u));
}

static uint8_t answer_live_end(const sn_request *request) {
    stop_hearing(request);
    return answer_live(request, sn_clip_run_live_end(request->run));
}
#endif

typedef struct {
    uint8_t type;
    bool of_clip;  // the payload begins with a clip (or a stream) that must have been begun
    uint16_t shortest;
    uint16_t longest;
    uint8_t (*answer)(const sn_request *request);
} sn_handler;

static const sn_handler handlers[] = {
    {SN_MSG_HELLO, false, 4, 4, answer_hello},
    {SN_MSG_BEGIN, false, 28, 28, answer_begin},
    {SN_MSG_PUSH, true, 10, SN_MAX_PAYLOAD, answer_push},
    {SN_MSG_FINISH, true, 4, 4, answer_finish},
    {SN_MSG_RESULT, true, 4, 4, answer_result},
    {SN_MSG_TENSORS, true, 8, 8, answer_tensors},
    {SN_MSG_TRACE, true, 8, 8, answer_trace},
    {SN_MSG_COUNTERS, false, 0, 0, answer_counters},
#if SN_LIVE
    {SN_MSG_LIVE_BEGIN, false, 4, 4, answer_live_begin},
    {SN_MSG_LIVE_PUSH, true, 10, SN_MAX_PAYLOAD, answer_live_push},
    {SN_MSG_LIVE_END, true, 4, 4, answer_live_end},
#endif
#if SN_MICROPHONE
    {SN_MSG_RECORD, false, 28, 28, sn_answer_record},
    {SN_MSG_SAMPLES, false, 8, 8, sn_answer_samples},
    {SN_MSG_LISTEN, false, 4, 4, sn_answer_listen},
#endif
};

#if SN_LIVE
// Whether a request names a stream, not a clip.
static bool is_of_stream(uint8_t type) {
    return type == SN_MSG_LIVE_PUSH || type == SN_MSG_LIVE_END;
}
#endif

static uint8_t dispatch(const sn_request *request, const sn_frame *frame) {
    if (frame->version != SN_PROTOCOL_VERSION) {
        return SN_LINK_BAD_VERSION;
    }
    for (uint32_t index = 0; index < sizeof handlers / sizeof handlers[0]; index++) {
        const sn_handler *handler = &handlers[index];
        if (handler->type != frame->type) {
            continue;
        }
        if (request->length < handler->shortest || request->length > handler->longest) {
            return SN_LINK_BAD_LENGTH;
        }
        const sn_clip_run *run = request->run;
        if (handler->of_clip &&
            (run->state == SN_RUN_NONE || run->clip != sn_get_u32(request->payload))) {
            return SN_LINK_NO_CLIP;
        }
#if SN_LIVE
        if (handler->of_clip && run->is_stream != is_of_stream(handler->type)) {
            return SN_LINK_NO_CLIP;
        }
#endif
        return handler->answer(request);
    }
    return SN_LINK_UNKNOWN_TYPE;
}

static void answer_frame(sn_protocol *protocol, const sn_frame *frame) {
    sn_answer answer = {protocol->answer + SN_FRAME_PAYLOAD_AT, 0};
    const sn_request request = {
        &protocol->run,     protocol, frame->payload, frame->payload_length, &answer,
#if SN_MICROPHONE
        &protocol->hearing,
#endif
    };
    const uint8_t status = dispatch(&request, frame);
    const sn_frame header = {
        SN_PROTOCOL_VERSION, (uint8_t)(frame->type | SN_MSG_ANSWER), frame->seq, status, 0,
        answer.length};
    sn_port_write(protocol->answer, sn_frame_seal(protocol->answer, &header));
}

void sn_protocol_feed(sn_protocol *protocol, const uint8_t *bytes, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        sn_frame frame;
        if (sn_frame_feed(&protocol->parser, bytes[index], &frame)) {
            answer_frame(protocol, &frame);
        }
    }
}

#if SN_MICROPHONE
bool sn_protocol_hear(sn_protocol *protocol) {
    return sn_hearing_step(&protocol->hearing, &protocol->run);
}
#endif
