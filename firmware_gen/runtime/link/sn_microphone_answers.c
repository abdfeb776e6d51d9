#include "link/sn_request.h"

#if SN_MICROPHONE
#include "sn_microphone.h"

uint8_t sn_answer_record(const sn_request *request) {
    const uint8_t *fields = request->payload;
    const sn_hearing *hearing = request->hearing;
    const uint32_t total = sn_get_u32(fields + 4);
    sn_trace_request trace;
    uint32_t flags;
    if (!sn_request_debug(fields, &flags, &trace)) {
        return SN_LINK_BAD_VALUE;
    }
    const uint32_t clip = sn_get_u32(fields);
    uint8_t status = SN_LINK_OK;
    if (total > 0) {
        status = sn_hearing_record(request->hearing, request->run, clip, total, flags, &trace);
    }
    if (status != SN_LINK_OK) {
        return sn_request_progress(request, status);
    }
    sn_answer_u32(request->answer, clip);
    sn_answer_u32(request->answer, total > 0 ? request->run->next_offset : 0);
    sn_answer_u32(request->answer, hearing->heard);
    sn_answer_u32(request->answer, sn_microphone_lost());
    sn_answer_u32(request->answer, hearing->room);
    return status;
}

uint8_t sn_answer_samples(const sn_request *request) {
    return sn_hearing_samples(request->hearing, sn_get_u32(request->payload),
                              sn_get_u32(request->payload + 4), request->answer);
}

uint8_t sn_answer_listen(const sn_request *request) {
    const uint32_t stream = sn_get_u32(request->payload);
    const sn_meter *meter = &request->hearing->meter;
    const uint8_t status = sn_hearing_listen(request->hearing, request->run, stream);
    if (status != SN_LINK_OK) {
        return sn_request_progress(request, status);
    }
    sn_request_stream(request);
    sn_answer_u32(request->answer, sn_microphone_lost());
    sn_answer_u32(request->answer, meter->peak);
    sn_answer_u32(request->answer, (uint32_t)meter->mean);
    sn_answer_u32(request->answer, meter->mean_square);
    sn_request_scores(request);
    return status;
}
#endif
