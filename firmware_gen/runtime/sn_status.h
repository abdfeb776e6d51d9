// The status that fallible runtime functions return; ignoring one is a compiler warning.
#ifndef SN_STATUS_H
#define SN_STATUS_H

// Bumped whenever generated constants and the runtime must change together.
#define SN_RUNTIME_ABI 2

typedef enum {
    SN_OK = 0,
    SN_ERR_ARGUMENT = 1,  // a value that the caller must not pass
    SN_ERR_STATE = 2,     // a call out of order
    SN_ERR_MEMORY = 3,    // the caller's buffer is too small
    SN_ERR_MODEL = 4      // the generated tables are not consistent
} sn_status;

#define SN_MUST_CHECK __attribute__((warn_unused_result))

#endif
