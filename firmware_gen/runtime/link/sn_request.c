#include "link/sn_request.h"

uint8_t sn_request_progress(const sn_request *request, uint8_t status) {
    if (status == SN_LINK_OK || status == SN_LINK_GAP || status == SN_LINK_ENGINE) {
        const sn_clip_run *run = request->run;
        sn_answer_u32(request->answer, run->clip);
        sn_answer_u32(request->answer,
                      status == SN_LINK_ENGINE ? (uint32_t)run->failure : run->next_offset);
    }
    return status;
}

#if SN_LIVE
void sn_request_stream(const sn_request *request) {
    const uint64_t ticks = sn_clip_run_ticks(request->run);
    (void)sn_request_progress(request, SN_LINK_OK);
    sn_answer_u32(request->answer, sn_live_answers(&request->run->live));
    sn_answer_u32(request->answer, (uint32_t)ticks);
    sn_answer_u32(request->answer, (uint32_t)(ticks >> 32));
}

void sn_request_scores(const sn_request *request) {
    const int8_t *scores = sn_live_scores(&request->run->live);
    if (scores) {
        sn_answer_bytes(request->answer, (const uint8_t *)scores,
                        request->protocol->identity->class_count);
    }
}
#endif
