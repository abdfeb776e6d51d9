// Whether the kernels run assembly: SN_DSP is 1 on M-profile cores with the DSP instructions and an
// FPU, whose registers hold what does not fit elsewhere. -DSN_PORTABLE builds the C beside it.
#ifndef SN_DSP_H
#define SN_DSP_H

#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FP) && defined(__thumb2__) && !defined(SN_PORTABLE)
#define SN_DSP 1
#else
#define SN_DSP 0
#endif

// A function of assembly alone: the compiler adds nothing, clang takes nothing else in it.
#define SN_NAKED __attribute__((naked, noinline))

#endif
