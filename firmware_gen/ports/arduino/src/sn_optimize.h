// The Arduino cores compile for size, which takes the kernels' speed: every file of the runtime
// begins with this.
#ifndef SN_OPTIMIZE_H
#define SN_OPTIMIZE_H

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2")
#endif

#endif
