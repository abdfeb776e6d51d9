// The vocabulary of the link, one name per number; host/sernet_edge/link/messages.py has the same
// names and a test holds the two together. All numbers in payloads are little-endian.
#ifndef SN_MESSAGES_H
#define SN_MESSAGES_H

#define SN_PROTOCOL_VERSION 1u

// Largest payload of a frame, both ways: 8 bytes of fields and 1 KiB of samples or of capture.
#define SN_MAX_PAYLOAD 1032u

// Requests; the answer's type is the request's with SN_MSG_ANSWER set.
#define SN_MSG_HELLO 0x01u     // nonce -> who is there (see sn_answer_hello)
#define SN_MSG_BEGIN 0x02u     // clip, total samples, flags, trace[4] -> clip, next offset
#define SN_MSG_PUSH 0x03u      // clip, offset, int16 samples -> clip, next offset
#define SN_MSG_FINISH 0x04u    // clip -> clip, next offset
#define SN_MSG_RESULT 0x05u    // clip -> clip, ticks (64 bit), int8 scores
#define SN_MSG_TENSORS 0x06u   // clip, first -> clip, count, { crc32, bytes } from first on
#define SN_MSG_TRACE 0x07u     // clip, part -> clip, count, row CRCs or captured bytes
#define SN_MSG_COUNTERS 0x08u  // (nothing) -> the device's link counters
// The next three only where HELLO says "live"; all of them answer: stream, next offset, answers so
// far, ticks since LIVE_BEGIN (64 bit), and the int8 scores of the newest answer once there is one.
// Offsets and answers count modulo 2^32.
#define SN_MSG_LIVE_BEGIN 0x09u  // stream -> ...
#define SN_MSG_LIVE_PUSH 0x0Au   // stream, offset, int16 samples -> ...
#define SN_MSG_LIVE_END 0x0Bu    // stream -> ...
// The next three only where HELLO says "microphone"; RECORD with a total of 0 starts nothing.
// LISTEN begins a stream from the microphone, or tells how far it is; LIVE_END ends it. It answers
// as LIVE_BEGIN does, with the samples lost and the level (peak, mean, mean square of the newest
// tenth of a second) before the scores.
#define SN_MSG_RECORD 0x0Cu   // as BEGIN -> clip, next offset, samples heard, lost, room
#define SN_MSG_SAMPLES 0x0Du  // clip, offset -> clip, samples heard, int16 samples from offset on
#define SN_MSG_LISTEN 0x0Eu   // stream -> stream, next offset, ...
#define SN_MSG_ANSWER 0x80u

// Flags of BEGIN.
#define SN_FLAG_DEBUG 0x01u  // compute CRCs of every tensor, and the trace

// BEGIN's trace tensor when nothing is traced.
#define SN_TRACE_NONE 0xFFFFFFFFu

// Parts of TRACE.
#define SN_TRACE_ROWS 0u
#define SN_TRACE_CAPTURE 1u

// Sizes of what a debug run keeps.
#define SN_TRACE_MAX_TENSORS 64u
#define SN_TRACE_MAX_ROWS 64u
#define SN_TRACE_MAX_CAPTURE 1024u

// Status of an answer. SN_LINK_GAP and SN_LINK_OK carry the same payload; SN_LINK_ENGINE carries
// the clip (or the stream) and the sn_status; the others carry nothing.
#define SN_LINK_OK 0u
#define SN_LINK_UNKNOWN_TYPE 1u  // no such request
#define SN_LINK_BAD_LENGTH 2u    // the payload has not the request's length
#define SN_LINK_BAD_VALUE 3u     // a field is out of its range
#define SN_LINK_BAD_VERSION 4u   // the frame is of another protocol version
#define SN_LINK_NO_CLIP 5u  // this clip or stream was not begun (or the device was reset since)
#define SN_LINK_GAP 6u      // samples before this offset are missing
#define SN_LINK_NOT_FINISHED 7u  // the clip's end was not reached yet
#define SN_LINK_NOT_DEBUG 8u     // the clip was begun without SN_FLAG_DEBUG
#define SN_LINK_ENGINE 9u        // the runtime refused; its sn_status follows

#endif
